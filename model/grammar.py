"""What a reply may be: JSON of a schema, or a text and exactly one tool call.

llguidance says which tokens may come next, so that nothing malformed can be written; only the
token limit can still cut a reply off. Tool calls come in Qwen3-VL's form (JSON between
<tool_call> tags) and in the form with XML parameters that Qwen3.5 uses.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from llguidance import LLMatcher, LLTokenizer
from torch import Tensor

from handrail.model.errors import GrammarError
from handrail.model.tokenizer import Tokenizer

Schema = Mapping[str, object]
Dialect = Literal["json", "xml"]
_TEXT = "/[^<]*/"
_TYPABLE = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""JSON may spell control characters; where texts stand as they are, there are none."""
_SPACED: Schema = {
    "x-guidance": {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
}
"""JSON as models write it: free spacing would let one write blanks for ever."""


@dataclass(frozen=True)
class ToolGrammar:
    """A reply with one tool call, or with at most one where it is not `required`.

    `tools`: each function's name and the JSON schema of its arguments (for XML: objects, or anyOf
    of objects). `text`: how many tokens may be said before the call. `thinking`: for models whose
    turn begins with a thought, how many tokens it may have; None for others.
    """

    tools: Mapping[str, Schema]
    dialect: Dialect = "json"
    text: int = 200
    thinking: int | None = None
    required: bool = True


class GrammarCompiler:
    """Compiles grammars for one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, stop_ids: frozenset[int], vocabulary: int) -> None:
        self._added = tokenizer.added
        self._vocabulary = vocabulary
        size = max(vocabulary, tokenizer.size)
        # llguidance wants one end at least; a model without one ends at its limit
        ends = sorted(stop_ids) or [size - 1]
        self._tokens = LLTokenizer(tokenizer.to_json(), n_vocab=size, eos_token=ends)

    def json(self, schema: Schema) -> "Constraint":
        """Return the constraint of one JSON value. Raises GrammarError."""
        return self._compile(f"start: %json {json.dumps({**schema, **_SPACED})}")

    def tool_call(self, grammar: ToolGrammar) -> "Constraint":
        """Return the constraint of a reply with one tool call. Raises GrammarError."""
        if not grammar.tools:
            raise GrammarError("a grammar of tool calls needs at least one tool")
        texts = _Texts()
        calls = [self._call(grammar.dialect, texts, *tool) for tool in grammar.tools.items()]
        opening, closing = self._literal("<tool_call>"), self._literal("</tool_call>")
        often = "" if grammar.required else "?"
        lines = [
            f'start: thought said ({opening} "\\n" call "\\n" {closing}){often}',
            f"said[max_tokens={grammar.text}]: {_TEXT}",
            f"call: {' | '.join(calls)}",
        ]
        if grammar.thinking is None:
            lines.append('thought: ""')
        else:
            end = self._literal("</think>")
            lines.append(f'thought: inner {end} "\\n\\n"')
            lines.append(f"inner[max_tokens={grammar.thinking}]: {_TEXT}")
        return self._compile("\n".join([*lines, *texts.rules()]))

    def _literal(self, text: str) -> str:
        """Return a text as the grammar spells it: an added token has a notation of its own."""
        return text if text in self._added else json.dumps(text)

    def _call(self, dialect: Dialect, texts: "_Texts", name: str, schema: Schema) -> str:
        if dialect == "xml":
            variants = [_parameters(option, texts) for option in _options(schema)]
            body = " | ".join(f"({' '.join(variant)})" for variant in variants)
            return f'"<function={name}>\\n" ({body}) "</function>"'
        whole = {
            "type": "object",
            "properties": {"name": {"const": name}, "arguments": schema},
            "required": ["name", "arguments"],
            "additionalProperties": False,
            **_SPACED,
        }
        return f"%json {json.dumps(whole)}"

    def _compile(self, lark: str) -> "Constraint":
        matcher = LLMatcher(self._tokens, LLMatcher.grammar_from_lark(lark), log_level=0)
        if matcher.is_error():
            reason = matcher.get_error().splitlines()[0]
            raise GrammarError(f"the schema cannot be followed: {reason}")
        return Constraint(matcher, self._vocabulary)


class Constraint:
    """Follows one reply."""

    def __init__(self, matcher: LLMatcher, vocabulary: int) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary

    @property
    def complete(self) -> bool:
        """Return whether the reply may end here."""
        return self._matcher.is_accepting()

    def may(self) -> Tensor:
        """Return which tokens may come next, as booleans (vocab,). Raises GrammarError."""
        bias = bytearray(self._matcher.compute_logit_bias())
        may = torch.frombuffer(bias, dtype=torch.uint8)[: self._vocabulary] > 0
        if not bool(may.any()):
            raise GrammarError(f"no token may follow: {self._matcher.get_error() or 'it is over'}")
        return may

    def allowed(self, logits: Tensor) -> Tensor:
        """Return logits (vocab,) with every token that may not come next at minus infinity."""
        return logits.masked_fill(~self.may().to(logits.device), float("-inf"))

    def forced(self) -> list[int]:
        """Return the tokens that must come next, one after the other; none where there is a choice.

        They are spelt as the tokenizer spells that text, as `may` has them too.
        """
        return list(self._matcher.compute_ff_tokens())

    def possible(self, tokens: Sequence[int]) -> int:
        """Return how many of these tokens may come next, one after the other."""
        return int(self._matcher.validate_tokens(list(tokens)))

    def accept(self, token: int) -> None:
        """Go on after a token. Raises GrammarError for one that was not allowed."""
        if not self._matcher.consume_token(token):
            raise GrammarError(f"token {token} does not follow: {self._matcher.get_error()}")


def _options(schema: Schema) -> Sequence[Schema]:
    options = schema.get("anyOf", [schema])
    if not isinstance(options, list) or not all(isinstance(o, Mapping) for o in options):
        raise GrammarError("anyOf must be a list of schemas")
    return options


class _Texts:
    """The rules of texts that stand as they are: each ends at the first end of its parameter."""

    def __init__(self) -> None:
        self._longest: dict[str, str] = {}

    def name(self, longest: object) -> str:
        """Return the name of the rule for texts of at most so many characters."""
        name = f"text{longest}" if isinstance(longest, int) else "text"
        self._longest[name] = f"{{0,{longest}}}" if isinstance(longest, int) else "*"
        return name

    def rules(self) -> list[str]:
        """Return the rules that were named."""
        end = r"\n<\/parameter>\n"
        return [f"{name}[lazy]: /{_TYPABLE}{how}{end}/" for name, how in self._longest.items()]


def _parameters(schema: Schema, texts: _Texts) -> list[str]:
    """Return the parameters of one object in its schema's order; optional ones may be left out."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        raise GrammarError("an object's schema needs properties and required")
    made = []
    for name, inner in properties.items():
        part = f'"<parameter={name}>\\n" {_value(inner, texts)}'
        made.append(f"({part})" if name in required else f"({part})?")
    return made


def _value(schema: object, texts: _Texts) -> str:
    """Return a parameter's value and its end: texts stand as they are, everything else as JSON."""
    if not isinstance(schema, Mapping):
        raise GrammarError("a property must have a schema")
    end = r'"\n</parameter>\n"'
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(choices, list) and all(isinstance(c, str) for c in choices):
        return "(" + " | ".join(json.dumps(choice) for choice in choices) + f") {end}"
    if schema.get("type") != "string":
        return f"%json {json.dumps({**schema, **_SPACED})} {end}"
    return texts.name(schema.get("maxLength"))
