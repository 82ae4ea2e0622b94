"""A machine that others use, too: what is measured beside them must not collapse."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_SPIN = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


@contextmanager
def neighbours() -> Iterator[None]:
    """Keep one busy process on each core while this lasts."""
    busy = [
        subprocess.Popen([sys.executable, "-c", _SPIN, str(core)])
        for core in sorted(os.sched_getaffinity(0))
    ]
    try:
        time.sleep(1)  # until they run
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()
