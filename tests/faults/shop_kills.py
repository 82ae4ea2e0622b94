"""A commit that is killed: ``python shop_kills.py REHEARSAL POINT DEFENDED``."""

import os
import signal
import sys
from pathlib import Path

from handrail.sandbox.disk import OsDisk
from handrail.sandbox.rehearsal.sending import SENDING_NAME
from handrail.tasks.runs import RunFolder
from handrail.tasks.suites.shopping import committed


class ForgetfulDisk(OsDisk):
    """Keeps nothing of what a commit sends."""

    def rename(self, source: Path, target: Path) -> None:
        """Leave the earlier file, if any, where it is."""
        if target.name != SENDING_NAME:
            super().rename(source, target)


def disk(defended: bool) -> OsDisk:
    """Return the disk of a commit."""
    return OsDisk() if defended else ForgetfulDisk()


def main(rehearsal: Path, point: str, defended: bool) -> None:
    """Commit, and die at the point."""

    def reached(here: str) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    committed(RunFolder(rehearsal), disk(defended), reached)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "defended")
