import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from ai4v.adapters.web.fetcher import WebFetcher, WebOptions
from ai4v.ports.fetcher import (
    Fetcher,
    FetchFailedError,
    FetchRefusedError,
    FetchTooLargeError,
)
from tests.conformance.fetcher import CONTENT, OTHER, FetcherConformance, Shelf
from tests.connected.adapters.web.site import Answer, Site, open_site, says, whole
from tests.support.authority import Authority
from tests.support.poll import until

pytestmark = pytest.mark.connected

NAME = "audio.example"
LIMIT = 1024**2


async def loopback(host: str, _port: int) -> Sequence[str]:
    assert host.endswith(".example")
    return ["127.0.0.1"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def site(authority: Authority) -> AsyncIterator[Site]:
    async with open_site(authority.server(NAME)) as site:
        yield site


@pytest.fixture
async def fetcher(authority: Authority, site: Site) -> AsyncIterator[Fetcher]:
    web = WebFetcher(
        allowed_origins=[f"https://{NAME}:{site.port}"],
        options=WebOptions(parallel=4),
        context=authority.client(),
        resolve=loopback,
    )
    yield web
    await web.close()


class TestWebFetcher(FetcherConformance):
    @pytest.fixture
    def shelf(self, site: Site) -> Shelf:
        base = f"https://{NAME}:{site.port}"
        return Shelf(f"{base}/content", f"{base}/other", f"{base}/missing", f"{base}/silent")


async def get(fetcher: Fetcher, site: Site, answer: Answer, timeout_s: float = 10.0) -> bytes:
    site.pages["/page"] = answer
    url = f"https://{NAME}:{site.port}/page"
    return await fetcher.fetch(url, max_bytes=LIMIT, timeout_s=timeout_s)


async def test_what_a_server_sees(fetcher: Fetcher, site: Site) -> None:
    await fetcher.fetch(f"https://{NAME}:{site.port}/other", max_bytes=10, timeout_s=10.0)
    request, *headers = site.heads[0].strip().split("\r\n")
    assert request == "GET /other HTTP/1.1"
    assert f"Host: {NAME}:{site.port}" in headers
    assert "Accept-Encoding: identity" in headers
    assert not [line for line in headers if line.lower().startswith(("cookie", "authorization"))]


async def test_cookies_are_not_kept(fetcher: Fetcher, site: Site) -> None:
    answer = says(whole(OTHER, "200 OK", "Set-Cookie: a=b"))
    for _ in range(2):
        assert await get(fetcher, site, answer) == OTHER
    assert "a=b" not in "".join(site.heads)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_a_redirect_is_refused(fetcher: Fetcher, site: Site, status: int) -> None:
    to = f"https://{NAME}:{site.port}/other"
    with pytest.raises(FetchRefusedError, match="redirects"):
        await get(fetcher, site, says(whole(b"", f"{status} Elsewhere", f"Location: {to}")))
    assert len(site.heads) == 1


@pytest.mark.parametrize("status", [201, 204, 206, 400, 401, 403, 404, 416, 429, 500, 503, 999])
async def test_only_200_is_a_file(fetcher: Fetcher, site: Site, status: int) -> None:
    with pytest.raises(FetchFailedError, match=str(status)):
        await get(fetcher, site, says(whole(b"", f"{status} Other")))


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "zstd", "gzip, identity"])
async def test_nothing_is_unpacked(fetcher: Fetcher, site: Site, packing: str) -> None:
    with pytest.raises(FetchRefusedError, match="compressed"):
        await get(fetcher, site, says(whole(OTHER, "200 OK", f"Content-Encoding: {packing}")))


async def test_a_body_without_end_is_cut(fetcher: Fetcher, site: Site) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()
            sent += 65_536

    with pytest.raises(FetchTooLargeError):
        await get(fetcher, site, endless)
    assert sent < LIMIT + 16 * 1024**2


@pytest.mark.parametrize("length", ["1048577", "99999999999999999999"])
async def test_a_length_over_the_limit_is_enough(fetcher: Fetcher, site: Site, length: str) -> None:
    with pytest.raises(FetchTooLargeError):
        await get(
            fetcher, site, says(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
        )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
async def test_what_is_not_an_answer(fetcher: Fetcher, site: Site, answer: bytes) -> None:
    with pytest.raises(FetchFailedError):
        await get(fetcher, site, says(answer))


async def test_a_length_that_is_too_short_ends_the_file(fetcher: Fetcher, site: Site) -> None:
    answer = says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + OTHER + bytes(LIMIT * 2))
    assert await get(fetcher, site, answer) == OTHER


async def test_a_body_in_chunks_or_until_the_end(fetcher: Fetcher, site: Site) -> None:
    chunks = b"5;x=y\r\nother\r\n0\r\nTrailer: x\r\n\r\n"
    answer = says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert await get(fetcher, site, answer) == OTHER
    assert await get(fetcher, site, says(b"HTTP/1.0 200 OK\r\n\r\n" + OTHER)) == OTHER


async def test_a_body_in_crumbs_is_given_up(fetcher: Fetcher, site: Site) -> None:
    crumbs = b"1\r\nx\r\n" * 200_000
    answer = says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + crumbs)
    with pytest.raises(FetchFailedError, match="small"):
        await get(fetcher, site, answer)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_a_drip_ends_with_the_time(fetcher: Fetcher, site: Site, start: bytes) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + bytes(b"y" * 10_000):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.01)

    began = time.monotonic()
    with pytest.raises(FetchFailedError, match=r"0\.3 s"):
        await get(fetcher, site, drip, timeout_s=0.3)
    assert time.monotonic() - began < 3.0


async def test_damaged_tls_is_a_failure(fetcher: Fetcher, site: Site) -> None:
    async def garble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nsome")
        await writer.drain()
        os.write(writer.get_extra_info("socket").fileno(), b"\x17\x03\x03\x00\x05wrong" * 10)

    with pytest.raises(FetchFailedError, match="broke off"):
        await get(fetcher, site, garble)


async def test_no_connection_is_left(fetcher: Fetcher, site: Site) -> None:
    for path in ("content", "silent", "missing"):
        url = f"https://{NAME}:{site.port}/{path}"
        await asyncio.gather(
            fetcher.fetch(url, max_bytes=LIMIT, timeout_s=0.3), return_exceptions=True
        )

    async def is_empty() -> bool:
        return not site.open_count

    await until(is_empty, timeout_s=5.0)
    assert len(site.heads) == 3


@pytest.mark.parametrize("shown", ["other.example", "127.0.0.1", "*.audio.example"])
async def test_a_certificate_for_another_name(authority: Authority, shown: str) -> None:
    async with open_site(authority.server(shown)) as site:
        web = WebFetcher(
            allowed_origins=[f"https://{NAME}:{site.port}"],
            context=authority.client(),
            resolve=loopback,
        )
        with pytest.raises(FetchFailedError, match="certificate"):
            await web.fetch(f"https://{NAME}:{site.port}/other", max_bytes=10, timeout_s=10.0)
        assert site.heads == []


async def test_two_names_on_one_address_are_each_checked(authority: Authority) -> None:
    """A connection kept from the first would carry the second without its certificate."""
    async with open_site(authority.server(NAME)) as site:
        names = (NAME, "other.example")
        web = WebFetcher(
            allowed_origins=[f"https://{name}:{site.port}" for name in names],
            context=authority.client(),
            resolve=loopback,
        )
        first, second = (f"https://{name}:{site.port}/other" for name in names)
        assert await web.fetch(first, max_bytes=10, timeout_s=10.0) == OTHER
        with pytest.raises(FetchFailedError, match="certificate"):
            await web.fetch(second, max_bytes=10, timeout_s=10.0)


async def test_an_unknown_authority(authority: Authority) -> None:
    async with open_site(authority.server(NAME)) as site:
        web = WebFetcher(allowed_origins=[f"https://{NAME}:{site.port}"], resolve=loopback)
        with pytest.raises(FetchFailedError, match="certificate"):
            await web.fetch(f"https://{NAME}:{site.port}/other", max_bytes=10, timeout_s=10.0)


async def test_a_certificate_for_an_address(authority: Authority) -> None:
    async with open_site(authority.server("127.0.0.1")) as site:
        origin = f"https://127.0.0.1:{site.port}"
        web = WebFetcher(allowed_origins=[origin], context=authority.client())
        assert await web.fetch(f"{origin}/other", max_bytes=10, timeout_s=10.0) == OTHER


async def test_a_local_server_needs_to_be_allowed() -> None:
    """With the system's own look-up, and proxies in the environment that nobody may use."""
    async with open_site() as site:
        origin = f"http://localhost:{site.port}"
        web = WebFetcher(allowed_origins=[origin])
        assert await web.fetch(f"{origin}/content", max_bytes=LIMIT, timeout_s=10.0) == CONTENT
        for url in (f"http://127.0.0.1:{site.port}/other", "https://localhost/other"):
            with pytest.raises(FetchRefusedError, match="public"):
                await web.fetch(url, max_bytes=LIMIT, timeout_s=10.0)
        await web.close()
        assert len(site.heads) == 1


async def test_the_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_site() as site, open_site() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{proxy.port}")
        web = WebFetcher(allowed_origins=[f"http://{NAME}:{site.port}"], resolve=loopback)
        url = f"http://{NAME}:{site.port}/other"
        assert await web.fetch(url, max_bytes=10, timeout_s=10.0) == OTHER
        assert proxy.heads == []


async def test_nobody_listens() -> None:
    async with open_site() as site:
        origin = f"http://127.0.0.1:{site.port}"
    web = WebFetcher(allowed_origins=[origin])
    with pytest.raises(FetchFailedError, match="connected"):
        await web.fetch(origin, max_bytes=10, timeout_s=10.0)
