"""Writes what was measured as docs/benchmarks.md."""

import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import gateway, speech

_METHOD = """Medians of interleaved rounds on one machine that also makes the load; absolute numbers
move from machine to machine, the ratios are what counts.
"""
_GATEWAY = """A small GET to the asr service, in requests/s: straight to it with an internal token,
and through the gateway with an API key, key check and rate limits on.

| connections | direct | gateway | ratio | added, ms | gateway p99, ms | failures |
|---|---|---|---|---|---|---|"""
_SPEECH = """A flac file through the gateway to its transcript, beside faster-whisper called
directly on the same model and samples (int8, two threads, beam 1, temperature 0). RTF: seconds of
work for a second of sound.

| language | audio, s | platform, s | RTF | faster-whisper, s | platform ÷ faster-whisper |
|---|---|---|---|---|---|"""
_MEMORY = """Proportional share (PSS) of each process after a request of 6 s and one of 10 minutes.

| process | MiB |
|---|---|"""


def write(
    path: Path, gateways: list[gateway.Row], speeches: list[speech.Row], memory: dict[str, float]
) -> None:
    """Write the report; numbers are medians, and only ratios of one run compare."""
    gib = psutil.virtual_memory().total / 2**30
    lines = [
        (
            f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {platform.machine()}, "
            f"{psutil.cpu_count()} cores, {gib:.0f} GiB."
        ),
        _METHOD,
        "## Gateway\n",
        _GATEWAY,
        *(_gateway_row(row) for row in gateways),
        "\n## Speech to text\n",
        _SPEECH,
        *(_speech_row(row) for row in speeches),
        "\n## Memory\n",
        _MEMORY,
        *(f"| {role} | {mib:.0f} |" for role, mib in sorted(memory.items())),
        f"| **sum** | **{sum(memory.values()):.0f}** |",
    ]
    path.write_text("# Benchmarks\n\n" + "\n".join(lines) + "\n")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _gateway_row(row: gateway.Row) -> str:
    direct, through = row.direct, row.through
    return _row(
        str(row.connections),
        f"{direct.requests_per_s:.0f}",
        f"{through.requests_per_s:.0f}",
        f"{through.requests_per_s / direct.requests_per_s:.2f}",
        f"{through.p50_ms - direct.p50_ms:.1f}",
        f"{through.p99_ms:.1f}",
        str(direct.failures + through.failures),
    )


def _speech_row(row: speech.Row) -> str:
    return _row(
        row.language,
        f"{row.audio_s:.0f}",
        f"{row.platform_s:.2f}",
        f"{row.platform_s / row.audio_s:.3f}",
        f"{row.engine_s:.2f}",
        f"{row.platform_s / row.engine_s:.2f}",
    )
