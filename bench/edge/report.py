"""Writes what was measured as docs/benchmarks-gateway.md."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.edge.measure import STREAMS, Latency, Row

_HEAD = """# The gateway, measured

Written by `make bench-gateway` on {date}: {machine}, {cores} cores.

Everything in one run on one machine, in turns, medians of three rounds; key check and rate limits
on for every request. What is measured has one core, and the load, the stores and the upstream the
other. nginx: `auth_request` to a Starlette service that looks the key up in Redis, and `limit_req`.
Plain: FastAPI with httpx 0.28.1, sniffio and redis-py, as most write it. Absolute numbers move from
machine to machine and hour to hour; the ratios are what counts.
"""
_TAIL = """
## Added latency

16 connections, {rate:.0f} requests/s (half of what it can do): median {p50:.2f} ms against
{direct_p50:.2f} ms straight to the upstream, 99th percentile {p99:.2f} ms against {direct_p99:.2f}
ms: {added:.2f} ms added.

## The whole chain

Gateway, translation service with its rows in PostgreSQL, an engine that takes 50 ms, {callers}
callers: {chain:.0f} requests/s (ideal 320), {failures} failures.

## Memory

{streams} open WebSockets, each used: {during:.0f} MiB, {before:.0f} MiB before. An upload of 25 MB:
{calm:.1f} MiB before, {peak:.1f} MiB at most. At the end of the run, after the bodies of 1 MB over
16 connections, {end:.0f} MiB.

## Two gateways

Not measured: two gateways, their load and what stands behind need four cores.
"""
_RATES = """| connections | gateway | nginx | plain | ÷ nginx | ÷ plain | failures |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was measured."""

    small: list[Row]
    large: list[Row]
    latency: Latency
    chain: Row
    streams_mib: tuple[float, float]
    """Without and with the open WebSockets."""
    upload_mib: tuple[float, float]
    """Before and, at most, while 25 MB pass."""
    memory_mib: float
    """Of the gateway at the end."""


def write(path: Path, found: Findings) -> None:
    """Write the report."""
    head = _HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}", machine=platform.machine(), cores=os.cpu_count()
    )
    direct, through = found.latency.direct_ms, found.latency.through_ms
    tail = _TAIL.format(
        rate=found.latency.requests_per_s,
        p50=through[0],
        direct_p50=direct[0],
        p99=through[1],
        direct_p99=direct[1],
        added=through[1] - direct[1],
        callers=found.chain.connections,
        chain=found.chain.rate,
        failures=found.chain.failures,
        streams=STREAMS,
        before=found.streams_mib[0],
        during=found.streams_mib[1],
        calm=found.upload_mib[0],
        peak=found.upload_mib[1],
        end=found.memory_mib,
    )
    small = ["## A small JSON answer, requests/s\n", _RATES, *_table(found.small)]
    large = ["\n## A body of 1 MB, requests/s\n", _RATES, *_table(found.large)]
    path.write_text("\n".join([head, *small, *large, tail]))


def _table(rows: list[Row]) -> list[str]:
    by_count: dict[int, dict[str, Row]] = {}
    for row in rows:
        by_count.setdefault(row.connections, {})[row.name] = row
    return [
        "| "
        + " | ".join(
            (
                str(count),
                *(f"{found[name].rate:.0f}" for name in found),
                f"{found['gateway'].rate / found['nginx'].rate:.2f}",
                f"{found['gateway'].rate / found['plain'].rate:.1f}",
                str(sum(row.failures for row in found.values())),
            )
        )
        + " |"
        for count, found in by_count.items()
    ]
