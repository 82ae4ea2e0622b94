"""P10: a commit in a browser that is killed at any named point never orders twice.

An order in the bundled shop is rehearsed; its commit is killed at a point; the next commits must
come to the same end: the order is made once, or it is in doubt and never sent again.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from handrail.sandbox.errors import RehearsalError
from handrail.sandbox.rehearsal.sending import SENDING_NAME
from handrail.tasks.browser_setting import chosen_browser
from handrail.tasks.rehearsal_scratch import discard, leftovers
from handrail.tasks.runs import RunFolder, list_runs
from handrail.tasks.sites.shop import Shop
from handrail.tasks.suites.shopping import SHORT, Shopper, committed
from tests.faults.shop_kills import disk
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch

ROOT = Path(__file__).resolve().parents[2]
# For each point: how many orders there are once it was hit, and after a rerun, and whether that
# rerun is certain of it.
EXPECTED: dict[str, tuple[int, int, bool]] = {
    "before answered": (1, 1, False),
    "sending": (0, 0, False),
    "answered": (1, 1, True),
    "before sending": (0, 1, True),
    "before ended": (1, 1, True),
    "begun": (0, 1, True),
    "ended": (1, 1, True),
    "before begun": (0, 1, True),
}
REHEARSED = (
    "step 1", "source copied", "kept", "told", "browser opened", "begun", "page shown",
    "end seen", "copy closed", "before begun",
)  # fmt: skip
SENT = ("kept", "told", "copy closed")
"""Those of them at which a rehearsal that does not hold requests has sent one."""
_SECONDS = 30.0


def _killed(what: str, folder: Path, point: str, defended: bool, url: str = "") -> str:
    """Rehearse or commit in a process that dies at the point; return what is wrong with its end."""
    word = "defended" if defended else "open"
    own = folder.with_name(f"{folder.name}-tmp")
    own.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.shop_kills", what, str(folder), point, word, url],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(own)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != -signal.SIGKILL:
        return f"it was not reached: {done.stderr[-300:]}"
    return _left(own, folder)


def _left(own: Path, runs: Path) -> str:
    """Say what is left of a process with temporary files of its own: processes, then files."""
    end = time.monotonic() + _SECONDS
    while names := _with_temporary(own):
        if time.monotonic() > end:
            return f"still running: {names}"
        time.sleep(0.05)
    for left in leftovers(runs, _SECONDS):
        discard(left.folder)
    there = [path.name for path in own.iterdir()]
    return f"left on the disk: {there}" if there else ""


def _with_temporary(own: Path) -> list[str]:
    """Return the names of processes that were started with these temporary files."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(own):
                found.append(process.name())
    return found


def _wrong(shop: Shop, rehearsal: RunFolder, point: str, defended: bool) -> str:
    before, after, certain = EXPECTED[point]
    if why := _killed("commit", rehearsal.path, point, defended):
        return why
    if len(shop.store.orders()) != before:
        return f"{len(shop.store.orders())} orders where it was killed, not {before}"
    for number in (1, 2):
        end = committed(rehearsal, disk(defended))
        if len(shop.store.orders()) != after:
            return f"{len(shop.store.orders())} orders after rerun {number}, not {after}"
        if end.good != certain:
            return f"rerun {number} says: {end.words}"
    return ""


def _kills(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    points = list(EXPECTED)
    program = chosen_browser(None, os.environ)
    with scratch() as folder:
        for number in range(count):
            point = points[number % len(points)]
            tally.new((number, point))
            with Shop() as shop:
                shopper = Shopper(f"{shop.url}{SHORT}", folder / f"{seed}-{number}", program)
                rehearsal = shopper.rehearsed().end.folder
                if shop.received:
                    tally.fail(point, "the rehearsal sent something")
                elif wrong := _wrong(shop, rehearsal, point, defended):
                    tally.fail(point, wrong)
                assert defended == (rehearsal.path / SENDING_NAME).exists()
    return tally.verdict()


def _rehearsals(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    program = chosen_browser(None, os.environ)
    with scratch() as folder:
        for number in range(count):
            points = REHEARSED if defended else SENT
            point = points[number % len(points)]
            tally.new((number, point))
            with Shop() as shop:
                shopper = Shopper(f"{shop.url}{SHORT}", folder / f"{seed}-{number}", program)
                profile = folder / f"{seed}-{number}-profile"
                profile.mkdir()
                (profile / "cookies of mine").write_text("for nobody's eyes")
                if wrong := _wrong_rehearsal(shop, shopper, point, defended):
                    tally.fail(point, wrong)
    return tally.verdict()


def _wrong_rehearsal(shop: Shop, shopper: Shopper, point: str, defended: bool) -> str:
    if why := _killed("rehearse", shopper.runs, point, defended, shopper.url):
        return why
    if shop.received:
        return f"the rehearsal sent {len(shop.received)} requests"
    [cut_off] = list_runs(shopper.runs)
    whole = point == "kept"
    try:
        end = committed(cut_off)
    except RehearsalError as error:
        if whole:
            return f"what was rehearsed whole is not committed: {error}"
    else:
        if not whole:
            return f"what was cut off is committed: {end.words}"
    if not whole and not committed(shopper.rehearsed().end.folder).good:
        return "a new rehearsal is not committed"
    return "" if len(shop.store.orders()) == 1 else f"{len(shop.store.orders())} orders, not 1"


SUITES = (
    Suite(
        "P10 shop",
        "Committed in a browser and killed at a named point: no order twice, none lost unsaid",
        ("browser",),
        Counts(test=1, faults=8, full=24, undefended=1),
        120,
        _kills,
    ),
    Suite(
        "P10 shop rehearsals",
        "A rehearsal in a browser, killed: nothing sent, and nothing half rehearsed is committed",
        ("browser",),
        Counts(test=1, faults=3, full=10, undefended=1),
        40,
        _rehearsals,
    ),
)
