"""What may have happened or not is looked at, and not repeated on the same screen."""

import pytest

from handrail.actuators.actions import Action, Move, Press, Type, Wait
from tests.agent.stage import NOWHERE, SUCCESS, Stage


def test_what_is_in_doubt_is_looked_at_and_not_repeated(stage: Stage) -> None:
    save = stage.fill("Ada")[-1]
    stage.screen.lost = save
    result = stage.run(*stage.fill("Ada"), save, SUCCESS)
    assert result.kind == "failed"
    assert "already have had its effect" in result.reason
    assert len(stage.screen.submitted) == 1


@pytest.mark.parametrize(
    "between", [Wait(seconds=1), Move(point=NOWHERE), Press(keys=("x",))], ids=lambda a: a.kind
)
def test_nothing_that_changes_nothing_ends_a_doubt(stage: Stage, between: Action) -> None:
    save = stage.fill("Ada")[-1]
    stage.screen.lost, stage.screen.refused = save, between if between.kind == "press" else None
    result = stage.run(*stage.fill("Ada"), between, save, SUCCESS)
    assert result.kind == "failed"
    assert "already have had its effect" in result.reason
    assert len(stage.screen.submitted) == 1


def test_another_change_ends_a_doubt(stage: Stage) -> None:
    first, second, save = stage.fill("Ada")
    stage.screen.lost = save
    assert stage.run(first, second, save, first, Type(text="!"), save, SUCCESS).kind == "success"
    assert len(stage.screen.submitted) == 2
