"""The suite of questions asks what is drawn, in words, and counts what is answered exactly."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from handrail.actuators.actions import Answer, Scroll, Terminate
from handrail.actuators.observation import Observation
from handrail.agent import search
from handrail.agent.history import Step
from handrail.agent.pocket_answers import PocketAnswers
from handrail.agent.pocket_proposer import PocketProposer
from handrail.agent.proposal import ParseError, Proposal
from handrail.model.errors import UnsupportedError
from handrail.model.pocket import question_suite
from handrail.model.pocket.question_suite import SORTS, Item
from handrail.model.tile_format import FILE
from handrail.tasks.results.result import Figure
from handrail.tasks.run_model import ModelChoice
from handrail.tasks.suites import questions
from handrail.tasks.suites.questions import NOT_THERE, Given
from tests.model.pocket.earlier import EARLIER
from tests.tasks.tuning.worlds import write_tiny


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return list(question_suite.items(2 * len(SORTS)))


class Says:
    """Gives one reply after so many steps of a search."""

    def __init__(self, reply: Proposal | ParseError, searches: int = 0) -> None:
        self._reply, self._searches = reply, searches

    def propose(
        self, goal: str, history: Sequence[Step], observation: Observation
    ) -> Proposal | ParseError:
        """Search, or give the reply."""
        if len(history) < self._searches:
            return Proposal(Scroll(dy=-10), search.line("down", "Total"))
        return self._reply


def _asked(reply: Proposal | ParseError, searches: int = 0) -> str | None:
    proposer = cast(PocketProposer, Says(reply, searches))
    said = questions.asked(proposer, "what is the Total?", Image.new("RGB", (64, 64)))
    return questions.answer(said)


def test_every_kind_of_question_is_asked_in_turn(items: list[Item]) -> None:
    assert [item.asked.sort for item in items] == [*SORTS, *SORTS]
    for item in items:
        assert item.image.shape in {(768, 1024, 3), (800, 1280, 3)}
        assert bool(item.goal) is (item.asked.point is None)
        assert item.asked.name in item.goal


def test_the_questions_are_fixed(items: list[Item]) -> None:
    again = list(question_suite.items(3))
    for one, other in zip(items, again, strict=False):
        assert (one.goal, one.asked) == (other.goal, other.asked)
        assert (one.image == other.image).all()
    assert next(question_suite.items(1, seed=2)).asked != items[0].asked


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Proposal(Answer(text="42"), "read Total"), "42"),
        (Proposal(Terminate(status="failure"), "read Total"), NOT_THERE),
        (Proposal(Terminate(status="success"), "finish"), None),
        (ParseError("cut off"), None),
    ],
)
@pytest.mark.parametrize("searches", [0, 3])
def test_a_reply_counts_once_the_search_has_ended(
    reply: Proposal | ParseError, answer: str | None, searches: int
) -> None:
    assert _asked(reply, searches) == answer


def test_a_search_without_end_is_no_answer() -> None:
    assert _asked(Proposal(Answer(text="42"), "read Total"), 100) is None


def _figures(given: Sequence[Given]) -> dict[str, Figure]:
    return {figure.name: figure for figure in questions.figures(given)}


def test_what_is_exact_and_how_many_letters_are_wrong() -> None:
    given = [
        Given("in a field", "Ada", "Ada"),
        Given("in a field", "Bath", "Bach"),
        Given("at a point", "Save", None),
        Given("in a field", NOT_THERE, NOT_THERE),
    ]
    found = _figures(given)
    assert (found["read exactly"].value, found["read exactly"].count) == (0.3333, 3)
    assert found["read exactly, in a field"].value == 0.5
    assert found["read exactly, at a point"].value == 0.0
    letters = found["character error"]
    assert (letters.value, letters.count) == (round(5 / 11, 4), 11)
    assert found["not there, and said so"].value == 1.0


def test_what_is_asked_of_the_screen_is_counted_apart_from_its_answer(items: list[Item]) -> None:
    item = next(i for i in items if i.goal and i.asked.question == "read")
    wrong, right = item.asked.name, f"read {item.asked.name}"
    replies = (
        Proposal(Answer(text="?"), right),
        Proposal(Answer(text="?"), f"read the {wrong}"),
        ParseError("cut off", f"Action: {right}\n<tool_call>"),
    )
    given: list[Given] = []
    for reply in replies:
        proposer = cast(PocketProposer, Says(reply))
        given += questions.ask_all(proposer, cast(PocketAnswers, None), iter([item]))
    assert [one.planned for one in given] == [True, False, True]
    figure = _figures(given)["planned right"]
    assert (figure.value, figure.count) == (0.6667, 3)


def test_yes_and_no_are_held_against_the_commoner_answer() -> None:
    truths = Counter({"yes": 3, "no": 1})
    given = [Given("on", truth, "yes") for truth in truths.elements()]
    figure = _figures(given)["is ... checked, selected, on?"]
    assert (figure.value, figure.chance, figure.count) == (0.75, 0.75, 4)
    assert figure.low is not None


@pytest.fixture
def unlearned(tmp_path: Path) -> str:
    """Return the folder of a checkpoint from before there were questions."""
    folder = tmp_path / "earlier"
    write_tiny(folder)
    (folder / FILE).write_text(EARLIER.model_dump_json(exclude_defaults=True))
    return str(folder)


def test_what_has_not_learned_to_answer_is_refused(unlearned: str) -> None:
    with pytest.raises(UnsupportedError, match="has not learned to answer questions"):
        questions.load(ModelChoice(unlearned))


def test_the_command_says_so_and_writes_nothing(
    unlearned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    options = ("--count", "1", "--model", unlearned, "--results", str(results))
    assert questions.main(options) != 0
    assert "has not learned" in capsys.readouterr().err
    assert not results.exists()
