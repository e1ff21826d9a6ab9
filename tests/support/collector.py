"""A collector of traces: takes OTLP over HTTP as the real ones do, and keeps what came."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_PATH: Final = "/v1/traces"
_KIND: Final = "application/x-protobuf"


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """One span."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str


@dataclass
class Collector:
    """What came."""

    url: str
    spans: list[SeenSpan] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    """Every request's body, unpacked: what a search for secrets looks through."""


@contextmanager
def run_collector() -> Iterator[Collector]:
    """Listen on a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            is_right = self.path == _PATH and self.headers["content-type"] == _KIND
            if is_right:
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                _take(collector, body)
            self.send_response(200 if is_right else 400)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}{_PATH}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _take(collector: Collector, body: bytes) -> None:
    collector.raw.append(body)
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {item.key: item.value.string_value for item in resource.resource.attributes}
        collector.spans.extend(
            SeenSpan(
                names["service.name"],
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
            )
            for scope in resource.scope_spans
            for span in scope.spans
        )
