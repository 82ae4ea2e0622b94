"""Find a fitting Python, then hand over to the steps.

Everything before the import of ``steps`` is written for any Python 3.6 or later, so that one that
does not fit gets a sentence instead of a syntax error.
"""

import os
import shutil
import subprocess
import sys

_ADVICE = """\
Handrail needs Python 3.11 or 3.12 with its venv module, and found neither (this is {here}).
  Debian 12:     apt-get install python3 python3-venv
  Ubuntu 24.04:  apt-get install python3 python3-venv
  elsewhere:     pyenv, uv or python.org have it; then: make PYTHON=/path/to/python3.12 {target}"""


def _fits(python: str) -> bool:
    probe = "import sys, venv; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))"
    try:
        quiet = subprocess.DEVNULL
        return subprocess.call([python, "-c", probe], stdout=quiet, stderr=quiet) == 0
    except OSError:
        return False


def _hand_over() -> None:
    """Replace this process by a fitting Python, or end it with advice."""
    for name in ("python3.12", "python3.11"):
        found = shutil.which(name)
        if found is not None and _fits(found):
            os.execv(found, [found, "-m", "tasks.setup", *sys.argv[1:]])
    target = sys.argv[1] if len(sys.argv) > 1 else "test"
    here = "{}.{} at {}".format(*sys.version_info[:2], sys.executable)
    sys.exit(_ADVICE.format(here=here, target=target))


if __name__ == "__main__":
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        _hand_over()
    from .steps import main

    sys.exit(main(sys.argv[1:], dict(os.environ)))
