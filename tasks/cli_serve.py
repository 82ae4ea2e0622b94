"""``handrail serve``: a local model behind OpenAI's API."""

import argparse
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.tasks.amounts import positive
from handrail.tasks.cli_output import say
from handrail.tasks.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from handrail.model.engine import Engine
    from handrail.model.server.limits import Limits

TOKEN = "HANDRAIL_TOKEN"
_SHORTEST_TOKEN = 16
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_DTYPES = ("auto", "bfloat16", "float32")


def register(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    serve = sub.add_parser(
        "serve",
        help="offer a model over OpenAI's API",
        description="Offer a checkpoint over OpenAI's API (chat completions with pictures, tools, "
        "JSON and streams). Listens on this machine only and asks for a bearer token: "
        f"{TOKEN}, --token-file, or one that is drawn and shown.",
    )
    serve.set_defaults(handler=handle)
    serve.add_argument("--model", default="pocket", metavar="PATH_OR_NAME")
    serve.add_argument("--name", help="what clients call the model (default: its folder's name)")
    serve.add_argument("--device", default="cpu")
    serve.add_argument("--dtype", choices=_DTYPES, default="auto")
    serve.add_argument("--threads", type=int, metavar="N")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    serve.add_argument("--port", type=int, default=8756)
    serve.add_argument("--token-file", type=Path, metavar="FILE")
    serve.add_argument(
        "--parallel", type=positive, default=8, metavar="N", help="replies at once (1 to 16)"
    )
    serve.add_argument(
        "--cache", type=positive, metavar="MIB", help="memory for what is read, of all replies"
    )
    serve.add_argument("--waiting", type=int, default=64, metavar="N", help="requests in line")
    serve.add_argument("--max-body", type=int, default=32, metavar="MIB", help="of one request")


def handle(arguments: argparse.Namespace) -> int:
    """Load the model and serve it until it is stopped."""
    limits = limits_of(arguments, os.environ)
    try:
        import uvicorn

        from handrail.model.server.app import Server
        from handrail.model.server.connections import Connection
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'handrail[serve]'") from error
    from handrail.model.grounder import open_engine
    from handrail.tasks.run_model import model_folder

    folder = model_folder(arguments.model)
    engine = open_engine(folder, arguments.device, arguments.dtype, arguments.threads)
    _set_aside(engine, arguments.parallel, arguments.cache)
    name = arguments.name or (arguments.model if arguments.model == "pocket" else folder.stem)
    config = uvicorn.Config(
        Server(engine, name, limits).app(), arguments.host, arguments.port, log_level="warning",
        http=Connection, ws="none", timeout_graceful_shutdown=5, server_header=False,
    )  # fmt: skip
    say(f"{name} at http://{_bracketed(arguments.host)}:{arguments.port}/v1")
    uvicorn.Server(config).run()
    return ExitCode.SUCCESS


def _set_aside(engine: "Engine", parallel: int, cache: int | None) -> None:
    """Set memory aside for what the replies read: so many MiB, else what fits beside the model."""
    from handrail.model import memory
    from handrail.model.reader import ReuseBudget

    budget = ReuseBudget.beside(engine.network, memory.room(engine.device).free, parallel)
    engine.reuse(budget if cache is None else replace(budget, prefixes=cache * 2**20))


def limits_of(arguments: argparse.Namespace, environment: Mapping[str, str]) -> "Limits":
    """Return what may pass. Raises UsageError where strangers could come in."""
    from handrail.model.batch import MOST
    from handrail.model.server.limits import Limits

    if not 0 < arguments.port < 65536:
        raise UsageError(f"--port must be 1..65535, not {arguments.port}")
    if arguments.waiting < 1 or arguments.max_body < 1:
        raise UsageError("--waiting and --max-body must be at least 1")
    if arguments.parallel > MOST:
        raise UsageError(f"--parallel must be 1..{MOST}, not {arguments.parallel}")
    token = _token(arguments, environment)
    hosts = _LOOPBACK if _is_loopback(arguments.host) else (*_LOOPBACK, arguments.host.lower())
    return Limits(
        token,
        hosts,
        arguments.max_body * 2**20,
        waiting=arguments.waiting,
        together=arguments.parallel,
    )


def _token(arguments: argparse.Namespace, environment: Mapping[str, str]) -> str:
    token = environment.get(TOKEN, "")
    if arguments.token_file is not None:
        try:
            token = arguments.token_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--token-file cannot be read: {error}") from error
    if token:
        if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
            raise UsageError(f"the token must have {_SHORTEST_TOKEN} or more printable characters")
        return token
    if not _is_loopback(arguments.host):
        raise UsageError(
            f"{arguments.host} can be reached from other machines: set {TOKEN} or --token-file"
        )
    token = secrets.token_urlsafe(24)
    # to the person at the terminal, not into a pipe that may be a log
    print(f"token: {token}", file=sys.stderr, flush=True)
    return token


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
