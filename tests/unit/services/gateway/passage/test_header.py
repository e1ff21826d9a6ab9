import pytest

from ai4v.services.gateway.passage.header import (
    EVERY_ANSWER,
    HSTS,
    AnswerHead,
    RequestHead,
    protect,
)


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "x-api-key", "x-user-id", "x-user-role", "x-auth-request-user"),
        *("x-consumer-username", "x-ai4v-internal-token", "x-forwarded-for", "x-forwarded-proto"),
        *("forwarded", "x-real-ip", "host", "x-request-id", "x-request-timeout-ms", "traceparent"),
        *("x_user_id", "x_ai4v_internal_token", "x-user_id", "connection", "keep-alive", "te"),
        *("transfer-encoding", "upgrade", "trailer", "proxy-authorization", "expect"),
        *("content-length", "transfer_encoding", "content_length", "idempotency_key"),
        *("sec-websocket-key", "sec-websocket-protocol", "x_api_key", "x_forwarded_for"),
    ],
)
def test_dropped_on_the_way_in(name: str) -> None:
    for _ in range(2):
        assert RequestHead([(name.encode(), b"x")]).kept == []


@pytest.mark.parametrize("name", ["accept", "content-type", "user-agent", "range", "origin"])
def test_kept_on_the_way_in(name: str) -> None:
    headers = [(name.encode(), b"a"), (name.encode(), b"b")]
    assert RequestHead(headers).kept == headers


def test_what_is_read_is_noted() -> None:
    head = RequestHead([(b"host", b"a"), (b"host", b"b"), (b"accept", b"c")])
    assert (head.get(b"host"), head.list(b"host")) == (b"a", [b"a", b"b"])
    assert (head.get(b"accept"), head.get(b"origin")) == (None, None)


def test_what_the_connection_names_is_dropped() -> None:
    headers = [(b"connection", b"close, X-Hop"), (b"x-hop", b"1"), (b"x-kept", b"1")]
    assert RequestHead(headers).kept == [(b"x-kept", b"1")]


def test_names_beyond_what_is_remembered_are_judged_too() -> None:
    for number in range(3_000):
        assert RequestHead([(b"x-user-%d" % number, b"1")]).kept == []
        assert AnswerHead([(b"x-ai4v-%d" % number, b"1")], with_cookies=False).kept == []


def test_dropped_on_the_way_out() -> None:
    headers = [
        (b"content-type", b"text/plain"),
        (b"connection", b"x-hop"),
        (b"x-hop", b"1"),
        (b"transfer-encoding", b"chunked"),
        (b"x-ai4v-inner", b"1"),
        (b"x-request-id", b"theirs"),
        (b"access-control-allow-origin", b"*"),
        (b"ratelimit", b"theirs"),
        (b"set-cookie", b"a=b"),
    ]
    assert AnswerHead(headers, with_cookies=False).kept == [(b"content-type", b"text/plain")]


def test_what_is_read_of_an_answer() -> None:
    headers = [(b"set-cookie", b"a=b"), (b"content-length", b"3"), (b"x-ai4v-cost", b"c")]
    head = AnswerHead(headers, with_cookies=True)
    assert head.kept == headers[:2]
    assert (head.length, head.cost, head.is_protective) == (b"3", b"c", False)


def test_what_an_answer_says_itself_stands() -> None:
    head = AnswerHead([(b"cache-control", b"max-age=60")], with_cookies=False)
    assert head.is_protective
    protect(head.kept, is_secure=True)
    assert dict(head.kept) == {
        **dict(EVERY_ANSWER),
        b"cache-control": b"max-age=60",
        HSTS[0]: HSTS[1],
    }


def test_hsts_is_for_tls_alone() -> None:
    headers = [(b"a", b"b")]
    protect(headers, is_secure=False, is_protective=False)
    assert headers == [(b"a", b"b"), *EVERY_ANSWER]
