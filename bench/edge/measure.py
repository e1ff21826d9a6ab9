"""The measurements, each side by side in one run, in turns, medians of the rounds."""

import asyncio
import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

from bench.edge.load import Throughput, pace, run_wrk
from bench.edge.rig import Rig
from bench.load import Target

ROUNDS: Final = 3
_SECONDS: Final = 4
_SMALL: Final = "/api/v1/asr/models"
_LARGE: Final = json.dumps({"text": "x" * 1_000_000}).encode()
_TRANSLATION: Final = json.dumps(
    {
        "input": [{"source": "good morning"}],
        "config": {"language": {"sourceLanguage": "en", "targetLanguage": "hi"}},
    }
).encode()
STREAMS: Final = 1_000
_TURN_CONNECTIONS: Final = (1, 16, 64)


@dataclass(frozen=True, slots=True)
class Row:
    """One way through, at one number of connections."""

    name: str
    connections: int
    rates: tuple[float, ...]
    """Requests/s of each round."""
    failures: int

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rates)


@dataclass(frozen=True, slots=True)
class Latency:
    """What the gateway adds at half of what it can do."""

    requests_per_s: float
    direct_ms: tuple[float, float]
    """Median and 99th percentile straight to the upstream."""
    through_ms: tuple[float, float]


async def compare(
    rig: Rig,
    ports: dict[str, int],
    connections: tuple[int, ...] = _TURN_CONNECTIONS,
    body: bytes = b"",
) -> list[Row]:
    """Send the same small request, or `body`, through each of `ports` in turn."""
    rows = []
    for count in connections:
        found: dict[str, list[Throughput]] = {name: [] for name in ports}
        for _ in range(ROUNDS):
            for name, port in ports.items():
                await rig.know_key()
                found[name].append(
                    await run_wrk(
                        rig.folder,
                        f"http://127.0.0.1:{port}{_SMALL}",
                        _headers(rig),
                        connections=count,
                        seconds=_SECONDS,
                        body=body,
                    )
                )
        for name, rounds in found.items():
            rates = tuple(item.requests_per_s for item in rounds)
            rows.append(Row(name, count, rates, sum(item.failures for item in rounds)))
            _tell(rows[-1])
    return rows


async def compare_large(rig: Rig, ports: dict[str, int]) -> list[Row]:
    """Send 1 MB of JSON through each of `ports` in turn."""
    return await compare(rig, ports, (1, 16), _LARGE)


async def measure_latency(rig: Rig, *, gateway: int, upstream: int, rate: float) -> Latency:
    """Send at `rate` over 16 connections, through and straight, in turns."""
    headers = tuple(_headers(rig).items())
    found: dict[int, list[tuple[float, float]]] = {upstream: [], gateway: []}
    for _ in range(ROUNDS):
        for port, rounds in found.items():
            await rig.know_key()
            target = Target(f"http://127.0.0.1:{port}{_SMALL}", headers)
            waits = await pace(target, connections=16, requests_per_s=rate, seconds=_SECONDS)
            rounds.append((waits[len(waits) // 2] * 1000, waits[int(len(waits) * 0.99)] * 1000))
    latency = Latency(rate, _middle(found[upstream]), _middle(found[gateway]))
    _tell(latency)
    return latency


async def measure_chain(rig: Rig, port: int) -> Row:
    """Translate over 16 connections through the gateway and the service on an engine of 50 ms."""
    rounds = []
    for _ in range(ROUNDS):
        await rig.know_key()
        rounds.append(
            await run_wrk(
                rig.folder,
                f"http://127.0.0.1:{port}/api/v1/nmt/inference",
                _headers(rig),
                connections=16,
                seconds=_SECONDS,
                body=_TRANSLATION,
            )
        )
    rates = tuple(item.requests_per_s for item in rounds)
    row = Row("chain", 16, rates, sum(item.failures for item in rounds))
    _tell(row)
    return row


async def measure_streams(rig: Rig, port: int, pid: int) -> tuple[float, float]:
    """Open 1,000 WebSockets, use each; return the gateway's PSS in MiB before and with them."""
    before = pss_mib(pid)
    opened: list[ClientConnection] = []
    url = f"ws://127.0.0.1:{port}/api/v1/tts/stream"
    try:
        for _ in range(STREAMS // 50):
            await rig.know_key()
            opened += await asyncio.gather(
                *(
                    connect(url, additional_headers=_headers(rig), compression=None)
                    for _ in range(50)
                )
            )
        await asyncio.gather(*(_say(stream, b"x" * 6_400) for stream in opened))
        during = pss_mib(pid)
    finally:
        await asyncio.gather(*(stream.close() for stream in opened))
    _tell((before, during))
    return before, during


async def measure_upload(rig: Rig, port: int, pid: int) -> tuple[float, float]:
    """Send 25 MB; return the gateway's PSS in MiB before and the largest while it passes."""
    before = peak = pss_mib(pid)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    size = 25_000_000
    head = f"POST {_SMALL} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in _headers(rig).items())
    writer.write(head.encode() + b"\r\n")
    for _ in range(size // 100_000):
        writer.write(b"x" * 100_000)
        await writer.drain()
        peak = max(peak, pss_mib(pid))
    answer = await reader.readline()
    writer.close()
    if b" 200 " not in answer:
        raise RuntimeError(f"25 MB are answered {answer!r}")
    _tell((before, peak))
    return before, peak


def pss_mib(pid: int) -> float:
    """Return the proportional share of memory of a process, in MiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    lines = (line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(next(lines).split()[1]) / 1024


def _headers(rig: Rig) -> dict[str, str]:
    return {"authorization": f"Bearer {rig.key}", "content-type": "application/json"}


async def _say(stream: ClientConnection, message: bytes) -> None:
    await stream.send(message)
    if await stream.recv() != message:
        raise RuntimeError("the echo says something else")


def _middle(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return (
        statistics.median(item[0] for item in rounds),
        statistics.median(item[1] for item in rounds),
    )


def _tell(found: object) -> None:
    print(f"  {found}", file=sys.stderr)
