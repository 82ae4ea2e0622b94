"""The live view: a harmless line for each step, and aside while a person is asked."""

import io

import pytest
from rich.console import Console

from handrail.actuators.actions import Click, Type
from handrail.actuators.geometry import Point
from handrail.agent.budget import Budget, Spent
from handrail.agent.errors import Stopped
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.agent.result import Result
from handrail.agent.stop import StopSwitch
from handrail.sandbox.approval import ApprovalAnswer, ApprovalRequest, ScriptedApprover
from handrail.sandbox.gate import Outcome
from handrail.sandbox.records import Alert
from handrail.tasks.live import LiveView
from handrail.tasks.run_approval import AttendedApprover

HOSTILE = "[red]ok[/red] \x1b[2K\u202e" + "long " * 60
CLICK = Click(point=Point(x=1, y=2))


def shown(*steps: Step, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=80, highlight=False)
    view = LiveView(console, "Save it", Budget())
    for step in steps:
        view.stepped(step)
    view.ended(Result("failed", HOSTILE, spent=Spent(2, 3.0, 4)))
    return out.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    done = Step(1, Proposal(CLICK, "Click Save"), Outcome("done", "commit", ""))
    bad = Step(2, ParseError("no tool call"))
    denied = Step(3, Proposal(CLICK, "Click Pay"), Outcome("denied", "commit", "rule 1"))
    lines = shown(done, bad, denied).splitlines()
    assert lines[0] == "goal  Save it"
    assert lines[1].startswith("   1  ok Click Save  [Click at (1, 2)]  commit")
    assert lines[2].startswith("   2  no action no tool call")
    assert lines[3].startswith("   3  denied Click Pay  [Click at (1, 2)]: rule 1  commit")
    assert lines[4].startswith("failed")
    assert lines[4].endswith("(2 steps, 3.0 s, 4 calls)")
    assert len(lines) == 5


@pytest.mark.parametrize("terminal", [False, True])
def test_an_alert_is_a_line_of_its_own_and_harmless(terminal: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=400, highlight=False)
    view = LiveView(console, "Save it", Budget())
    view.alerted(Alert(rule="out_of_hours", record=3, reason=HOSTILE))
    view.close()
    (line,) = [line for line in out.getvalue().splitlines() if "alert" in line]
    assert "out of hours: [red]ok[/red] \\u001b[2K\\u202elong" in line
    assert "\u202e" not in line


@pytest.mark.parametrize("terminal", [False, True])
def test_text_from_outside_neither_styles_nor_controls(terminal: bool) -> None:
    hostile = Step(1, Proposal(Type(text=HOSTILE), HOSTILE), Outcome("failed", "edit", HOSTILE))
    text = shown(hostile, terminal=terminal)
    assert "[red]ok[/red]" in text
    assert "\\u001b[2K\\u202e" in text.replace("\n", "")
    assert "\u202e" not in text


def test_the_terminal_is_free_while_a_person_is_asked_and_ctrl_c_ends_it() -> None:
    stop = StopSwitch()
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    view = LiveView(console, "Save it", Budget())

    class Person(ScriptedApprover):
        def ask(self, request: ApprovalRequest) -> ApprovalAnswer:
            assert view.moving is False
            stop.trip()
            raise AssertionError("the trip must have raised")

    request = ApprovalRequest.__new__(ApprovalRequest)
    with pytest.raises(Stopped):
        AttendedApprover(Person(), stop, view.aside).ask(request)
    assert view.moving is True
    view.close()
    assert view.moving is False
