"""Make attempts, one after the other, each in a process of its own; say which believe they got out.

It is given a file with what it knows, the names of the attempts, and where to write what it says.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from . import budgets, files, kernel, network, processes, secrets
from .attempts import ATTEMPTS, LEAKS, Ground

_SECONDS = 3.0
_OUT, _IN = 17, 18
EVERY = (files, processes, network, secrets, kernel, budgets)
"""The modules whose attempts there are."""


def _alone(name: str, ground: Ground) -> bool:
    """Try in a child, and tell whether it says that it got out."""
    child = os.fork()
    if child == 0:
        out = False
        try:
            out = bool(ATTEMPTS[name].run(ground, name))
        except BaseException as error:
            Path(ground.home, "said", name).write_text(repr(error))
        os._exit(_OUT if out else _IN)
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == _OUT
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main(told: str) -> None:
    """Make every attempt that is named in the file."""
    given = json.loads(Path(told).read_text())
    ground = Ground(**given["ground"])
    for folder in (LEAKS, "said"):
        Path(ground.home, folder).mkdir(exist_ok=True)
    Path(ground.home, "begun").touch()
    if len(given["names"]) == 1 and given["names"][0].startswith(budgets.BUDGET):
        ATTEMPTS[given["names"][0]].run(ground, given["names"][0])
    out = [name for name in given["names"] if _alone(name, ground)]
    Path(ground.home, "claims.json").write_text(json.dumps(out))


if __name__ == "__main__":
    main(sys.argv[1])
