"""A run as OpenTelemetry spans: one for the run, one for each action that was put to the gate.

Names follow the semantic conventions for agents where there are such (``gen_ai.*``,
``server.address``, ``error.type``); the rest is ``handrail.*``. A span says what kind of action it
was, its effect, the decision and the outcome, and the host of the page: no typed text, no goal, no
title, label, path or reason, no screenshot, and no digest or hash, from which short texts could be
guessed. Ids come from the run's name: sending a run twice makes the same spans.

This file needs OpenTelemetry (extra ``otlp``): ``otlp.py`` imports it where spans are asked for.
"""

import hashlib

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Span, StatusCode, set_span_in_context

from handrail.sandbox.errors import UnreadableHost
from handrail.sandbox.explanation import POLICY_TOPIC
from handrail.sandbox.hosts import host_of
from handrail.sandbox.records import (
    Alert,
    Begin,
    Entry,
    Intent,
    Note,
    Observed,
    Refusal,
    Result,
    Sent,
)
from handrail.tasks.run_versions import versions

_ERRORS = frozenset({"failed", "in_doubt"})
_NANOSECONDS = 1_000_000_000
Attributes = dict[str, str | bool | int | float]


class _Ids(IdGenerator):
    """Ids that follow from the run's name and the record's number."""

    seed, number = "", 0

    def generate_span_id(self) -> int:
        """Return the id of the span that this record begins."""
        return _number(f"{self.seed}/{self.number}", 8)

    def generate_trace_id(self) -> int:
        """Return the run's."""
        return _number(self.seed, 16)


class RunSpans:
    """Makes spans of a journal's entries, in their order, and hands them to a processor."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._ids = _Ids()
        own = Resource({"service.name": "handrail", "service.version": versions()["handrail"]})
        self._provider = TracerProvider(
            resource=own.merge(OTELResourceDetector().detect()),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("handrail")
        self._root: Span | None = None
        self._begun: dict[int, Entry] = {}
        self._latest = 0

    def heard(self, entry: Entry) -> None:
        """Take an entry in."""
        record, self._latest = entry.record, max(self._latest, _time(entry))
        if isinstance(record, Begin):
            self._root = self._begin(entry)
        elif isinstance(record, Intent):
            self._begun[entry.seq] = entry
        elif isinstance(record, Refusal):
            self._acted(entry, record, record.outcome, _time(entry))
        elif isinstance(record, Result) and record.intent in self._begun:
            intent = self._begun.pop(record.intent)
            self._ended(intent, record.outcome, _time(entry))
        else:
            self._noted(entry)

    def close(self) -> None:
        """End the run's span; an action without an outcome is in doubt."""
        for intent in self._begun.values():
            self._ended(intent, "in_doubt", self._latest)
        self._begun.clear()
        if self._root is not None:
            self._root.end(self._latest)
            self._root = None

    def _begin(self, entry: Entry) -> Span:
        self._ids.seed = entry.run
        attributes: Attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "handrail",
            "handrail.run": entry.run,
        }
        return self._span("invoke_agent handrail", entry, attributes)

    def _span(self, name: str, entry: Entry, attributes: Attributes) -> Span:
        above = Context() if self._root is None else set_span_in_context(self._root, Context())
        self._ids.number = entry.seq
        return self._tracer.start_span(name, above, attributes=attributes, start_time=_time(entry))

    def _ended(self, intent: Entry, outcome: str, when: int) -> None:
        assert isinstance(intent.record, Intent)
        self._acted(intent, intent.record, outcome, when)

    def _acted(self, entry: Entry, record: Intent | Refusal, outcome: str, when: int) -> None:
        kind = record.action.kind
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": kind,
            "handrail.record": entry.seq,
            "handrail.effect": record.effect,
            "handrail.decision": record.decision if isinstance(record, Intent) else "refused",
            "handrail.outcome": outcome,
            "handrail.surface": record.place.kind,
            "handrail.surface.owned": record.place.owned,
            "handrail.redacted": record.redacted,
            **_server(record.place.url),
        }
        if outcome in _ERRORS:
            attributes["error.type"] = outcome
        span = self._span(f"execute_tool {kind}", entry, attributes)
        if outcome in _ERRORS:
            span.set_status(StatusCode.ERROR)
        span.end(max(when, _time(entry)))

    def _noted(self, entry: Entry) -> None:
        """Add to the run's span what is no action."""
        record, when = entry.record, _time(entry)
        if self._root is None:
            return
        if isinstance(record, Alert):
            told: Attributes = {"handrail.alert": record.rule, "handrail.record": record.record}
            self._root.add_event("alert", told, when)
        elif isinstance(record, Sent):
            told = {"http.request.method": record.method, "handrail.decision": record.decision}
            self._root.add_event("request", {**told, **_server(record.url)}, when)
        elif isinstance(record, Observed):
            told = {"handrail.record": record.intent, "handrail.outcome": record.outcome}
            self._root.add_event("observed", told, when)
        elif isinstance(record, Note) and record.topic == POLICY_TOPIC:
            self._root.set_attribute("handrail.policy", str(record.data.get("digest", "")))
        elif isinstance(record, Note) and record.topic == "end":
            self._root.set_attribute("handrail.outcome", str(record.data.get("outcome", "")))


def _time(entry: Entry) -> int:
    return int(entry.time * _NANOSECONDS)


def _server(url: str) -> Attributes:
    try:
        host = host_of(url)
    except UnreadableHost:
        return {}
    return {} if host is None else {"server.address": host.name, "server.port": host.port}


def _number(text: str, size: int) -> int:
    """Return a number of so many bytes that is not zero."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size], "big") | 1
