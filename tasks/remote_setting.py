"""Which endpoint a command asks in place of a model of its own; its token is in the environment."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.model.remote import Endpoint

REMOTE_TOKEN = "HANDRAIL_REMOTE_TOKEN"


def add_remote(group: argparse._ActionsContainer) -> None:
    """Add the options that name an endpoint."""
    group.add_argument(
        "--remote",
        metavar="URL",
        help="ask a model behind an OpenAI-compatible endpoint (ending in /v1) instead; its token "
        f"is read from {REMOTE_TOKEN}",
    )
    group.add_argument(
        "--remote-model", default="", metavar="NAME", help="its name there (default: the first)"
    )


def chosen_remote(arguments: argparse.Namespace, environ: Mapping[str, str]) -> "Endpoint | None":
    """Return the endpoint that the options name, or None where they name none."""
    if arguments.remote is None:
        return None
    from handrail.model.remote import Endpoint

    return Endpoint(arguments.remote, environ.get(REMOTE_TOKEN, ""), arguments.remote_model)
