"""What a rehearsal in a browser amounts to: captured requests, stored entries, a plan."""

from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.browser_storage import Slot
from handrail.actuators.geometry import Point
from handrail.actuators.held import HeldRequest, RequestKind
from handrail.actuators.held_body import read_body
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Intent, Note, Place, Result, ResultKind
from handrail.sandbox.rehearsal.captured import Capturing, consequence_of
from handrail.sandbox.rehearsal.plan import Opening, Plan, plan_of
from handrail.sandbox.rehearsal.stored import storage_consequences

PLACE = Place(
    kind="browser", name="c", owned=True, window="Shop", url="http://a.test/", role="button"
)
CLICK = Click(point=Point(x=1, y=2))
FORM = "application/x-www-form-urlencoded"


class Ticking:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def held(
    body: bytes | None = None, kind: RequestKind = "navigation", whole: bool = True, hop: str = ""
) -> HeldRequest:
    return HeldRequest(
        "POST",
        "http://a.test/orders",
        kind,
        page="http://a.test/",
        top=kind == "navigation",
        hop_of=hop,
        body=None if body is None else read_body(f"{FORM}; charset=UTF-8", body, whole),
    )


class Rehearsal:
    """A journal, a clock and a warden that writes down what comes when."""

    def __init__(self, folder: Path) -> None:
        self.clock = Ticking()
        self.path = folder / "journal.jsonl"
        self.journal = Journal.create(self.path, "run", clock=self.clock)
        self.warden = Capturing(clock=self.clock)

    def act(self, action: Action, outcome: ResultKind = "done", redacted: bool = False) -> None:
        self.clock.now += 1
        intent = self.journal.append(
            Intent(
                action=action,
                digest="d",
                effect="commit",
                decision="ask",
                reason="r",
                place=PLACE,
                screen=f"screen {self.clock.now:.0f}",
                redacted=redacted,
            )
        )
        self.journal.append(Result(intent=intent.seq, outcome=outcome, reason="unclear"))

    def send(self, request: HeldRequest) -> None:
        self.clock.now += 0.1
        assert not self.warden.decide(request)

    def plan(self) -> Plan:
        self.journal.close()
        entries = read_journal(self.path).entries
        return plan_of(Opening(url="http://a.test/"), entries, self.warden.caught, ("ticket",))


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)


def test_nothing_is_let_go_and_everything_is_told() -> None:
    warden = Capturing()
    assert not warden.lent
    assert not warden.decide(held(b"", "beacon"))
    assert not warden.left
    assert not warden.decide(held(b"a=1&name=Ann"))
    assert warden.left
    last = warden.caught[-1].request
    assert (last.method, last.source, last.content_type) == ("POST", "navigation", FORM)
    assert [(f.name, f.value) for f in last.fields] == [("a", "1"), ("name", "Ann")]
    assert last.body == "a=1\nname=Ann"
    assert len(last.body_digest) == 64


def test_a_secret_is_hidden_and_no_hash_of_it_is_told() -> None:
    told = consequence_of(held(b"user=ann&password=hunter2"))
    assert "hunter2" not in told.model_dump_json()
    assert told.body_digest == ""
    cleaned = consequence_of(
        held(b"note=the+word+swordfish"), lambda t: t.replace("swordfish", "*")
    )
    assert "swordfish" not in cleaned.model_dump_json()
    assert cleaned.body_digest == ""


def test_what_is_not_known_whole_is_said_so() -> None:
    assert not consequence_of(held(b"a=1", whole=False)).whole
    many = b"&".join(b"f%d=1" % number for number in range(300))
    assert not consequence_of(held(many)).whole
    bare = consequence_of(held(None, "fetch", hop="http://a.test/first"))
    assert (bare.body, bare.source) == ("", "redirect of http://a.test/first")


def test_a_body_without_fields_is_told_as_text() -> None:
    body = read_body("text/plain", b"ping", True)
    told = consequence_of(HeldRequest("POST", "http://a.test/p", "beacon", body=body))
    assert (told.body, told.fields) == ("ping", ())


def test_a_plan_has_each_step_and_the_step_of_each_request(rehearsal: Rehearsal) -> None:
    rehearsal.send(held(b"opened=1", "beacon"))
    rehearsal.act(CLICK)
    rehearsal.act(CLICK, "withdrawn")
    rehearsal.act(Type(text="Ann"))
    rehearsal.send(held(b"typed=1", "fetch"))
    rehearsal.journal.append(Note(topic="end"))
    rehearsal.act(Terminate(status="success"))
    plan = rehearsal.plan()
    assert [step.action for step in plan.steps] == [CLICK, Type(text="Ann")]
    assert [step.screen for step in plan.steps] == ["screen 1", "screen 3"]
    assert [one.step for one in plan.requests] == [0, 2]
    assert (plan.ends, plan.problem, plan.volatile) == ("finished", "", ("ticket",))


def test_a_plan_ends_where_a_page_would_be_left(rehearsal: Rehearsal) -> None:
    rehearsal.act(CLICK)
    rehearsal.send(held(b"a=1"))
    rehearsal.act(CLICK)
    rehearsal.send(held(b"a=1"))
    plan = rehearsal.plan()
    assert (len(plan.steps), plan.ends) == (1, "sent")
    assert [(one.step, one.leaves) for one in plan.requests] == [(1, True)]


@pytest.mark.parametrize(
    ("outcome", "redacted", "whole", "why"),
    [
        ("done", True, True, "typed what may not be written down"),
        ("in_doubt", False, True, "step 1 is in doubt: unclear"),
        ("done", False, False, "not all of POST http://a.test/orders is known"),
        ("in_doubt", False, False, "step 1 is in doubt: unclear"),
    ],
)
def test_what_cannot_be_done_again_says_why(
    rehearsal: Rehearsal, outcome: ResultKind, redacted: bool, whole: bool, why: str
) -> None:
    rehearsal.act(Type(text="Ann"), outcome, redacted)
    rehearsal.send(held(b"a=1", whole=whole))
    assert why in rehearsal.plan().problem


def test_a_digest_changes_with_anything_in_the_plan(rehearsal: Rehearsal) -> None:
    rehearsal.act(CLICK)
    plan = rehearsal.plan()
    others = [
        plan.model_copy(update={"volatile": ()}),
        plan.model_copy(update={"opening": Opening(url="http://b.test/")}),
        plan.model_copy(update={"steps": ()}),
    ]
    assert len({one.digest for one in (plan, *others)}) == 4


def test_stored_entries_are_told_without_their_values() -> None:
    cart, gone, kept = (Slot("local", "http://a.test", key) for key in ("cart", "gone", "kept"))
    new = Slot("cookies", "a.test", '["seen","/",""]')
    before = {cart: "1", gone: "x", kept: "same"}
    found = storage_consequences(before, {cart: "2", kept: "same", new: "2"})
    assert [(one.change, one.store, one.key) for one in found] == [
        ("created", "cookies", new.key), ("changed", "local", "cart"), ("deleted", "local", "gone"),
    ]  # fmt: skip
    assert found[0].after == found[1].after != found[1].before
    assert found[2].after == found[0].before == ""
    again = storage_consequences(before, {cart: "2", kept: "same", new: "2"})
    assert again[1].after != found[1].after, "a digest says nothing of a value"
