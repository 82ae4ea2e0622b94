"""P8: an error of the disk stops the run.

Every operation of an episode (open, write, sync, rename, of journal and anchor) fails in turn, in
each of four ways, until an episode passes without a fault; then comes the next episode. After the
fault nothing more may happen on the screen, what was acknowledged must read back, and no effect may
be without its intent.
"""

import errno
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from handrail.actuators.actions import Action, Click, Press, Type
from handrail.actuators.fake import Button, Checkbox, FakeScreen, Field, Widget
from handrail.actuators.geometry import Point
from handrail.sandbox.anchor import anchor_of, check_anchor, keep_anchor, read_anchor
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.errors import JournalError
from handrail.sandbox.gate import Gate
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.permit import PermitOffice
from handrail.sandbox.policy import Policy, Rule
from handrail.sandbox.records import Begin, Entry, Record
from tests.faults.stage import SIZE, QuickDisk, box, no_stop
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

HOW = (errno.EIO, errno.ENOSPC, errno.EINTR, 0)  # 0: half of the data is written
_ALLOWED = Policy(
    profile="unattended", rules=(Rule(decision="allow", effects=("commit",)),), known=EVERYTHING
)


@dataclass
class _Fate:
    """Which operation fails, how, and how many effects there were by then."""

    at: int
    how: int
    screen: FakeScreen
    operations: int = 0
    effects: int | None = None

    def strikes(self) -> bool:
        """Count an operation, and tell whether it is the one."""
        self.operations += 1
        if self.operations != self.at:
            return False
        self.effects = len(self.screen.performed)
        return True


class _FailingDisk(QuickDisk):
    """Fails where its fate says."""

    def __init__(self, fate: _Fate) -> None:
        self.fate = fate

    def _insist(self) -> None:
        if self.fate.strikes():
            raise OSError(self.fate.how or errno.EIO, "the disk failed")

    def create(self, path: Path) -> int:
        """Open, or fail."""
        self._insist()
        return super().create(path)

    def write(self, descriptor: int, data: bytes) -> int:
        """Write all, nothing, or half."""
        if not self.fate.strikes():
            return super().write(descriptor, data)
        if self.fate.how:
            raise OSError(self.fate.how, "the disk failed")
        return super().write(descriptor, data[: len(data) // 2])

    def sync(self, descriptor: int) -> None:
        """Succeed, or fail."""
        self._insist()

    def sync_folder(self, folder: Path) -> None:
        """Succeed, or fail."""
        self._insist()

    def rename(self, source: Path, target: Path) -> None:
        """Rename, or fail."""
        self._insist()
        super().rename(source, target)


class _CarelessJournal(Journal):
    """Goes on when it cannot write, as a log does."""

    @property
    def broken(self) -> bool:
        """Never be."""
        return False

    def append(self, record: Record) -> Entry:
        """Write if that is possible."""
        try:
            return super().append(record)
        except JournalError:
            return Entry(9_999, 0.0, self.run_id, "", Begin(), "")


@dataclass
class _Episode:
    """Some actions on a screen, written to a disk that fails."""

    folder: Path
    actions: list[Action]
    office: PermitOffice
    fate: _Fate
    defended: bool
    told: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Make the journal, act, and keep the anchor, as far as the disk lets it."""
        journals = Journal if self.defended else _CarelessJournal
        disk = _FailingDisk(self.fate)
        screen = self.fate.screen
        try:
            journal = journals.create(self.folder / "journal.jsonl", "run", disk)
        except JournalError:
            return
        gate = Gate(screen, self.office, _ALLOWED, journal, DenyAll(), no_stop)
        for action in self.actions:
            try:
                gate.submit(action, screen.observe(), "goal")
                self.told.append(journal.head)
            except JournalError:
                continue  # a stubborn caller: the gate itself must hold
        journal.close()
        if self.defended and not journal.broken:
            self._anchor(disk)

    def _anchor(self, disk: _FailingDisk) -> None:
        reading = read_journal(self.folder / "journal.jsonl")
        try:
            keep_anchor(anchor_of(reading, final=True), self.folder / "anchor.json", disk)
        except JournalError:
            return

    def wrong(self) -> str:
        """Say what broke, or return an empty string."""
        screen, path = self.fate.screen, self.folder / "journal.jsonl"
        if self.fate.effects is not None and len(screen.performed) > self.fate.effects:
            return f"{len(screen.performed) - self.fate.effects} effects after the fault"
        if not path.exists():
            return "effects without a journal" if screen.performed else ""
        reading = read_journal(path)
        if not reading.intact:
            return reading.problem
        if not set(self.told) <= {entry.hash for entry in reading.entries}:
            return "an acknowledged record is missing"
        # In order; some intents came to nothing, because their target could not take them.
        begun = iter([state.action for state in reading.actions])
        if not all(action in begun for action in screen.performed):
            return "an effect without an intent"
        anchor = self.folder / "anchor.json"
        if anchor.exists():
            check_anchor(reading, read_anchor(anchor))
        return ""


def _screen(office: PermitOffice) -> FakeScreen:
    widgets: list[Widget] = [
        Field("Name", box(5, 5, 100)),
        Button("Send", box(5, 40, 60), submits=True),
        Checkbox("Later", box(5, 80, 60)),
    ]
    return FakeScreen(office, widgets, SIZE)


def _actions(random: Random) -> list[Action]:
    choices: list[Action] = [
        Click(point=Point(x=20, y=15)),
        Click(point=Point(x=20, y=50)),
        Click(point=Point(x=10, y=90)),
        Type(text=f"{random.randrange(999)}"),
        Press(keys=("tab",)),
    ]
    return random.choices(choices, k=random.randint(1, 4))


def _faults(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as root:
        for number, random in seeds("P8", count, seed):
            actions = _actions(random)
            if _every_operation(tally, root / str(number), actions, count, defended):
                break
    tally.notes.append("every operation of an episode in turn: EIO, ENOSPC, EINTR, short writes")
    return tally.verdict()


def _every_operation(
    tally: Tally, folder: Path, actions: list[Action], count: int, defended: bool
) -> bool:
    """Fail each operation in each way until none is left; tell whether there are enough cases."""
    for how in HOW:
        for at in range(1, 1_000):
            place = folder / f"{how}-{at}"
            place.mkdir(parents=True)
            office = PermitOffice()
            fate = _Fate(at, how, _screen(office))
            episode = _Episode(place, actions, office, fate, defended)
            episode.play()
            wrong = episode.wrong()
            if tally.new((str(actions), how, at)) and wrong:
                tally.fail(f"operation {at}, errno {how}", wrong)
            if len(tally.keys) == count:
                return True
            if episode.fate.operations < at:
                break
    return False


SUITES = (
    Suite(
        "P8 disk faults",
        "An error of the disk stops the run: no effect after it, nothing acknowledged is lost",
        ("fake", "failing disk"),
        Counts(test=60, faults=2_500, full=20_000, undefended=120),
        30,
        _faults,
    ),
)
