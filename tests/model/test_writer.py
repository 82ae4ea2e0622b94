"""Shortcuts save passes and rows, and never change a token."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from handrail.agent.tool import reply_grammar
from handrail.model.engine import Engine
from handrail.model.errors import PromptError
from handrail.model.generation import Generation, Reply
from handrail.model.grammar import Schema, ToolGrammar
from handrail.model.lookup import Lookup
from handrail.model.messages import Message, TextPart
from handrail.model.sampling import GenerateOptions, Shortcuts
from tests.model.test_grammar import COMPUTER

NONE = Shortcuts(forced=False, rows=False, lookup=False)
EACH = {
    "all": Shortcuts(),
    "forced": replace(NONE, forced=True),
    "rows": replace(NONE, rows=True),
    "lookup": replace(NONE, lookup=True),
}
FORMS: dict[str, ToolGrammar | Schema] = {
    "json": ToolGrammar({"computer_use": COMPUTER}, text=6),
    "xml": ToolGrammar({"computer_use": COMPUTER}, "xml", text=6),
    "json after a thought": ToolGrammar({"computer_use": COMPUTER}, text=4, thinking=8),
    "xml of two tools": ToolGrammar({"one": COMPUTER, "two": COMPUTER}, "xml", text=4),
    "optional": ToolGrammar({"computer_use": COMPUTER}, text=6, required=False),
    "the agent's own": replace(reply_grammar(), text=6),
    "a schema": {"type": "object", "required": ["name", "sizes"], "additionalProperties": False,
                 "properties": {"name": {"enum": ["first", "second"]},
                                "sizes": {"type": "array", "items": {"type": "integer",
                                          "minimum": 0, "maximum": 99}, "maxItems": 4}}},
}  # fmt: skip


@pytest.fixture(scope="module", params=["tied", "untied"])
def engine(request: pytest.FixtureRequest, checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint(request.param), dtype="float32")


def turn(number: int = 0) -> list[Message]:
    return [Message("user", [TextPart(f"Press the button named Save {number} times.")])]


def made(
    engine: Engine, shortcuts: Shortcuts, options: GenerateOptions,
    follow: ToolGrammar | Schema | None = None, number: int = 0,
) -> Generation:  # fmt: skip
    options = replace(options, shortcuts=shortcuts)
    return engine.generate(turn(number), options=options, follow=follow)


def same(ours: Generation, plain: Generation) -> None:
    assert ours.token_ids == plain.token_ids
    assert (ours.text, ours.finish) == (plain.text, plain.finish)


@pytest.mark.parametrize("form", FORMS)
def test_a_held_reply_is_the_same_with_fewer_passes(form: str, engine: Engine) -> None:
    options = GenerateOptions(max_new_tokens=150)
    for number in range(2):
        plain = made(engine, NONE, options, FORMS[form], number)
        assert len(plain.token_ids) - 1 <= plain.passes <= len(plain.token_ids)
        for name, shortcuts in EACH.items():
            ours = made(engine, shortcuts, options, FORMS[form], number)
            same(ours, plain)
            assert ours.passes <= plain.passes
            assert ours.rows <= plain.rows or name == "lookup"
            if form != "optional":  # such a reply may do without a call
                assert ours.passes < plain.passes or name in ("rows", "lookup")
                assert ours.rows < plain.rows or name == "lookup"


def test_most_of_a_call_is_forced(engine: Engine) -> None:
    """What is left to say of a click is which action it is, and where."""
    click = {"type": "object", "required": ["action", "at"], "additionalProperties": False,
             "properties": {"action": {"const": "left_click"},
                            "at": {"type": "integer", "minimum": 100, "maximum": 999}}}  # fmt: skip
    follow = ToolGrammar({"computer_use": click}, text=1)
    ours, plain = (made(engine, s, GenerateOptions(), follow) for s in (Shortcuts(), NONE))
    same(ours, plain)
    assert ours.finish == "stop"
    assert ours.passes * 3 <= plain.passes


@pytest.mark.parametrize("number", range(3))
def test_a_free_reply_is_the_same_with_guesses(number: int, engine: Engine) -> None:
    options = GenerateOptions(max_new_tokens=60)
    ours, plain = (made(engine, s, options, number=number) for s in (Shortcuts(), NONE))
    same(ours, plain)
    assert ours.passes <= plain.passes == len(plain.token_ids) - (plain.finish == "length")


def test_a_reply_that_repeats_what_was_said_needs_few_passes(engine: Engine) -> None:
    """What the model will say counts as said before, so that it can be looked up."""
    options = GenerateOptions(max_new_tokens=60)
    plain = made(engine, NONE, options)
    decode = engine.begin(turn())
    decode.prompt_ids = (*plain.token_ids, *decode.prompt_ids)
    ours = Reply(decode, engine.tokenizer, engine.stop_ids, options, None).whole()
    same(ours, plain)
    assert ours.passes * 2 < plain.passes


def test_what_is_read_ahead_is_taken_or_forgotten(engine: Engine) -> None:
    """Right and wrong guesses by turns, of four tokens each."""
    said = made(engine, NONE, GenerateOptions(max_new_tokens=40)).token_ids
    decode = engine.begin(turn())
    at = 0
    while at < len(said):
        right = list(said[at + 1 : at + 5])
        guess = right if decode.passes % 2 else [*right[:2], 5, 6]
        decode.extend([said[at]], guess)
        at += 1
        for token in guess:
            if at == len(said) or int(decode.logits.argmax()) != token:
                break
            assert token == said[at]
            decode.advance()
            at += 1
        decode.turn_back()
        assert decode.length == len(decode.prompt_ids) + at
    assert decode.passes < len(said) / 2


@pytest.mark.parametrize("limit", range(1, 40, 3))
def test_a_limit_cuts_at_the_same_token(limit: int, engine: Engine) -> None:
    options = GenerateOptions(max_new_tokens=limit)
    ours, plain = (made(engine, s, options, FORMS["json"]) for s in (Shortcuts(), NONE))
    same(ours, plain)
    assert len(ours.token_ids) == limit


@pytest.mark.parametrize(
    "options",
    [
        GenerateOptions(max_new_tokens=60, temperature=1.0, top_k=20, seed=3),
        GenerateOptions(max_new_tokens=60, temperature=2.0, top_p=0.9, seed=4),
        GenerateOptions(max_new_tokens=60, repetition_penalty=1.3, presence_penalty=0.7),
    ],
    ids=["top_k", "top_p", "penalties"],
)
@pytest.mark.parametrize("form", [None, "json", "xml"])
def test_draws_and_penalties_are_the_same(
    form: str | None, options: GenerateOptions, engine: Engine
) -> None:
    follow = None if form is None else FORMS[form]
    same(*(made(engine, s, options, follow) for s in (Shortcuts(), NONE)))


def test_log_probabilities_are_those_of_single_steps(engine: Engine) -> None:
    options = GenerateOptions(max_new_tokens=40, top_logprobs=2)
    scored = made(engine, Shortcuts(), options, FORMS["json"])
    same(scored, made(engine, NONE, replace(options, top_logprobs=None), FORMS["json"]))
    decode = engine.begin(turn())
    for token in scored.tokens:
        assert token.logprob == pytest.approx(float(decode.logits.log_softmax(-1)[token.id]))
        decode.step(token.id)


def test_no_guess_reaches_past_the_longest_text(engine: Engine) -> None:
    """A decode at its limit still takes what fits, and refuses what does not."""
    decode = engine.begin(turn())
    decode.extend([5] * (decode.room - 1))
    assert decode.room == 1
    with pytest.raises(PromptError, match="at most 4096"):
        decode.extend([5], [6])
    decode.step(5)
    with pytest.raises(PromptError, match="at most 4096"):
        decode.step(5)


def test_the_last_time_counts() -> None:
    lookup = Lookup([1, 2, 3, 4, 1, 2, 3, 5, 6, 1, 2])
    assert lookup.guess(4) == []
    lookup.add(3)
    assert lookup.guess(4) == [5, 6, 1, 2]
    assert lookup.guess(1) == [5]
    assert lookup.guess(0) == []
    lookup.add(9)
    assert lookup.guess(4) == []
