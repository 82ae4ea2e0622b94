"""What the commands for a GPU have in common: their options, and the card or the rehearsal."""

import argparse
import sys
from pathlib import Path

import torch


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the rehearsal and the folder of results."""
    parser.add_argument("--rehearse", action="store_true", help="tiny models, on the CPU")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")


def missing(rehearse: bool) -> bool:
    """Return whether a GPU is needed that is not there, and say what to do then."""
    if rehearse or torch.cuda.is_available():
        return False
    print("torch sees no GPU here: --rehearse does the same on the CPU", file=sys.stderr)
    return True


def named(device: str) -> str:
    """Return what a title calls the device."""
    return torch.cuda.get_device_name() if device == "cuda" else "the CPU, a rehearsal"


def told(command: str, rehearse: bool) -> tuple[str, str]:
    """Return the name of a result, and the command that makes it."""
    name = f"{command}-rehearsal" if rehearse else command
    return name, f"make {command}" + " ARGS=--rehearse" * rehearse
