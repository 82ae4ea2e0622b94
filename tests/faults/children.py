"""Cases that are played in a process of their own: plans go in as JSON, answers come out."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[2]


class Plan(Protocol):
    """A named tuple that says what to play."""

    def _asdict(self) -> dict[str, Any]: ...


def answered(
    command: Sequence[str], plans: Iterable[Plan], seconds: float | None = None
) -> list[Any]:
    """Give a command a line of JSON for each plan, and return each line that it says.

    Raises RuntimeError with its last words where it fails.
    """
    done = subprocess.run(
        command,
        input="".join(json.dumps(plan._asdict()) + "\n" for plan in plans),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
        cwd=ROOT,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]
