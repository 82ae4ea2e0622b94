"""Where a run's spans go: the option ``--otlp`` or OpenTelemetry's own settings say it."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from handrail.sandbox.journal import Journal, read_journal
from handrail.sandbox.records import Entry
from handrail.tasks.bystanders import unfailing
from handrail.tasks.errors import PackagesMissing, SpansLost, UsageError

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_PATH = "/v1/traces"
_LAST_SECONDS = 6.0
_LOG = logging.getLogger("handrail.otlp")
_MISSING = "sending spans needs OpenTelemetry: pip install 'handrail[otlp]'"


def collector(url: str) -> str:
    """Return the full address that traces are sent to. Raises UsageError.

    A collector's own address, without a path, gets OTLP's ``/v1/traces``.
    """
    try:
        parts = urlsplit(url)
        ready = parts.scheme in {"http", "https"} and bool(parts.hostname)
        ready &= parts.port is None or parts.port > 0
    except ValueError:
        ready = False
    if not ready or not url.isprintable() or " " in url:
        raise UsageError(f"{url!a} is no collector; such as http://localhost:4318")
    if parts.username is not None or parts.password is not None:
        raise UsageError("a collector's address holds no password: set OTEL_EXPORTER_OTLP_HEADERS")
    if parts.query or parts.fragment:
        raise UsageError(f"{url!a}: a collector's address ends with its path")
    return url if parts.path.strip("/") else url.rstrip("/") + _PATH


def collector_setting(environ: Mapping[str, str]) -> str | None:
    """Return the address that OpenTelemetry's settings name, or None.

    One that is no address is told and left out: spans never keep a run from its work.
    """
    whole, base = environ.get(TRACES_ENDPOINT, ""), environ.get(ENDPOINT, "")
    if not (whole or base) or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        return collector(whole or base.rstrip("/") + _PATH)
    except UsageError as error:
        _LOG.warning("no spans are sent: %s", error)
        return None


@contextmanager
def sending(journal: Journal, endpoint: str | None) -> Iterator[None]:
    """Send a run's spans while it goes on; what cannot be sent is a warning."""
    if endpoint is None:
        yield
        return
    try:
        from handrail.tasks.span_export import LiveSpans
    except ImportError:
        _LOG.warning("no spans are sent: %s", _MISSING)
        yield
        return
    spans = LiveSpans(endpoint)
    for entry in read_journal(journal.path).entries:
        spans.heard(entry)
    journal.follow(unfailing(spans.heard))
    try:
        yield
    finally:
        if lost := spans.close(_LAST_SECONDS):
            _LOG.warning("%d spans did not reach %s", lost, endpoint)


def send_journal(entries: Iterable[Entry], endpoint: str) -> int:
    """Send a journal's spans and return their number. Raises PackagesMissing, SpansLost."""
    try:
        from handrail.tasks.span_export import send
    except ImportError as error:
        raise PackagesMissing(_MISSING) from error
    made, lost = send(entries, endpoint)
    if lost:
        raise SpansLost(f"{lost} of {made} spans did not reach {endpoint}")
    return made
