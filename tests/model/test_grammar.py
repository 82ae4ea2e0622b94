"""Whatever a model prefers, a constrained reply is what its grammar says."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from handrail.model.engine import Engine
from handrail.model.errors import GrammarError
from handrail.model.grammar import Constraint, GrammarCompiler, ToolGrammar

POINT = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1000},
         "minItems": 2, "maxItems": 2}  # fmt: skip
TEXT = {"type": "string", "maxLength": 12}


def action(name: str, **fields: Any) -> dict[str, Any]:
    properties = {"action": {"type": "string", "const": name}, **fields}
    return {"type": "object", "properties": properties, "required": ["action", *fields],
            "additionalProperties": False}  # fmt: skip


SECONDS = {"type": "integer", "minimum": 0, "maximum": 9}
COMPUTER = {"anyOf": [action("left_click", coordinate=POINT), action("type", text=TEXT),
                      action("wait", time=SECONDS)]}  # fmt: skip


@pytest.fixture(scope="module")
def engine(checkpoint: Callable[[str], Path]) -> Engine:
    return Engine.load(checkpoint("tied"), dtype="float32")


@pytest.fixture(scope="module")
def compiler(engine: Engine) -> GrammarCompiler:
    return GrammarCompiler(engine.tokenizer, engine.stop_ids, engine.config.text.vocab_size)


def written(constraint: Constraint, engine: Engine, seed: int, longest: int = 400) -> str:
    """Write with logits that know nothing, as the most stubborn model would."""
    generator = torch.Generator().manual_seed(seed)
    ids: list[int] = []
    for _ in range(longest):
        noise = torch.randn(engine.config.text.vocab_size, generator=generator)
        token = int(constraint.allowed(noise).argmax())
        if token in engine.stop_ids:
            assert constraint.complete
            return engine.tokenizer.decode(ids)
        constraint.accept(token)
        ids.append(token)
    raise AssertionError("the reply never ended")


@pytest.mark.parametrize("seed", range(12))
def test_any_reply_holds_one_well_formed_call(
    seed: int, engine: Engine, compiler: GrammarCompiler
) -> None:
    grammar = ToolGrammar({"computer_use": COMPUTER}, text=20)
    reply = written(compiler.tool_call(grammar), engine, seed)
    found = re.fullmatch(r"([^<]*)<tool_call>\n(.*)\n</tool_call>", reply, re.DOTALL)
    assert found, reply
    call = json.loads(found[2])
    assert call["name"] == "computer_use"
    arguments = call["arguments"]
    assert set(arguments) in ({"action", "coordinate"}, {"action", "text"}, {"action", "time"})
    if arguments["action"] == "left_click":
        assert all(0 <= n <= 1000 for n in arguments["coordinate"])
        assert len(arguments["coordinate"]) == 2


def test_all_actions_can_be_chosen(engine: Engine, compiler: GrammarCompiler) -> None:
    grammar = ToolGrammar({"computer_use": COMPUTER}, text=3)
    replies = [written(compiler.tool_call(grammar), engine, seed) for seed in range(30)]
    actions = {m[1] for r in replies if (m := re.search(r'"action":\s*"(\w+)"', r))}
    assert actions == {"left_click", "type", "wait"}


@pytest.mark.parametrize("seed", range(8))
def test_the_xml_form_names_functions_and_parameters(
    seed: int, engine: Engine, compiler: GrammarCompiler
) -> None:
    grammar = ToolGrammar({"computer_use": COMPUTER}, dialect="xml", text=5)
    constraint = compiler.tool_call(grammar)
    reply = written(constraint, engine, seed, 4000)
    body = r"<tool_call>\n<function=computer_use>\n(.*)</function>\n</tool_call>"
    found = re.fullmatch(r"[^<]*" + body, reply, re.DOTALL)
    assert found, reply
    fields = re.findall(r"<parameter=(\w+)>\n(.*?)\n</parameter>\n", found[1], re.DOTALL)
    assert fields[0][0] == "action"
    assert [fields[0][1], fields[1][0]] in (
        ["left_click", "coordinate"], ["type", "text"], ["wait", "time"],
    )  # fmt: skip


def test_text_and_thoughts_keep_to_their_budget(engine: Engine, compiler: GrammarCompiler) -> None:
    grammar = ToolGrammar({"computer_use": COMPUTER}, text=7, thinking=15)
    lengths = []
    for seed in range(10):
        reply = written(compiler.tool_call(grammar), engine, seed)
        thought, _, rest = reply.partition("</think>\n\n")
        assert rest.endswith("\n</tool_call>")
        lengths.append(len(engine.tokenizer.encode(thought)))
        assert len(engine.tokenizer.encode(rest.partition("<tool_call>")[0])) <= 7 * 4
    assert max(lengths) > 5


@pytest.mark.parametrize("seed", range(5))
def test_json_follows_its_schema(seed: int, engine: Engine, compiler: GrammarCompiler) -> None:
    schema = {"type": "object", "required": ["ok", "names"], "additionalProperties": False,
              "properties": {"ok": {"type": "boolean"},
                             "names": {"type": "array", "items": TEXT, "maxItems": 3}}}  # fmt: skip
    value = json.loads(written(compiler.json(schema), engine, seed, 2000))
    assert isinstance(value["ok"], bool)
    assert all(len(name) <= 12 for name in value["names"])


def test_what_cannot_be_followed_is_named(compiler: GrammarCompiler) -> None:
    with pytest.raises(GrammarError, match="at least one tool"):
        compiler.tool_call(ToolGrammar({}))
    with pytest.raises(GrammarError, match="cannot be followed"):
        compiler.json({"type": "object", "properties": {"a": {"type": "strange"}}})
    with pytest.raises(GrammarError, match="properties and required"):
        compiler.tool_call(ToolGrammar({"f": {"properties": 5}}, dialect="xml"))


def test_a_token_that_does_not_follow_is_refused(engine: Engine, compiler: GrammarCompiler) -> None:
    constraint = compiler.json({"type": "boolean"})
    wrong = random.Random(1).choice([t for t in range(300) if engine.tokenizer.decode([t]) == "x"])
    with pytest.raises(GrammarError, match=f"token {wrong} does not follow"):
        constraint.accept(wrong)
