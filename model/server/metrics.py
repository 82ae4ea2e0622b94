"""What the server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = r = CollectorRegistry()
        labels = ["path", "status"]
        self.requests = Counter("handrail_requests", "Requests.", labels, registry=r)
        self.prompt_tokens = Counter("handrail_prompt_tokens", "Tokens read.", registry=r)
        self.reply_tokens = Counter("handrail_reply_tokens", "Tokens written.", registry=r)
        self.waiting = Gauge("handrail_waiting_requests", "Requests in line.", registry=r)
        self.seconds = Histogram(
            "handrail_reply_seconds", "Seconds per answer.", buckets=_SECONDS, registry=r
        )

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)
