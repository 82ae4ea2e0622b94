"""A reply in OpenAI's shape: whole, or chunk by chunk."""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from handrail.model import xml_call
from handrail.model.batch_run import Ended, Event, Started
from handrail.model.generation import Token
from handrail.model.xml_call import IsText, texts_of

_NO_TEXTS = texts_of({})
OPEN, CLOSE = "<tool_call>", "</tool_call>"
Body = dict[str, Any]


@dataclass
class TextReader:
    """Splits a reply's text: what may be shown now, what is a tool call, where a stop text ends it.

    Text is held back while it could still be the beginning of a tool call or of a stop text.
    """

    stops: Sequence[str] = ()
    tools: bool = False
    is_text: IsText = _NO_TEXTS
    stopped: bool = False
    call: str = ""
    _held: str = ""
    _in_call: bool = False

    def feed(self, text: str) -> str:
        """Take in text and return what may be shown."""
        if self.stopped:
            return ""
        if self._in_call:
            self.call += text
            return ""
        self._held += text
        marks = [*self.stops, *([OPEN] if self.tools else [])]
        found = [(at, mark) for mark in marks if (at := self._held.find(mark)) >= 0]
        if not found:
            return self._release(len(self._held) - _overlap(self._held, marks))
        at, mark = min(found)
        shown = self._release(at)
        if mark in self.stops:
            self.stopped = True
        else:
            self._in_call, self.call, self._held = True, self._held[len(mark) :], ""
            return shown.rstrip("\n")
        return shown

    def finish(self) -> str:
        """Return what was held back and is text after all."""
        return "" if self.stopped or self._in_call else self._release(len(self._held))

    def tool_calls(self) -> list[Body]:
        """Return the call of the reply in OpenAI's shape, none where it is no whole call."""
        if not self._in_call:
            return []
        try:
            body = self.call.partition(CLOSE)[0]
            xml = body.lstrip().startswith(xml_call.OPENING)
            called = xml_call.read(body, self.is_text) if xml else json.loads(body)
            function = {"name": called["name"], "arguments": json.dumps(called["arguments"])}
        except (ValueError, KeyError, TypeError):
            return []  # cut off at the token limit
        return [{"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}]

    def _release(self, end: int) -> str:
        shown, self._held = self._held[:end], self._held[end:]
        return shown


def _overlap(text: str, marks: Sequence[str]) -> int:
    """Return how many characters at a text's end may be the beginning of a mark."""
    sizes = (n for mark in marks for n in range(1, len(mark)) if text.endswith(mark[:n]))
    return max(sizes, default=0)


@dataclass
class Answer:
    """Collects a reply's events, and writes them as one body or as chunks."""

    model: str
    reader: TextReader
    usage_at_the_end: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    prompt_tokens: int = 0
    reply_tokens: int = 0
    finish: str = "stop"
    _text: str = ""
    _scores: list[Body] = field(default_factory=list)

    def take(self, event: Event) -> str:
        """Take in an event and return the text that may be shown."""
        shown = ""
        if isinstance(event, Started):
            self.prompt_tokens = event.prompt_tokens
        elif isinstance(event, Token):
            self.reply_tokens += 1
            shown = self.reader.feed(event.text)
            if event.logprob is not None:
                self._scores.append(_score(event))
        elif isinstance(event, Ended):
            shown = self.reader.feed(event.rest) + self.reader.finish()
            self.finish = "stop" if self.reader.stopped else event.finish
        self._text += shown
        return shown

    @property
    def over(self) -> bool:
        """Return whether a stop text ended the reply before the model did."""
        return self.reader.stopped

    def body(self) -> Body:
        """Return the whole answer."""
        calls = self.reader.tool_calls()
        message: Body = {"role": "assistant", "content": self._text or None}
        if calls:
            message["tool_calls"] = calls
        elif not self._text:
            message["content"] = ""
        choice: Body = {"index": 0, "message": message, "finish_reason": self._reason(bool(calls))}
        choice["logprobs"] = {"content": self._scores} if self._scores else None
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.usage()}

    def opening(self) -> Body:
        """Return the first chunk, which names the role."""
        return self._chunk({"role": "assistant", "content": ""}, None)

    def chunk(self, text: str) -> Body:
        """Return a chunk of text."""
        return self._chunk({"content": text}, None)

    def closing(self) -> Iterator[Body]:
        """Yield the last chunks: the tool call, the reason, and the usage where it is asked for."""
        calls = self.reader.tool_calls()
        if calls:
            yield self._chunk({"tool_calls": [{"index": 0, **calls[0]}]}, None)
        yield self._chunk({}, self._reason(bool(calls)))
        if self.usage_at_the_end:
            head = self._head("chat.completion.chunk")
            yield {**head, "choices": [], "usage": self.usage()}

    def usage(self) -> Body:
        """Return the counts of tokens; those of pictures are among the prompt's."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.reply_tokens,
            "total_tokens": self.prompt_tokens + self.reply_tokens,
        }

    def _reason(self, called: bool) -> str:
        return "tool_calls" if called and self.finish == "stop" else self.finish

    def _head(self, kind: str) -> Body:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _chunk(self, delta: Body, reason: str | None) -> Body:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}


def _score(token: Token) -> Body:
    """Return a token's log-probability; alternatives are told by their numbers."""
    top = [{"token": str(i), "logprob": p, "bytes": None} for i, p in token.top]
    raw = [*token.text.encode()]
    return {"token": token.text, "logprob": token.logprob, "bytes": raw, "top_logprobs": top}
