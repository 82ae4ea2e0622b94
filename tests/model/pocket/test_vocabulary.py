"""The tokenizer that ships, the ids that training uses, and the text that they stand for, agree."""

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from handrail.actuators.actions import Action, Click, Drag, Press, Scroll, Wait
from handrail.actuators.actions import Move as Pointer
from handrail.actuators.geometry import Point, ScreenGeometry
from handrail.agent.parse import parse
from handrail.agent.prompt import action_lines, user_text
from handrail.agent.proposal import Proposal
from handrail.model.pocket import acts, instructions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Clause, Move
from tests.model.pocket.earlier import earlier_tokenizer

SHIPPED = Path(v.__file__).parent / "weights" / "tokenizer.json"
SCREEN = ScreenGeometry(width=1000, height=1000)


def _plan(rng: random.Random, share: float = 0.0) -> tuple[str, list[Move], list[Move]]:
    clauses: list[Clause] = [acts.clause(rng, share) for _ in range(rng.randint(1, 4))]
    moves = [move for clause in clauses for move in clause.moves]
    return instructions.goal(rng, clauses).text, moves[: rng.randint(0, len(moves))], moves


def _line(move: Move) -> str:
    return f"{move.way} {move.click}" if move.click else move.do or "type"


@pytest.mark.parametrize("tokenizer", [v.tokenizer(), earlier_tokenizer()])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_prompt_ids_are_the_tokenizers(tokenizer: Tokenizer, share: float) -> None:
    """Of the tokenizer that ships, and of an earlier one that lacks later phrases."""
    for seed in range(60):
        goal, done, _ = _plan(random.Random(seed), share)
        lines = [f"Step {i}: {_line(move)}" for i, move in enumerate(done, start=1)]
        text = user_text(goal, lines) + "<|im_end|>\n<|im_start|>assistant\n"
        encoded = tokenizer.encode(text, add_special_tokens=False).ids
        assert encoded == instructions.prompt(goal, done), goal


def test_what_ships_has_the_ids_that_it_was_trained_with() -> None:
    assert Tokenizer.from_file(str(SHIPPED)).get_vocab() == v.tokenizer().get_vocab()


def test_later_phrases_moved_no_id() -> None:
    earlier = earlier_tokenizer().get_vocab()
    now = v.tokenizer().get_vocab()
    assert {text: now.get(text) for text in earlier} == earlier
    assert max(earlier.values()) + 1 == min(v.token(text) for text in v.LATER) == 2306


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_answers_decode_to_tool_calls_and_back(share: float) -> None:
    tokenizer = v.tokenizer()
    for seed in range(60):
        _, done, moves = _plan(random.Random(seed), share)
        ids = instructions.answer(moves[len(done)] if len(done) < len(moves) else Move())
        text = tokenizer.decode(ids, skip_special_tokens=False)
        assert tokenizer.encode(text, add_special_tokens=False).ids == ids


def _asked_for(line: str) -> Action:
    named = line.removeprefix("press ")
    if line.startswith("scroll"):
        return Scroll(dy=500 if line == "scroll up" else -500)
    if line == "wait":
        return Wait(seconds=2)
    return Press(keys=tuple("esc" if key == "escape" else key for key in named.split("+")))


@pytest.mark.parametrize("line", sorted(v.DEEDS))
def test_a_reply_without_a_place_is_what_its_line_says(line: str) -> None:
    made = parse(v.tokenizer().decode(instructions.answer(Move(do=line))), SCREEN)
    assert isinstance(made, Proposal)
    assert (made.action, made.line) == (_asked_for(line), line)


AT = Point(x=200, y=300)


@pytest.mark.parametrize(
    ("way", "action"),
    [
        ("click", Click(point=AT)),
        ("double-click", Click(point=AT, count=2)),
        ("right-click", Click(point=AT, button="right")),
        ("scroll down in", Scroll(point=AT, dy=-500)),
        ("scroll up in", Scroll(point=AT, dy=500)),
        ("move to", Pointer(point=AT)),
        ("drag to", Drag(end=AT)),
    ],
)
def test_a_reply_at_a_place_is_what_its_line_says(way: v.Way, action: Action) -> None:
    ids = [*instructions.answer(Move("Inbox", way=way)), v.token(v.CALLS[way])]
    made = parse(v.tokenizer().decode([*ids, v.FIRST_X + 200, v.FIRST_Y + 300]), SCREEN)
    assert isinstance(made, Proposal)
    assert (made.action, made.line) == (action, f"{way} Inbox")


@pytest.mark.parametrize("point", [(0, 0), (7, 993), (500, 500), (1000, 1000)])
def test_a_click_is_exactly_the_computer_use_format(point: tuple[int, int]) -> None:
    ids = [*v.encode([v.THINK_CLICK, "Save", v.CALL_CLICK])]
    ids += [v.FIRST_X + point[0], v.FIRST_Y + point[1]]
    line, opened, body, closed = v.tokenizer().decode(ids).split("\n")
    assert (line, opened, closed) == ("Action: click Save", "<tool_call>", "</tool_call>")
    assert json.loads(body) == {
        "name": "computer_use",
        "arguments": {"action": "left_click", "coordinate": list(point)},
    }


def test_fixed_spans_are_single_tokens() -> None:
    made = v.tokenizer()
    for phrase in (*v.PHRASES, *v.LATER, *v.CONTROL, v.x_text(1000), v.y_text(0)):
        assert len(made.encode(phrase, add_special_tokens=False).ids) == 1, phrase


def test_every_id_fits_the_embedding() -> None:
    assert v.tokenizer().get_vocab_size() == v.USED
    assert v.USED < v.SIZE == 2368, "the shipped weights have so many rows, and one is never said"


def test_any_text_survives() -> None:
    text = 'Größe 中文 😀 "quotes" \\ <|im_end|> \t'
    made = v.tokenizer()
    assert made.decode(made.encode(text).ids, skip_special_tokens=False) == text


def test_no_history_reads_none() -> None:
    assert action_lines([]) == []
    assert v.NONE in user_text("x", [])
