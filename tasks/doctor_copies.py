"""Whether a desktop can be rehearsed on here, and how copies are made."""

import sys
from pathlib import Path

from handrail.actuators.errors import EnvironmentMissing
from handrail.sandbox.errors import RehearsalError


def copies(workspace: Path) -> str:
    """Make a small copy, and say how it was made. Raises EnvironmentMissing."""
    if sys.platform != "linux":
        raise EnvironmentMissing("copies of a desktop need Linux")
    from handrail.sandbox.rehearsal.ways import find_way

    try:
        return f"copies of a desktop are made by {find_way(workspace).told()}"
    except RehearsalError as error:
        raise EnvironmentMissing(str(error)) from error
