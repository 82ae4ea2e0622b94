"""What is typed into a password field stays out of the journal, and out of its hashes."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Action, Click, Press, Type, digest
from handrail.actuators.fake import Button, Field
from handrail.actuators.geometry import Box
from handrail.actuators.observation import Surface
from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.outcome import Outcome
from handrail.sandbox.policy import profile
from handrail.sandbox.records import Alert, Intent, Place, Refusal, Result, Sent
from handrail.sandbox.redact import SECRET, cleaned, hidden

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]
PASSWORD = "Tr0ub4dor&3"


def password_door(open_door: MakeDoor) -> "Door":
    place = Box(left=20, top=50, right=220, bottom=80)
    field = Field("Password", place, secret=True)
    door = open_door(widgets=[field, Button("Go", Box(left=20, top=100, right=90, bottom=130))])
    door.screen.focus = field
    return door


def test_a_typed_password_is_done_and_not_written_down(open_door: MakeDoor) -> None:
    door = password_door(open_door)
    assert door.submit(Type(text=PASSWORD)).kind == "done"
    assert door.screen.named(Field, "Password").text == PASSWORD
    (intent,) = [r for r in door.records if isinstance(r, Intent)]
    assert (intent.action, intent.redacted) == (Type(text=SECRET), True)
    assert intent.digest == digest(Type(text=SECRET))
    written = door.path.read_text()
    assert PASSWORD not in written
    for text in (PASSWORD, f'{{"kind":"type","text":"{PASSWORD}"}}'):
        assert hashlib.sha256(text.encode()).hexdigest() not in written


def test_a_password_that_is_pressed_key_by_key_is_not_written_down(open_door: MakeDoor) -> None:
    door = password_door(open_door)
    for character in "hunter2":
        assert door.submit(Press(keys=(character,))).kind == "done"
    assert door.screen.named(Field, "Password").text == "hunter2"
    keys = [r.action for r in door.records if isinstance(r, Intent)]
    assert keys == [Press(keys=("*",))] * 7


def test_a_password_that_was_refused_is_not_written_down(open_door: MakeDoor) -> None:
    place = Box(left=20, top=50, right=220, bottom=80)
    field = Field("Password", place, secret=True)
    denied = open_door(widgets=[field], policy=profile("observe"))
    denied.screen.focus = field
    assert denied.submit(Type(text=PASSWORD)).kind == "denied"
    stopped = open_door(stopped=lambda: True)
    assert stopped.submit(Type(text=PASSWORD)).kind == "stopped"
    for door in (denied, stopped):
        (refusal,) = [r for r in door.records if isinstance(r, Refusal)]
        assert (refusal.action, refusal.redacted) == (Type(text=SECRET), True)
        assert PASSWORD not in door.path.read_text()


def test_text_for_what_a_browser_cannot_tell_is_not_written_down(open_door: MakeDoor) -> None:
    """Another site's frame may hold a password field."""
    door = open_door()
    door.screen.surface = replace(door.screen.surface, kind="browser")
    outcome = door.submit(Type(text="hunter2"))
    assert (outcome.kind, outcome.redacted) == ("failed", True)
    assert b"hunter2" not in door.path.read_bytes()
    assert not door.submit(Press(keys=("j",))).redacted


def test_what_is_typed_elsewhere_stands_as_it_is(open_door: MakeDoor) -> None:
    door = open_door()
    door.submit(Click(point=door.at("Name")))
    door.submit(Type(text="Ada"))
    click, typed = [r for r in door.records if isinstance(r, Intent)]
    assert (typed.action, typed.redacted, click.redacted) == (Type(text="Ada"), False, False)


@pytest.mark.parametrize(
    ("action", "written"),
    [
        (Press(keys=("shift", "A")), Press(keys=("shift", "*"))),
        (Press(keys=("ctrl", "a")), Press(keys=("ctrl", "a"))),
        (Press(keys=("enter",)), Press(keys=("enter",))),
        (Type(text=""), Type(text=SECRET)),
    ],
)
def test_only_characters_are_hidden(action: Action, written: Action) -> None:
    assert hidden(action) == written


def test_a_password_field_shows_dots(open_door: MakeDoor) -> None:
    door = password_door(open_door)
    door.submit(Type(text="aaaa"))
    first = door.screen.observe().fingerprint
    door.screen.named(Field, "Password").text = "bbbb"
    assert door.screen.observe().fingerprint == first


def test_what_came_of_an_action_is_written_without_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.create(path, "run", clean=lambda text: text.replace(PASSWORD, "***")) as journal:
        journal.append(Result(intent=1, outcome="failed", reason=f"no {PASSWORD} here"))
        journal.append(Alert(rule="rate", record=1, reason=f"{PASSWORD} again"))
    assert PASSWORD not in path.read_text()
    assert [entry.record.reason for entry in read_journal(path).entries[1:]] == [  # type: ignore[union-attr]
        "no *** here",
        "*** again",
    ]


def test_a_password_that_a_person_made_of_an_action_is_told_without_it() -> None:
    typed = Type(text=PASSWORD)
    open_one = Outcome("done", "edit", "", edited=typed)
    assert open_one.told().edited == typed
    assert replace(open_one, redacted=True).told().edited == Type(text=SECRET)


def test_an_action_that_quotes_a_secret_is_written_without_it_and_says_so(tmp_path: Path) -> None:
    action, path = Type(text=f"my {PASSWORD}"), tmp_path / "journal.jsonl"
    place = Place.of(Surface("fake", "fake"), None)
    refusal = Refusal(
        action=action, digest=digest(action), effect="edit", outcome="denied", reason="no",
        place=place,
    )  # fmt: skip
    with Journal.create(path, "run", clean=lambda text: text.replace(PASSWORD, "***")) as journal:
        written = journal.append(refusal).record
    assert PASSWORD not in path.read_text()
    told = Type(text="my ***")
    assert written == refusal.model_copy(
        update={"action": told, "digest": digest(told), "redacted": True}
    )


def test_a_requests_record_loses_values_and_then_the_hash_of_its_body() -> None:
    sent = Sent(
        method="POST",
        url="https://shop.test/?q=geheim",
        purpose="fetch",
        page="https://shop.test/",
        effect="commit",
        decision="sent",
        reason="geheim",
        body="field a: geheim",
        body_digest="0" * 64,
    )

    def clean(text: str) -> str:
        return text.replace("geheim", "[secret]")

    told = cleaned(sent, clean)
    assert "geheim" not in told.model_dump_json()
    assert isinstance(told, Sent)
    assert told.body_digest == ""
    whole = sent.model_copy(update={"body": "field a: 1"})
    assert cleaned(whole, clean).model_dump()["body_digest"] == "0" * 64
