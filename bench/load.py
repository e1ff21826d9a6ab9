"""A small HTTP/1.1 load generator: keep-alive connections, one request after another on each."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Target:
    """One request, sent again and again."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    method: str = "GET"

    @property
    def host(self) -> str:
        """The host of the address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of the address."""
        return urlsplit(self.url).port or 80

    def encode(self) -> bytes:
        """Return the request as it goes over the wire."""
        parts = urlsplit(self.url)
        lines = [f"{self.method} {parts.path or '/'} HTTP/1.1", f"host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Result:
    """What one run measured."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failures: int
    """Answers that were not 200; a run with failures proves nothing."""


async def run(target: Target, *, connections: int, seconds: float) -> Result:
    """Send `target` over `connections` connections for `seconds`."""
    request = target.encode()
    latencies: list[float] = []
    failures = 0
    end = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection(target.host, target.port)
        while time.perf_counter() < end:
            started = time.perf_counter()
            writer.write(request)
            status = await read_answer(reader)
            latencies.append(time.perf_counter() - started)
            failures += status != 200
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    elapsed = time.perf_counter() - started
    latencies.sort()
    return Result(
        requests_per_s=len(latencies) / elapsed,
        p50_ms=statistics.median(latencies) * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        failures=failures,
    )


async def read_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
        return status
    length = head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    if length:
        await reader.readexactly(int(length))
    return status
