"""Measure answers to questions about a screen: ``python -m handrail.tasks.suites.questions``.

The suite is fixed (``handrail.model.pocket.question_suite``): screens that training never drew, in
fonts kept from it. A question is put as a person's goal, so the planning is in the figure, too; the
text at a point is asked for without words. Nothing moves: a search for what is asked about ends as
on a page that cannot be scrolled. Writes ``questions.json``.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from handrail.actuators.actions import Answer, Terminate
from handrail.actuators.geometry import ScreenGeometry
from handrail.actuators.observation import Observation, Surface
from handrail.agent import search
from handrail.agent.history import Step
from handrail.agent.pocket_answers import PocketAnswers
from handrail.agent.pocket_proposer import PocketProposer
from handrail.agent.proposal import ParseError, Proposal
from handrail.model.errors import ModelError, UnsupportedError
from handrail.model.pocket import question_suite, suite
from handrail.model.pocket.errors import PocketError
from handrail.model.pocket.question_suite import Item
from handrail.tasks.cli_output import complain, tell
from handrail.tasks.errors import ExitCode
from handrail.tasks.evaluate import add_model, chosen_model, publish
from handrail.tasks.results.result import Figure, measured, share
from handrail.tasks.run_model import ModelChoice, load_proposer

NOT_THERE = "(not there)"
"""Stands for an honest failure, where what is asked about is not on the screen."""
_MOST = 8
"""Steps of a search for what is asked about at most."""
_TITLES = {
    "there": "is there ...?",
    "on": "is ... checked, selected, on?",
    "enabled": "is ... enabled, greyed out?",
}


@dataclass(frozen=True)
class Given:
    """What is true and what was answered; an answer is None where the reply was something else.

    ``planned``: whether it was asked of the screen what the words ask; None where no words did.
    """

    sort: str
    truth: str
    answer: str | None
    planned: bool | None = None

    @property
    def right(self) -> bool:
        """Return whether it was answered exactly."""
        return self.answer == self.truth


def load(choice: ModelChoice) -> tuple[PocketProposer, PocketAnswers]:
    """Load a checkpoint that answers questions. Raises ModelError."""
    proposer = load_proposer(choice)
    if not isinstance(proposer, PocketProposer) or proposer.answers is None:
        raise UnsupportedError(
            "this checkpoint has not learned to answer questions: "
            "its handrail.json says nothing of asking"
        )
    return proposer, proposer.answers


def ask_all(proposer: PocketProposer, answers: PocketAnswers, items: Iterator[Item]) -> list[Given]:
    """Ask every question in turn, with progress. Raises ModelError."""
    given: list[Given] = []
    for item in items:
        truth = NOT_THERE if item.asked.answer is None else item.asked.answer
        picture = Image.fromarray(item.image)
        if item.goal:
            reply = asked(proposer, item.goal, picture)
            planned = _line(reply) == f"{item.asked.question} {item.asked.name}"
            given.append(Given(item.asked.sort, truth, answer(reply), planned))
        else:
            given.append(Given(item.asked.sort, truth, read(answers, item, picture)))
        if len(given) % 50 == 0:
            tell(f"{len(given)} asked, {sum(g.right for g in given)} right")
    return given


def asked(proposer: PocketProposer, goal: str, picture: Image.Image) -> Proposal | ParseError:
    """Return the reply to a question about a screen on which nothing changes; the last one."""
    geometry = ScreenGeometry(width=picture.width, height=picture.height)
    seen = Observation(picture, geometry, 0.0, Surface("fake", "suite"))
    history: list[Step] = []
    for number in range(1, _MOST + 1):
        history.append(Step(number, proposer.propose(goal, history, seen)))
        if not search.is_search(history[-1]):
            break
    return history[-1].reply


def read(answers: PocketAnswers, item: Item, picture: Image.Image) -> str | None:
    """Return the text that is read at an item's point."""
    assert item.asked.point is not None
    x, y = item.asked.point
    found = answers.answerer.read_at(picture, x / picture.width, y / picture.height)
    if not found.whole:
        return None
    return NOT_THERE if found.text is None else found.text


def answer(reply: Proposal | ParseError) -> str | None:
    """Return what a reply answers, None where it is no answer."""
    if isinstance(reply, ParseError):
        return None
    if isinstance(reply.action, Terminate) and reply.action.status == "failure":
        return NOT_THERE
    return reply.action.text if isinstance(reply.action, Answer) else None


def _line(reply: Proposal | ParseError) -> str:
    if isinstance(reply, Proposal):
        return reply.line
    return reply.reply.partition("\n")[0].removeprefix("Action: ")


def figures(given: Sequence[Given]) -> tuple[Figure, ...]:
    """Return how much is read exactly and letter by letter, and how often yes and no are right."""
    here = [g for g in given if g.truth != NOT_THERE]
    texts = [g for g in here if g.sort not in _TITLES]
    sorts = dict.fromkeys(g.sort for g in texts)
    parts = [(f"read exactly, {sort}", [g for g in texts if g.sort == sort]) for sort in sorts]
    missing = [g for g in given if g.truth == NOT_THERE]
    found = [_share("read exactly", texts), *_letters(texts)] if texts else []
    found += [_share(name, members) for name, members in parts]
    for sort, title in _TITLES.items():
        if members := [g for g in here if g.sort == sort]:
            most = max(sum(g.truth == word for g in members) for word in ("yes", "no"))
            found.append(_share(title, members, round(most / len(members), 4)))
    if missing:
        found.append(_share("not there, and said so", missing))
    worded = [g.planned for g in given if g.planned is not None]
    return (*found, *([share("planned right", sum(worded), len(worded))] if worded else []))


def _share(name: str, given: Sequence[Given], chance: float | None = None) -> Figure:
    return share(name, sum(g.right for g in given), len(given), chance)


def _letters(texts: Sequence[Given]) -> list[Figure]:
    """Return the edits that turn the answers into what is true, by its letters; at most 1 each."""
    all_of = sum(max(1, len(g.truth)) for g in texts)
    wrong = sum(min(suite.edits(g.answer or "", g.truth), max(1, len(g.truth))) for g in texts)
    value = round(wrong / all_of, 4)
    return [Figure(name="character error", value=value, unit="share", count=all_of)]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m handrail.tasks.suites.questions", description=__doc__
    )
    parser.add_argument("--count", type=int, default=question_suite.COUNT, metavar="N")
    parser.add_argument("--seed", type=int, default=question_suite.SEED)
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="DIR")
    add_model(parser)
    arguments = parser.parse_args(argv)
    try:
        proposer, answers = load(chosen_model(arguments))
        items = question_suite.items(arguments.count, arguments.seed)
        found = figures(ask_all(proposer, answers, items))
    except (ModelError, PocketError) as error:
        complain(str(error))
        return ExitCode.ENVIRONMENT
    title = f"Answers to questions about fresh renders (suite {question_suite.SUITE})"
    command = f"python -m handrail.tasks.suites.questions --count {arguments.count}"
    publish(measured("questions", title, command, arguments.seed, found), arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
