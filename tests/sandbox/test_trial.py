"""Trials in the gate: what they spare a person, what they never do, and what is written of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from handrail.actuators.actions import Action, Click, Terminate
from handrail.actuators.fake import Checkbox
from handrail.actuators.observation import Observation
from handrail.sandbox.approval import ScriptedApprover
from handrail.sandbox.policy import Policy, profile
from handrail.sandbox.prompt import prompt_lines
from handrail.sandbox.records import Intent, Note
from handrail.sandbox.rehearsal.consequences import Consequences, RequestConsequence
from handrail.sandbox.rules import Rule
from handrail.sandbox.trial import Trial

if TYPE_CHECKING:
    from tests.sandbox.conftest import Door

MakeDoor = Callable[..., "Door"]
ORDER = RequestConsequence(method="POST", url="https://shop.test/order", source="navigation")
NOTHING = Trial(Consequences())
FOUND = Trial(Consequences(found=(ORDER,)))
PART = Trial(Consequences(), why="not copied: 1 fields")
NONE = Trial(why="the copy gave out: \x1b[2K")


@dataclass
class Copies:
    """Says of every action what it was given, and remembers which it was asked about."""

    trial: Trial
    asked: list[Action] = field(default_factory=list)

    def tried(self, action: Action, seen: Observation) -> Trial:
        self.asked.append(action)
        return self.trial


Made = tuple["Door", Copies, ScriptedApprover]
Tried = Callable[..., Made]


@pytest.fixture
def tried(open_door: MakeDoor) -> Tried:
    def make(trial: Trial, policy: Policy, *answers: bool) -> Made:
        person, copies = ScriptedApprover(answers), Copies(trial)
        door = open_door(policy=policy, approver=person)
        door.gate.trials = copies
        return door, copies, person

    return make


def ticking(door: "Door") -> Click:
    """Return an edit."""
    return Click(point=door.at("Remember me"))


def notes(door: "Door") -> list[Note]:
    return [one for one in door.records if isinstance(one, Note) and one.topic == "tried"]


def consents(door: "Door") -> list[str]:
    return [one.consent for one in door.records if isinstance(one, Intent)]


def test_an_edit_of_which_nothing_would_come_is_done_without_a_question(tried: Tried) -> None:
    door, copies, person = tried(NOTHING, profile("rehearse"))
    assert door.submit(ticking(door)).kind == "done"
    assert door.screen.named(Checkbox, "Remember me").checked
    assert (person.requests, consents(door), len(copies.asked)) == ([], ["trial"], 1)
    assert notes(door)[0].data == {"why": "", "found": 0, "digest": Consequences().digest}


@pytest.mark.parametrize("trial", [FOUND, PART, NONE])
def test_an_edit_that_was_not_wholly_harmless_is_asked_about(tried: Tried, trial: Trial) -> None:
    door, _, person = tried(trial, profile("rehearse"), False)
    assert door.submit(ticking(door)).kind == "denied"
    assert person.requests[0].trial == trial
    assert consents(door) == []


def test_what_commits_is_asked_about_whatever_its_trial_found(tried: Tried) -> None:
    door, copies, person = tried(NOTHING, profile("rehearse"), True)
    assert door.submit(Click(point=door.at("Send"))).kind == "done"
    assert (len(person.requests), consents(door), len(copies.asked)) == (1, ["once"], 1)


def test_to_rehearse_and_to_ask_is_to_ask_with_the_effects_in_view(tried: Tried) -> None:
    rules = tuple(Rule(decision=one, effects=("edit",)) for one in ("rehearse", "ask"))
    door, copies, person = tried(NOTHING, Policy(profile="unattended", rules=rules), True)
    assert door.submit(ticking(door)).kind == "done"
    assert (len(person.requests), len(copies.asked)) == (1, 1)


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (NOTHING, "tried on a copy: nothing would be sent or kept"),
        (FOUND, "tried on a copy: one thing would be sent or kept"),
        (
            Trial(Consequences(found=(ORDER,) * 3)),
            "tried on a copy: 3 things would be sent or kept",
        ),
        (PART, "tried on a copy: nothing would be sent or kept; not known: not copied: 1 fields"),
        (Trial(why="the copy gave out"), "not tried on a copy: the copy gave out"),
    ],
)
def test_what_became_of_it_tells_of_the_trial(
    tried: Tried, trial: Trial, said: str, answer: bool
) -> None:
    door, _, _ = tried(trial, profile("rehearse"), answer)
    outcome = door.submit(Click(point=door.at("Send")))
    assert (outcome.kind, outcome.tried) == ("done" if answer else "denied", said)


def test_what_wants_no_rehearsal_is_not_tried(tried: Tried) -> None:
    door, copies, _ = tried(NOTHING, profile("unattended"))
    assert door.submit(ticking(door)).tried == ""
    assert (copies.asked, notes(door)) == ([], [])
    door, copies, _ = tried(NOTHING, profile("rehearse"))
    door.submit(Terminate(status="success"))
    assert copies.asked == []


@pytest.mark.parametrize(
    ("trial", "said"),
    [
        (FOUND, ["on a copy: send     POST https://shop.test/order"]),
        (PART, ["on a copy: nothing would change", "not known: not copied: 1 fields"]),
        (NONE, ["not tried: the copy gave out:"]),
        (Trial(Consequences(found=(ORDER,) * 60)), ["and: 20 lines more"]),
    ],
)
def test_whoever_is_asked_sees_what_came_of_it(tried: Tried, trial: Trial, said: list[str]) -> None:
    door, _, person = tried(trial, profile("rehearse"), False)
    door.submit(Click(point=door.at("Send")))
    shown = "\n".join(prompt_lines(person.requests[0]))
    assert [line for line in said if line not in shown] == []
    assert "\x1b" not in shown
    untried = trial.consequences is None
    assert ("no rehearsal came before it" in person.requests[0].reason) == untried
