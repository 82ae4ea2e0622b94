"""A collector of a test's own: takes OTLP over HTTP, decodes the protobuf, keeps the spans."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Value = str | bool | int | float


class Collector:
    """What arrived: ``bodies`` as they came, ``spans`` decoded, ``paths`` asked for."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.address = ""
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.spans: list[Span] = []
        self.resource: dict[str, Value] = {}
        self.arrived = threading.Event()

    def take(self, path: str, body: bytes) -> None:
        self.paths.append(path)
        self.bodies.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = values(group.resource.attributes)
            self.spans += [span for scope in group.scope_spans for span in scope.spans]
        self.arrived.set()

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


def values(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    """Return attributes by name."""
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in pairs}


@contextmanager
def collecting(status: int = 200) -> Iterator[Collector]:
    """Run a collector on loopback that answers with this status."""
    collector = Collector(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(self.path, body)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    collector.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
