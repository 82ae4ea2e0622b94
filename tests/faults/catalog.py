"""All suites there are: every ``pN_*.py`` of this folder, in the order of their promises."""

import importlib
import re
from pathlib import Path

from tests.faults.suite import Suite

_FILE = re.compile(r"p(\d+)_[a-z0-9_]+")


def suites(wanted: str = "") -> list[Suite]:
    """Return the suites of the promise ``wanted``, P1 before P2; all by default."""
    found: list[Suite] = []
    names = [p.stem for p in Path(__file__).parent.glob("p*.py") if _FILE.fullmatch(p.stem)]
    for name in sorted(names, key=lambda n: (int(n[1:].partition("_")[0]), n)):
        found += importlib.import_module(f"tests.faults.{name}").SUITES
    chosen = [s for s in found if wanted in re.split(r"[ +]", s.name) or wanted == s.name]
    return chosen if wanted else found
