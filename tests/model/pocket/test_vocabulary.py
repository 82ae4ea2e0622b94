"""The tokenizer that ships, the ids that training uses, and the text that they stand for, agree."""

import json
import random

import pytest

from handrail.agent.prompt import action_lines, user_text
from handrail.model.pocket import instructions
from handrail.model.pocket import vocabulary as v
from handrail.model.pocket.instructions import Clause, Move


def _plan(rng: random.Random) -> tuple[str, list[Move], list[Move]]:
    clauses: list[Clause] = [instructions.random_clause(rng) for _ in range(rng.randint(1, 4))]
    moves = [move for clause in clauses for move in clause.moves]
    return instructions.goal(rng, clauses).text, moves[: rng.randint(0, len(moves))], moves


@pytest.mark.parametrize("seed", range(60))
def test_prompt_ids_are_the_tokenizers(seed: int) -> None:
    rng = random.Random(seed)
    goal, done, _ = _plan(rng)
    lines = [
        f"Step {i}: " + (f"click {move.click}" if move.click else "type")
        for i, move in enumerate(done, start=1)
    ]
    text = user_text(goal, lines) + "<|im_end|>\n<|im_start|>assistant\n"
    encoded = v.tokenizer().encode(text, add_special_tokens=False).ids
    assert encoded == instructions.prompt(goal, done)


@pytest.mark.parametrize("seed", range(60))
def test_answers_decode_to_tool_calls_and_back(seed: int) -> None:
    rng = random.Random(seed)
    _, done, moves = _plan(rng)
    ids = instructions.answer(moves[len(done)] if len(done) < len(moves) else Move())
    text = v.tokenizer().decode(ids, skip_special_tokens=False)
    assert v.tokenizer().encode(text, add_special_tokens=False).ids == ids


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
    for phrase in (*v.PHRASES, *v.CONTROL, v.x_text(1000), v.y_text(0)):
        assert len(made.encode(phrase, add_special_tokens=False).ids) == 1, phrase


def test_every_id_fits_the_embedding() -> None:
    assert v.tokenizer().get_vocab_size() == v.FIRST_Y + v.RANGE <= v.SIZE


def test_any_text_survives() -> None:
    text = 'Größe 中文 😀 "quotes" \\ <|im_end|> \t'
    made = v.tokenizer()
    assert made.decode(made.encode(text).ids, skip_special_tokens=False) == text


def test_no_history_reads_none() -> None:
    assert action_lines([]) == []
    assert v.NONE in user_text("x", [])
