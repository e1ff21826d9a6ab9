"""Traces: ids always, spans where somebody keeps them."""

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai4v.kit.trace import (
    EdgeTracer,
    carried,
    current_header,
    make_context,
    make_provider,
    parse_context,
    span,
)

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_context_is_read_and_spelled_alike() -> None:
    context = parse_context(HEADER)
    assert context is not None
    assert context.is_sampled
    assert context.trace_hex == "0af7651916cd43dd8448eb211c80319c"
    assert context.header == HEADER


def test_malformed_contexts_are_none() -> None:
    zero = "0" * 32
    for header in (
        None,
        "",
        HEADER.upper(),
        HEADER + "\n",
        HEADER.replace("00-", "ff-", 1),
        f"00-{zero}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ):
        assert parse_context(header) is None, header


def test_new_contexts_differ_and_are_well_formed() -> None:
    contexts = {make_context() for _ in range(50)}
    assert len(contexts) == 50
    assert all(parse_context(context.header) == context for context in contexts)


def test_trace_of_the_caller_is_carried_on() -> None:
    assert current_header() is None
    with carried(HEADER) as trace_id:
        assert trace_id == "0af7651916cd43dd8448eb211c80319c"
        assert current_header() == HEADER
    assert current_header() is None


def test_request_without_a_trace_gets_one() -> None:
    with carried("nonsense") as trace_id:
        header = current_header()
    assert header is not None
    assert header[3:35] == trace_id


def test_part_without_a_span_around_it_is_no_span() -> None:
    with carried(HEADER), span("engine", {"worker": "whisper"}):
        assert current_header() == HEADER


def test_edge_without_a_collector_keeps_the_clients_trace() -> None:
    trace = EdgeTracer().begin(HEADER, "GET /api/v1/asr")
    assert trace.context.trace_hex == "0af7651916cd43dd8448eb211c80319c"
    assert not trace.context.is_sampled
    trace.end(status=200, request_id="r")


def test_edge_sends_spans_with_what_was_answered() -> None:
    exporter = InMemorySpanExporter()
    provider = make_provider("gateway", exporter, ratio=1.0)
    tracer = EdgeTracer(provider)
    trace = tracer.begin(HEADER, "POST /api/v1/asr")
    trace.end(status=503, request_id="r-1")
    provider.force_flush()
    provider.shutdown()
    (sent,) = exporter.get_finished_spans()
    assert sent.name == "POST /api/v1/asr"
    assert sent.parent is not None
    assert f"{sent.parent.span_id:016x}" == "b7ad6b7169203331"
    assert dict(sent.attributes or {}) == {
        "http.response.status_code": 503,
        "ai4v.request_id": "r-1",
    }
    assert not sent.status.is_ok
    assert trace.context.is_sampled


def test_share_of_none_keeps_no_new_trace() -> None:
    exporter = InMemorySpanExporter()
    provider = make_provider("gateway", exporter, ratio=0.0)
    trace = EdgeTracer(provider).begin(None, "GET /x")
    trace.end(status=200, request_id="r")
    provider.force_flush()
    provider.shutdown()
    assert exporter.get_finished_spans() == ()
    assert not trace.context.is_sampled


def test_spans_say_nothing_of_the_query() -> None:
    exporter = InMemorySpanExporter()
    provider = make_provider("asr", exporter, ratio=1.0)
    said = {"url.path": "/api/v1/asr/models", "url.query": "apiKey=a4v_secret"}
    provider.get_tracer("test").start_span("GET", attributes=said).end()
    provider.force_flush()
    provider.shutdown()
    (sent,) = exporter.get_finished_spans()
    assert dict(sent.attributes or {}) == {"url.path": "/api/v1/asr/models"}
