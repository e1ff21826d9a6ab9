"""Traces: one id from the gateway through every service to the engine (W3C Trace Context).

Every request has a trace id, in logs and in what it makes other services do. Spans are made and
sent, by OpenTelemetry over OTLP/HTTP, only where `AI4V_OTLP_URL` names a collector, and then for
the share of requests that `AI4V_TRACE_RATIO` says; what cannot be sent is dropped, within a bound,
and never waited for. Spans carry names, times and codes: no content, no secret.
"""

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import trace as otel
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

if TYPE_CHECKING:  # a process that sends no spans does not pay for the SDK's memory
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

TRACE_HEADER: Final = "traceparent"
_FORM: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NAME: Final = "ai4v"
_QUEUE: Final = 2_048
_EXPORT_TIMEOUT_S: Final = 5.0
_providers: Final[list[otel.TracerProvider]] = []
"""The one of this process, while its spans are sent."""
_header: ContextVar[str | None] = ContextVar("traceparent", default=None)


@dataclass(slots=True, unsafe_hash=True)
class TraceContext:
    """Where in which trace a request is."""

    trace_id: int
    """128 bits."""
    span_id: int
    """64 bits."""
    is_sampled: bool

    @property
    def trace_hex(self) -> str:
        """The trace's id as logs and exemplars have it."""
        return f"{self.trace_id:032x}"

    @property
    def header(self) -> str:
        """The value of `traceparent` for what is asked in turn."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.is_sampled):02x}"


def make_context() -> TraceContext:
    """Return a new trace whose spans nobody keeps."""
    trace_id = random.getrandbits(128) or 1
    return TraceContext(trace_id, random.getrandbits(64) or 1, is_sampled=False)


def parse_context(header: str | None) -> TraceContext | None:
    """Read `traceparent`; what is absent, malformed or all zeros is None."""
    match = _FORM.fullmatch(header or "")
    if match is None:
        return None
    trace_id, span_id = int(match[1], 16), int(match[2], 16)
    if trace_id == 0 or span_id == 0:
        return None
    return TraceContext(trace_id, span_id, is_sampled=bool(int(match[3], 16) & 1))


def make_provider(service: str, exporter: "SpanExporter", *, ratio: float) -> "TracerProvider":
    """Return what makes spans and hands them to `exporter`, in batches, beside everything else.

    Args:
        service: the name in services.toml.
        exporter: where the spans go; what it cannot take in time is dropped.
        ratio: the share of new traces that is kept, 0 to 1; those begun elsewhere are followed.
    """
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    from ai4v.kit.spansampler import DiscreetSampler

    provider = TracerProvider(
        sampler=DiscreetSampler(ParentBased(TraceIdRatioBased(ratio))),
        resource=Resource.create({"service.name": f"ai4v-{service}"}),
        shutdown_on_exit=False,
    )
    timeout_ms = _EXPORT_TIMEOUT_S * 1000
    provider.add_span_processor(
        BatchSpanProcessor(exporter, max_queue_size=_QUEUE, export_timeout_millis=timeout_ms)
    )
    return provider


@contextmanager
def tracing(service: str, otlp_url: str, ratio: float) -> Iterator[None]:
    """Make and send the spans of this process while the block runs; once in a process.

    FastAPI then makes a span of every request by itself.

    Args:
        service: the name in services.toml.
        otlp_url: where a collector takes traces, `http://host:4318/v1/traces`; empty: nowhere, and
            no span is made.
        ratio: the share of new traces that is kept.
    """
    if not otlp_url:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(otlp_url, timeout=_EXPORT_TIMEOUT_S)
    provider = make_provider(service, exporter, ratio=ratio)
    otel.set_tracer_provider(provider)
    _providers.append(provider)
    try:
        yield
    finally:
        _providers.clear()
        provider.force_flush(int(_EXPORT_TIMEOUT_S * 1000))
        provider.shutdown()


@contextmanager
def span(name: str, attributes: Mapping[str, str | int | float] | None = None) -> Iterator[None]:
    """Be inside a part of the current request, such as a call of an engine."""
    if not otel.get_current_span().is_recording():
        yield
        return
    tracer = otel.get_tracer(_NAME)
    with tracer.start_as_current_span(name, attributes=attributes, record_exception=False):
        yield


@contextmanager
def carried(header: str | None) -> Iterator[str]:
    """Carry the caller's trace, or a new one, through the block; yield its id.

    Inside a span of its own, as FastAPI makes it, a request has that span's trace.
    """
    context = _current_context() or parse_context(header) or make_context()
    token = _header.set(context.header)
    try:
        yield context.trace_hex
    finally:
        _header.reset(token)


def current_header() -> str | None:
    """Return `traceparent` for what the current request asks others; None outside a request."""
    context = _current_context()
    return context.header if context else _header.get()


def kept_trace() -> str | None:
    """Return the id of the current request's trace if its spans are sent somewhere."""
    found = otel.get_current_span()
    return _of_otel(found.get_span_context()).trace_hex if found.is_recording() else None


class EdgeTracer:
    """Traces for a path that must be quick: the ids always, a span only where it is kept."""

    def __init__(self, provider: otel.TracerProvider | None = None) -> None:
        """Take the spans' maker.

        Args:
            provider: None: the one of this process, if spans are sent at all.
        """
        chosen = provider or next(iter(_providers), None)
        self._tracer = chosen.get_tracer(_NAME) if chosen else None

    def begin(self, header: str | None, name: str) -> "EdgeTrace":
        """Begin a request.

        Args:
            header: the client's `traceparent`, if it sent one.
            name: of the span: method and route, never the path itself.
        """
        parent = None if header is None else parse_context(header)
        if self._tracer is None:
            known = make_context()
            if parent is not None:
                known = TraceContext(parent.trace_id, known.span_id, is_sampled=False)
            return EdgeTrace(known, None)
        around = otel.set_span_in_context(NonRecordingSpan(_to_otel(parent))) if parent else None
        begun = self._tracer.start_span(name, around, kind=SpanKind.SERVER)
        return EdgeTrace(_of_otel(begun.get_span_context()), begun)


@dataclass(slots=True)
class EdgeTrace:
    """One request's place in its trace; end it."""

    context: TraceContext
    _span: Span | None

    def end(self, *, status: int, request_id: str) -> None:
        """End the request with what it was answered."""
        if self._span is None:
            return
        if self._span.is_recording():
            self._span.set_attribute("http.response.status_code", status)
            self._span.set_attribute("ai4v.request_id", request_id)
            if status >= 500:
                self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _current_context() -> TraceContext | None:
    found = otel.get_current_span().get_span_context()
    return _of_otel(found) if found.is_valid else None


def _to_otel(context: TraceContext) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(context.trace_id, context.span_id, is_remote=True, trace_flags=flags)


def _of_otel(found: SpanContext) -> TraceContext:
    return TraceContext(found.trace_id, found.span_id, is_sampled=found.trace_flags.sampled)
