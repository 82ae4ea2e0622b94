"""Actions that are tried on a copy of the browser first: nothing is sent, and who is asked sees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from handrail.actuators.actions import Action, Click, Terminate, Type
from handrail.actuators.browser import BrowserConfig
from handrail.actuators.geometry import Point
from handrail.agent.proposer import Puppet
from handrail.sandbox.approval import DENY, ONCE, ApprovalAnswer, ApprovalRequest
from handrail.sandbox.journal import read_journal
from handrail.sandbox.known import EVERYTHING
from handrail.sandbox.policy import Policy
from handrail.sandbox.prompt import prompt_lines
from handrail.sandbox.records import Entry, Intent, Note
from handrail.tasks.run import BrowserTarget, Crew, PolicyChoice, RunEnd, RunRequest, run
from tests.actuators.browser.counting import Counting, counting

AT = Point(x=60, y=40)
STYLE = "<style>body { margin: 0 } #t { position: fixed; left: 10px; top: 20px; width: 100px; "
STYLE += "height: 40px }</style>"
PLAIN = f"<!doctype html><title>page</title>{STYLE}"


@dataclass
class Person:
    """Answers everything alike, and remembers what was asked and what had been sent by then."""

    site: Counting
    answer: ApprovalAnswer = DENY
    asked: list[ApprovalRequest] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)

    def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
        self.asked.append(request)
        self.sent.append(len(self.site.arrived))
        return self.answer


@dataclass
class World:
    site: Counting
    folder: Path
    program: Path | None
    person: Person

    def play(self, page: str, *actions: Action) -> list[Entry]:
        """Let a run do the actions on a page under the profile rehearse; return its journal."""
        target = BrowserTarget(
            self.site.show("/page/own", PLAIN + page),
            BrowserConfig(executable=self.program, width=300, height=200),
        )
        policy = PolicyChoice(grants=Policy(profile="rehearse", known=EVERYTHING))
        request = RunRequest("Do it", target, policy=policy, runs_folder=self.folder)
        puppet = Puppet([*actions, Terminate(status="success")])
        self.end: RunEnd = run(request, Crew(puppet, self.person))
        return list(read_journal(self.end.folder.journal).entries)


@pytest.fixture
def world(tmp_path: Path, browser_program: Path | None) -> Iterator[World]:
    with counting() as site:
        yield World(site, tmp_path / "runs", browser_program, Person(site))


def intents(entries: list[Entry]) -> list[Intent]:
    return [one.record for one in entries if isinstance(one.record, Intent)]


def tried(entries: list[Entry]) -> list[Note]:
    notes = [one.record for one in entries if isinstance(one.record, Note)]
    return [note for note in notes if note.topic == "tried"]


def test_what_would_be_sent_is_in_view_before_anything_is(world: World) -> None:
    page = "<form method=post action=/orders><input name=item value=lamp><button id=t>Buy</button>"
    entries = world.play(page, Click(point=AT))
    (asked,) = world.person.asked
    shown = "\n".join(prompt_lines(asked))
    assert f"on a copy: send     POST {world.site.home}/orders" in shown
    assert "on a copy:            item=lamp" in shown
    assert "no rehearsal" not in shown
    assert (world.site.arrived, intents(entries)[:-1]) == ([], [])
    assert [note.data["found"] for note in tried(entries)] == [1]


def test_what_was_approved_with_its_effects_in_view_is_done_once(world: World) -> None:
    world.person.answer = ONCE
    page = "<form method=post action=/orders><input name=item value=lamp><button id=t>Buy</button>"
    entries = world.play(page, Click(point=AT))
    assert [one.body for one in world.site.arrived] == [b"item=lamp"]
    assert world.person.sent == [0], "it was tried and asked about before"
    assert [one.consent for one in intents(entries)[:-1]] == ["once"]


def test_typing_that_changes_nothing_beyond_the_field_is_not_asked_about(world: World) -> None:
    page = "<input id=t autofocus><script>t.focus()</script>"
    entries = world.play(page, Type(text="lamp"))
    assert world.person.asked == []
    assert [one.consent for one in intents(entries)] == ["trial", ""]
    assert [note.data["found"] for note in tried(entries)] == [0]


def test_typing_that_would_keep_something_is_asked_about(world: World) -> None:
    page = (
        "<input id=t><script>t.focus(); t.oninput = () => { localStorage.draft = t.value }</script>"
    )
    world.play(page, Type(text="lamp"))
    (asked,) = world.person.asked
    assert f"created  local {world.site.home} draft" in "\n".join(prompt_lines(asked))


def test_typing_that_would_fetch_is_asked_about_and_fetches_nothing(world: World) -> None:
    page = "<input id=t><script>t.focus(); t.oninput = () => fetch('/find?q=' + t.value)</script>"
    world.play(page, Type(text="x"))
    (asked,) = world.person.asked
    assert f"send     GET {world.site.home}/find?q=x" in "\n".join(prompt_lines(asked))
    assert world.site.arrived == []


def test_what_may_be_grave_is_asked_about_though_nothing_was_found(world: World) -> None:
    world.play("<button id=t onclick='document.title = 1'>Delete account</button>", Click(point=AT))
    (asked,) = world.person.asked
    assert asked.trial is not None
    assert asked.trial.harmless


def test_a_copy_that_shows_something_else_is_no_trial(world: World) -> None:
    page = "<button id=t>Save</button><script>const n = sessionStorage.n = 1 + Number("
    page += "sessionStorage.n || 0); t.style.background = ['red', 'blue'][n % 2]</script>"
    entries = world.play(page, Click(point=AT))
    (asked,) = world.person.asked
    assert "asked, for no rehearsal came before it" in asked.reason
    assert "not tried: the copy is not alike: the screen changed" in "\n".join(prompt_lines(asked))
    assert ["found" in note.data for note in tried(entries)] == [False]
