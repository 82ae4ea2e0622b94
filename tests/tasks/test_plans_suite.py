"""The suite of plans counts what is planned right, and asks as a run would."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.actuators.actions import Terminate
from handrail.actuators.observation import Observation
from handrail.agent.history import Step
from handrail.agent.proposal import ParseError, Proposal
from handrail.model.pocket.instructions import Goal, Move
from handrail.tasks.results.result import read_result
from handrail.tasks.suites import plans

GOAL = Goal(
    "double-click Inbox, press Enter, then type Ada into Name",
    (Move("Inbox", way="double-click"), Move(do="press enter"), Move("Name"), Move(type="Ada")),
    (13, 26, 49, 38),
)
LINES = ("double-click Inbox", "press enter", "click Name", "type", "finish")


class Knowing:
    """Says what is right, but for one step; remembers the lines that it was told."""

    def __init__(self, wrong: int | None = None) -> None:
        self.wrong = wrong
        self.told: list[list[str]] = []

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Return the step that the history calls for."""
        self.told.append([s.reply.line for s in history if isinstance(s.reply, Proposal)])
        at = len(history)
        if at == self.wrong:
            return Proposal(Terminate(status="failure"), "give up")
        return plans.right_reply((*GOAL.moves, Move())[at])


def test_each_step_is_asked_for_after_the_true_steps_before_it() -> None:
    player = Knowing()
    assert plans.planned(player, GOAL).right == (True,) * 5
    assert player.told == [list(LINES[:at]) for at in range(5)]


@pytest.mark.parametrize("wrong", range(5))
def test_a_slip_is_counted_at_its_step(wrong: int) -> None:
    done = plans.planned(Knowing(wrong), GOAL)
    assert done.right == tuple(at != wrong for at in range(5))
    figures = {f.name: f for f in plans.plan_figures("k", [done, plans.planned(Knowing(), GOAL)])}
    assert figures["k: no slip"].value == 0.5
    assert (figures["k: steps right"].value, figures["k: steps right"].count) == (0.9, 10)
    kind = ("double-click", "press", "click", "type", "end")[wrong]
    assert figures[f"k: {kind}"].value == 0.5


def test_the_instructions_are_fixed_and_of_their_kind() -> None:
    old, new = (plans.drawn(30, share) for share in plans.SHARES.values())
    assert plans.drawn(30, 0.0) == old
    kinds = [{plans.kind_of(m) for m in goal.moves} for goal in old]
    assert set().union(*kinds) == {"click", "type"}
    assert all({plans.kind_of(m) for m in goal.moves} - {"click", "type"} for goal in new)


def test_the_command_asks_the_model_that_ships(tmp_path: Path) -> None:
    assert plans.main(["--count", "2", "--threads", "1", "--results", str(tmp_path)]) == 0
    found = {f.name: f for f in read_result(tmp_path / "plans.json").figures}
    assert found["click and type: steps right"].value > 0.5
    assert found["all actions: no slip"].count == 2


def test_a_checkpoint_that_plans_and_looks_in_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert plans.main(["--model", str(tmp_path), "--results", str(tmp_path / "r")]) != 0
    assert not (tmp_path / "r").exists()
    assert f"{tmp_path} plans and looks in one" in capsys.readouterr().err
