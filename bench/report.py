"""Writes what was measured as docs/benchmarks.md."""

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import gateway, pipeline, speech, translation, voice

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
_VOICE = """A text through the gateway to its speech: all of it from the inference path, and the
first 100 ms of it from the stream. RTF: seconds of work for a second of sound. Hindi and English
are spoken by Kokoro, Tamil by espeak-ng.

| language | characters | audio, s | whole, s | RTF | first sound, s |
|---|---|---|---|---|---|"""
_TRANSLATION = """16 everyday sentences through the gateway, one a call, from several callers.

| direction | callers | characters/s | ÷ one caller | median call, s |
|---|---|---|---|---|"""
_PIPELINE = """Hindi speech through the gateway to English speech in one call.

| audio, s | platform, s | platform ÷ audio |
|---|---|---|"""
_MEMORY = """Proportional share (PSS) of each process after a short request of each kind and one of
the largest size: 10 minutes of speech to text, 5,000 characters to speech (both engines), 10,000
characters translated.

| process | MiB |
|---|---|"""


_GROWTH = """Kokoro's process while it speaks 200 texts, from one word to 100 characters.

| texts spoken | MiB |
|---|---|"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was measured."""

    gateways: list[gateway.Row]
    speeches: list[speech.Row]
    voices: list[voice.Row]
    translations: list[translation.Row]
    pipelines: list[pipeline.Row]
    memory: dict[str, float]
    """MiB by process."""
    growth: dict[int, float]
    """MiB of Kokoro by the number of texts it spoke."""


def write(path: Path, found: Findings) -> None:
    """Write the report; numbers are medians, and only ratios of one run compare."""
    gib = psutil.virtual_memory().total / 2**30
    alone = {row.direction: row for row in found.translations if row.callers == 1}
    lines = [
        (
            f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {platform.machine()}, "
            f"{psutil.cpu_count()} cores, {gib:.0f} GiB."
        ),
        _METHOD,
        "## Gateway\n",
        _GATEWAY,
        *(_gateway_row(row) for row in found.gateways),
        "\n## Speech to text\n",
        _SPEECH,
        *(_speech_row(row) for row in found.speeches),
        "\n## Text to speech\n",
        _VOICE,
        *(_voice_row(row) for row in found.voices),
        "\n## Translation\n",
        _TRANSLATION,
        *(_translation_row(row, alone[row.direction]) for row in found.translations),
        "\n## Pipeline\n",
        _PIPELINE,
        *(_pipeline_row(row) for row in found.pipelines),
        "\n## Memory\n",
        _MEMORY,
        *(f"| {role} | {mib:.0f} |" for role, mib in sorted(found.memory.items())),
        f"| **sum** | **{sum(found.memory.values()):.0f}** |",
        "\n" + _GROWTH,
        *(f"| {texts} | {mib:.0f} |" for texts, mib in found.growth.items()),
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


def _voice_row(row: voice.Row) -> str:
    return _row(
        row.language,
        str(row.characters),
        f"{row.audio_s:.1f}",
        f"{row.whole_s:.2f}",
        f"{row.whole_s / row.audio_s:.3f}",
        f"{row.first_s:.2f}",
    )


def _translation_row(row: translation.Row, alone: translation.Row) -> str:
    return _row(
        row.direction,
        str(row.callers),
        f"{row.characters_per_s:.0f}",
        f"{row.characters_per_s / alone.characters_per_s:.2f}",
        f"{row.p50_s:.2f}",
    )


def _pipeline_row(row: pipeline.Row) -> str:
    return _row(
        f"{row.audio_s:.0f}", f"{row.platform_s:.2f}", f"{row.platform_s / row.audio_s:.2f}"
    )
