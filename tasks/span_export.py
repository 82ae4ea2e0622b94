"""Send spans to a collector by OTLP over HTTP, while a run goes on or afterwards.

This file needs OpenTelemetry (extra ``otlp``): ``otlp.py`` imports it where spans are asked for.
"""

import logging
import threading
from collections.abc import Iterable, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from handrail.sandbox.records import Entry
from handrail.tasks.spans import RunSpans

_REQUEST_SECONDS = 5.0
_BETWEEN_MILLISECONDS = 1_000
_BATCH = 500
_QUIET = logging.NullHandler()


class _Counting(SpanExporter):
    """Sends, and counts what did not arrive."""

    def __init__(self, endpoint: str) -> None:
        # Whoever sends tells once what was lost; the exporter would at every try.
        logging.getLogger("opentelemetry").addHandler(_QUIET)
        self._exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_REQUEST_SECONDS)
        self.taken = self.lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        self.taken += len(spans)
        self.lost += len(spans)
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.lost -= len(spans)
        return result

    def shutdown(self) -> None:
        """Give up what is under way."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class LiveSpans:
    """Sends the spans of a run in the background; nothing here waits for the collector."""

    def __init__(self, endpoint: str) -> None:
        self._exporter = _Counting(endpoint)
        self._processor = BatchSpanProcessor(
            self._exporter, schedule_delay_millis=_BETWEEN_MILLISECONDS
        )
        self._spans = RunSpans(self._processor)

    def heard(self, entry: Entry) -> None:
        """Take a journal's entry in."""
        self._spans.heard(entry)

    def close(self, seconds: float) -> int:
        """Send what is left, for so many seconds at most; return how many spans were lost."""
        self._spans.close()
        ending = threading.Thread(target=self._processor.shutdown, daemon=True)
        ending.start()
        ending.join(seconds)
        return self._exporter.lost


def send(entries: Iterable[Entry], endpoint: str) -> tuple[int, int]:
    """Send a whole journal's spans; return how many were made, and how many were lost."""
    memory = InMemorySpanExporter()
    spans = RunSpans(SimpleSpanProcessor(memory))
    for entry in entries:
        spans.heard(entry)
    spans.close()
    exporter, made = _Counting(endpoint), memory.get_finished_spans()
    for start in range(0, len(made), _BATCH):
        if exporter.export(made[start : start + _BATCH]) is not SpanExportResult.SUCCESS:
            break
    exporter.shutdown()
    return len(made), len(made) - exporter.taken + exporter.lost
