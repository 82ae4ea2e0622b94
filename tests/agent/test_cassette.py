"""A recording that is played on a screen, and stops where that is another."""

from handrail.actuators.actions import Wait
from handrail.actuators.observation import Observation
from handrail.agent.cassette import Cassette, UpTo
from handrail.agent.proposer import Puppet
from tests.agent.stage import SUCCESS, Stage


class Judge:
    """Says what differs at the looks of these numbers."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []

    def __call__(self, number: int, seen: Observation) -> str:
        self.asked.append(number)
        return self.answers.pop(0) if self.answers else ""


def test_it_plays_every_action_in_order_and_ends(stage: Stage) -> None:
    judge = Judge()
    result = stage.agent(Cassette(stage.fill("Ada"), judge, "all of it")).run("goal")
    assert (result.kind, result.reason) == ("success", "all of it")
    assert stage.screen.submitted == [{"Name": "Ada"}]
    assert judge.asked == list(range(len(stage.fill("Ada")) + 1))


def test_a_screen_that_is_late_is_waited_for(stage: Stage) -> None:
    judge = Judge("", "not yet", "not yet")
    result = stage.agent(Cassette(stage.fill("Ada"), judge, "all of it")).run("goal")
    assert result.kind == "success"
    assert stage.screen.submitted == [{"Name": "Ada"}]
    waits = [s for s in stage.heard.steps if s.outcome and s.outcome.kind == "done"]
    assert len(waits) == len(stage.fill("Ada")) + 2


def test_another_screen_ends_it_as_failed_before_the_action(stage: Stage) -> None:
    judge = Judge("", *["a price changed"] * 9)
    result = stage.agent(Cassette(stage.fill("Ada"), judge, "all of it", patience=2)).run("goal")
    assert result.kind == "failed"
    assert result.reason == "not as it was rehearsed, before step 2: a price changed"
    assert stage.screen.submitted == []


def test_a_recorded_pause_is_an_action_like_any_other(stage: Stage) -> None:
    judge = Judge()
    result = stage.agent(Cassette([Wait(seconds=0.5)], judge, "all of it")).run("goal")
    assert result.kind == "success"
    assert judge.asked == [0, 1]


def test_an_action_in_doubt_is_not_played_again(stage: Stage) -> None:
    stage.screen.lost = stage.fill("Ada")[0]
    result = stage.agent(Cassette(stage.fill("Ada"), Judge(), "all of it")).run("goal")
    assert result.kind == "failed"
    assert "in doubt" in result.reason
    assert len(stage.heard.steps) == 1


def test_another_proposer_is_asked_only_until_it_is_over(stage: Stage) -> None:
    over = ["", "", "enough"]
    proposer = UpTo(Puppet([*stage.fill("Ada"), SUCCESS]), lambda: over.pop(0))
    result = stage.agent(proposer).run("goal")
    assert (result.kind, result.reason) == ("success", "enough")
    assert len(stage.heard.steps) == 2
