import pytest

from ai4v.services.gateway.header import keep_request_headers, keep_response_headers


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "x-api-key", "x-user-id", "x-user-role", "x-auth-request-user"),
        *("x-consumer-username", "x-ai4v-internal-token", "x-forwarded-for", "x-forwarded-proto"),
        *("forwarded", "x-real-ip", "host", "x-request-id", "x-request-timeout-ms"),
        *("x_user_id", "x_ai4v_internal_token", "x-user_id", "connection", "keep-alive", "te"),
        *("transfer-encoding", "upgrade", "trailer", "proxy-authorization", "expect"),
    ],
)
def test_dropped_on_the_way_in(name: str) -> None:
    assert keep_request_headers([(name.encode(), b"x")]) == []


@pytest.mark.parametrize(
    "name", ["accept", "content-type", "content-length", "user-agent", "range"]
)
def test_kept_on_the_way_in(name: str) -> None:
    headers = [(name.encode(), b"a"), (name.encode(), b"b")]
    assert keep_request_headers(headers) == headers


def test_what_the_connection_names_is_dropped() -> None:
    headers = [(b"connection", b"close, X-Hop"), (b"x-hop", b"1"), (b"x-kept", b"1")]
    assert keep_request_headers(headers) == [(b"x-kept", b"1")]


def test_dropped_on_the_way_out() -> None:
    headers = [
        (b"Content-Type", b"text/plain"),
        (b"Connection", b"x-hop"),
        (b"X-Hop", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"X-AI4V-Inner", b"1"),
    ]
    assert keep_response_headers(headers) == [(b"content-type", b"text/plain")]
