import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest

from ai4v.adapters.web.fetcher import WebFetcher, WebOptions
from ai4v.ports.fetcher import FetcherBusyError, FetchFailedError, FetchRefusedError

PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "2606:2800:220:1::1"
URL = "https://audio.example/a.wav?signed=1"


class Names:
    """Answers look-ups from a script and counts them."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.asked: list[tuple[str, int]] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        answer = self._answers.pop(0)
        if not answer:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return answer


class Wire(httpx2.AsyncBaseTransport):
    """Notes what would be sent where; the addresses that are dead cannot be connected to."""

    def __init__(self, *, dead: Sequence[str] = (), status: int = 200) -> None:
        self.requests: list[httpx2.Request] = []
        self.is_held = False
        self.is_reached = asyncio.Event()
        self.body: httpx2.AsyncByteStream = httpx2.ByteStream(b"sound")
        self._dead = dead
        self._status = status

    def __call__(self, _context: ssl.SSLContext) -> "Wire":
        return self

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.is_reached.set()
        if self.is_held:
            await asyncio.Event().wait()
        if request.url.host in self._dead:
            raise httpx2.ConnectError("dead")
        return httpx2.Response(self._status, stream=self.body)

    @property
    def hosts(self) -> list[str]:
        return [request.url.host for request in self.requests]


class Crumbs(httpx2.AsyncByteStream):
    """A body that has all arrived, in pieces of one byte."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x"


def fetcher(names: Names, wire: Wire, *allowed: str) -> WebFetcher:
    return WebFetcher(
        allowed_origins=allowed,
        options=WebOptions(parallel=1, queue_limit=1),
        context=ssl.create_default_context(),
        resolve=names,
        open_transport=wire,
    )


async def fetch(web: WebFetcher, url: str = URL) -> bytes:
    return await web.fetch(url, max_bytes=100, timeout_s=5.0)


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    names, wire = Names([PUBLIC], ["127.0.0.1"]), Wire()
    assert await fetch(fetcher(names, wire)) == b"sound"
    assert names.asked == [("audio.example", 443)]
    (request,) = wire.requests
    assert str(request.url) == f"https://{PUBLIC}/"
    assert request.headers["host"] == "audio.example"
    assert request.extensions["sni_hostname"] == "audio.example"
    assert request.extensions["target"] == b"/a.wav?signed=1"


async def test_no_cookie_no_key_and_no_packing_is_sent() -> None:
    wire = Wire()
    await fetch(fetcher(Names([PUBLIC]), wire))
    sent = dict(wire.requests[0].headers)
    assert sent.pop("accept-encoding") == "identity"
    assert sent.keys() == {"host", "user-agent", "accept", "connection"}


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC, PUBLIC, PUBLIC, PUBLIC, PUBLIC, "::1"],
        ["not an address"],
    ],
)
async def test_one_address_that_is_not_public_is_enough(answer: Sequence[str]) -> None:
    wire = Wire()
    with pytest.raises(FetchRefusedError, match="public") as refusal:
        await fetch(fetcher(Names(answer), wire))
    assert wire.requests == []
    assert not any(address in refusal.value.message for address in answer)


@pytest.mark.parametrize(
    "url",
    [
        "http://audio.example/",
        "https://audio.example:8443/",
        "https://audio.example:80/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00:ec2::254]/",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
async def test_what_need_not_be_looked_up_to_be_refused(url: str) -> None:
    names, wire = Names(), Wire()
    with pytest.raises(FetchRefusedError, match="https, on port 443, from public"):
        await fetch(fetcher(names, wire), url)
    assert (names.asked, wire.requests) == ([], [])


async def test_a_public_address_needs_no_look_up() -> None:
    names, wire = Names(), Wire()
    await fetch(fetcher(names, wire), f"https://[{OTHER_PUBLIC}]/x")
    assert (names.asked, wire.hosts) == ([], [OTHER_PUBLIC])
    assert wire.requests[0].headers["host"] == f"[{OTHER_PUBLIC}]"


async def test_a_dead_address_is_followed_by_the_next() -> None:
    names, wire = Names([OTHER_PUBLIC, PUBLIC]), Wire(dead=[OTHER_PUBLIC])
    assert await fetch(fetcher(names, wire)) == b"sound"
    assert wire.hosts == [OTHER_PUBLIC, PUBLIC]


async def test_only_so_many_addresses_are_tried() -> None:
    addresses = [f"93.184.216.{last}" for last in range(50)]
    wire = Wire(dead=addresses)
    with pytest.raises(FetchFailedError, match="connected"):
        await fetch(fetcher(Names(addresses), wire))
    assert wire.hosts == addresses[:4]


async def test_an_answer_that_is_none_is_not_asked_for_twice() -> None:
    wire = Wire(status=500)
    with pytest.raises(FetchFailedError, match="500"):
        await fetch(fetcher(Names([PUBLIC, OTHER_PUBLIC]), wire))
    assert wire.hosts == [PUBLIC]


async def test_a_name_that_is_none() -> None:
    with pytest.raises(FetchFailedError, match="cannot be found"):
        await fetch(fetcher(Names([]), Wire()))


async def test_what_is_allowed_is_allowed_exactly() -> None:
    allowed = "http://store.example:9000"
    wire = Wire()
    for url in (f"{allowed}/x", f"{allowed.upper()}/x"):
        assert await fetch(fetcher(Names(["10.0.0.1"]), wire, allowed), url) == b"sound"
    assert wire.hosts == ["10.0.0.1"] * 2
    for url in (
        "https://store.example:9000/x",
        "http://store.example:9001/x",
        "http://store.example/x",
        "http://a.store.example:9000/x",
        "http://10.0.0.1:9000/x",
    ):
        with pytest.raises(FetchRefusedError):
            await fetch(fetcher(Names(), wire, allowed), url)


@pytest.mark.parametrize(
    "origin",
    ["", "store", "store:9000", "http://", "http://store/", "http://store:9000/x", "http://*:90"],
)
def test_an_origin_that_is_none_stops_the_start(origin: str) -> None:
    with pytest.raises(ValueError, match="not an origin"):
        fetcher(Names(), Wire(), origin)


async def test_those_who_wait_are_bounded() -> None:
    wire = Wire()
    wire.is_held = True
    web = fetcher(Names([PUBLIC], [PUBLIC], [PUBLIC]), wire)
    held = [asyncio.create_task(fetch(web)) for _ in range(2)]
    await wire.is_reached.wait()
    with pytest.raises(FetcherBusyError) as refusal:
        await fetch(web)
    assert refusal.value.status == 503
    assert len(wire.requests) == 1
    for task in held:
        task.cancel()
    await asyncio.wait(held)
    wire.is_held = False
    assert await fetch(web) == b"sound"


async def test_the_wait_for_a_turn_counts() -> None:
    wire = Wire()
    wire.is_held = True
    web = fetcher(Names([PUBLIC], [PUBLIC]), wire)
    held = asyncio.create_task(fetch(web))
    await wire.is_reached.wait()
    with pytest.raises(FetchFailedError, match=r"0\.05 s"):
        await web.fetch(URL, max_bytes=100, timeout_s=0.05)
    held.cancel()
    await asyncio.wait([held])


async def test_others_go_on_while_a_body_is_read() -> None:
    turns = 0

    async def go_on() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    wire = Wire()
    wire.body = Crumbs()
    other = asyncio.create_task(go_on())
    assert await fetch(fetcher(Names([PUBLIC]), wire)) == b"x" * 100
    other.cancel()
    assert turns >= 100
