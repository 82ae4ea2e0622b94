"""P13: a grant permits what it says, as often as it says, and nothing that was made of it more.

A job holds a grant that covers what it wants to do, or one that was tampered with, revoked, used
up, has ended, or is for something else. What is not covered is asked about, and nobody says yes.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from handrail.actuators.actions import Click
from handrail.actuators.fake import Button, Field
from handrail.actuators.geometry import Point
from handrail.actuators.observation import ScreenText
from handrail.sandbox.approval import DenyAll
from handrail.sandbox.grant import Block, Grant
from handrail.sandbox.granted import GrantedApprover
from handrail.sandbox.ledger import Ledger
from handrail.sandbox.policy import Policy, Rule
from tests.faults.stage import Door, box
from tests.faults.suite import Counts, Suite, Tally, Verdict, scratch, seeds

_NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
_HOST = "https://shop.test"
_GRAVE = Rule(decision="deny", effects=("commit",), window="Locked*")


class _Ledger(Ledger):
    """Does not wait for the disk: this suite is not about power losses."""

    synchronous = "OFF"


class _Blank(Ledger):
    """Counts nothing and believes everything: no defence at all."""

    def check(self, grant: Grant) -> None:
        """Find nothing wrong."""

    def count(self, grant: Grant) -> str:
        """Count nothing."""
        return ""


class _Anywhere(Grant):
    """Covers everything: no defence at all."""

    def covers(self, request: object, now: datetime) -> bool:
        """Say yes."""
        return True


class _Job:
    """A grant, and the world in which it is used; an attack changes one or the other."""

    def __init__(self, ledger: Ledger, random: Random) -> None:
        self.ledger, self.random = ledger, random
        self.uses = random.randint(1, 3)
        self.page = f"{_HOST}/{random.randrange(999)}"
        self.title = f"Shop {random.randrange(999)}"
        self.label = f"Send {random.randrange(99)}"
        self.x = random.randrange(12, 60)
        self.late = timedelta(0)
        until = _NOW + timedelta(minutes=random.randint(1, 600))
        self.block = Block(origins=(_HOST,), effects=("commit",), uses=self.uses, until=until)
        self.grant = ledger.issue(self.block)
        self.allowed = 0

    def key(self) -> tuple[object, ...]:
        """Return what makes this case another than the rest; ids and seals are chance."""
        told = self.grant.model_dump_json(include={"blocks"})
        return told, self.page, self.title, self.label, self.x, self.late, self.allowed


_Attack = Callable[[_Job], None]


def _honest(job: _Job) -> None:
    """Use the grant, sometimes narrowed, as often as it may be and twice more."""
    job.allowed = job.uses
    if job.random.random() < 0.5:
        job.allowed = job.random.randint(1, job.uses)
        job.grant = job.grant.narrowed(Block(uses=job.allowed, kinds=("click",)))


def _forged(job: _Job) -> None:
    seal = job.grant.seal
    at = job.random.randrange(64)
    other = f"{(int(seal[at], 16) + job.random.randint(1, 15)) % 16:x}"
    forged = Grant.issued(job.grant.id, job.block, job.random.randbytes(32))
    changed = job.grant.model_copy(update={"seal": seal[:at] + other + seal[at + 1 :]})
    job.grant = job.random.choice((forged, changed))


def _widened(job: _Job) -> None:
    """Put wider conditions in a block's place, or take a narrowing block off."""
    narrow = job.grant.narrowed(Block(origins=("https://other.test",)))
    more = job.block.model_copy(update={"uses": job.uses + job.random.randint(1, 99)})
    longer = job.block.model_copy(update={"until": _NOW + timedelta(days=job.random.randint(2, 9))})
    blocks = job.random.choice(
        ((more,), (longer,), (job.block, Block(uses=job.random.randint(1, 99))))
    )
    made = (
        narrow.model_copy(update={"blocks": (job.block,)}),
        narrow.model_copy(update={"blocks": blocks}),
        job.grant.model_copy(update={"blocks": blocks}),
    )
    job.grant = job.random.choice(made)


def _unknown(job: _Job) -> None:
    other = f"{job.random.getrandbits(64):016x}"
    job.grant = job.grant.model_copy(update={"id": other})


def _revoked(job: _Job) -> None:
    if job.random.random() < 0.5:
        job.grant = job.grant.narrowed(Block(uses=job.random.randint(1, 99)))
    job.ledger.revoke(job.grant.id)


def _used_up(job: _Job) -> None:
    """Use it up through another grant that was made of it."""
    sibling = job.grant.narrowed(Block(uses=job.random.randint(job.uses, 99)))
    while not job.ledger.count(sibling):
        pass


def _ended(job: _Job) -> None:
    assert job.block.until is not None
    job.late = job.block.until - _NOW + timedelta(seconds=job.random.randrange(99_999))


def _elsewhere(job: _Job) -> None:
    number = job.random.randrange(999)
    job.page = job.random.choice((
        f"https://other.test/{number}", f"http://shop.test/{number}",
        f"https://shop.test:8443/{number}", f"https://shop.test.evil.test/{number}",
        f"https://evil.test/?{_HOST}/{number}", f"https://shop.test@evil.test/{number}", "",
    ))  # fmt: skip


def _graver(job: _Job) -> None:
    job.label = job.random.choice(("Delete all", "Delete", "Remove")) + f" {job.label}"


def _denied(job: _Job) -> None:
    job.title = f"Locked {job.title}"


_ATTACKS: tuple[_Attack, ...] = (
    _honest, _forged, _widened, _unknown, _revoked, _used_up, _ended, _elsewhere, _graver, _denied,
)  # fmt: skip


def _wrong(path: Path, job: _Job, defended: bool) -> str:
    """Press the button as often as it may be and twice more, and say what is wrong."""
    ledger, grant = job.ledger, job.grant
    if not defended:
        ledger, grant = _Blank(ledger.path), _Anywhere.model_construct(**dict(grant))
    approver = GrantedApprover(DenyAll(), ledger, [grant])
    send = Button(job.label, box(8, 40, 70), submits=True)
    policy = Policy(profile="ask", rules=(_GRAVE,) if defended else ())
    door = Door(path, [Field("Name", box(8, 5, 70)), send], policy, approver=approver)
    surface = replace(door.screen.surface, url=job.page, window=ScreenText(job.title))
    door.screen.surface = surface
    click = Click(point=Point(x=job.x, y=50))
    for _ in range(job.allowed + 2):
        door.gate.submit(click, door.screen.observe(), "goal")
    door.journal.close()
    pressed = len(door.screen.performed)
    return "" if pressed == job.allowed else f"{pressed} effects, not {job.allowed}"


def _grants(count: int, seed: int, defended: bool) -> Verdict:
    tally = Tally()
    with scratch() as folder:
        late = [timedelta(0)]
        ledger = _Ledger(folder / "permits" / "ledger.sqlite", lambda: _NOW + late[0])
        for number, random in seeds("P13 grants", 2 * count, seed):
            attack = _ATTACKS[number % len(_ATTACKS)]
            late[0] = timedelta(0)
            job = _Job(ledger, random)
            attack(job)
            late[0] = job.late
            path = folder / "journal.jsonl"
            wrong = _wrong(path, job, defended)
            path.unlink()
            if tally.new((attack.__name__, *job.key())) and wrong:
                tally.fail(f"{number} {attack.__name__}", wrong)
            if len(tally.keys) == count:
                break
    return tally.verdict()


SUITES = (
    Suite(
        "P13 grants",
        "A grant that is forged, widened, revoked, used up or for something else permits nothing",
        ("fake",),
        Counts(test=100, faults=600, full=3_000),
        25,
        _grants,
    ),
)
