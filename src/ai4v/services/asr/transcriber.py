"""From files to text: decode, find the speech, cut it into windows, recognize, put it together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.error import FieldError, PlatformError
from ai4v.kit.deadline import Deadline
from ai4v.ports.audiocodec import (
    AudioCodec,
    AudioCodecUnavailableError,
    AudioFormatError,
    AudioTooLongError,
    InvalidAudioError,
)
from ai4v.ports.fetcher import (
    Fetcher,
    FetcherBusyError,
    FetchFailedError,
    FetchRefusedError,
    FetchTooLargeError,
)
from ai4v.ports.recognizer import Recognition, RecognizedSegment, Recognizer, Utterance
from ai4v.ports.voiceactivity import VoiceActivityDetector
from ai4v.services.asr.encoding import decode_base64
from ai4v.services.asr.plan import Plan
from ai4v.services.asr.segments import Window, cut, place, plan_windows

_NOTHING_S: Final = 0.001

Admit = Callable[[str], None]
"""Returns when a language may be heard, else raises."""


@dataclass(frozen=True, slots=True)
class AudioLink:
    """Where a file is to be got."""

    url: str


@dataclass(frozen=True, slots=True)
class AudioSource:
    """One item as it came."""

    path: str
    """Where in the request, for errors: `audio.1.audioContent`."""
    content: bytes | str | AudioLink
    """A file, or where it is; as text it is still in base64."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one item."""

    language: str | None
    """As asked, or as found; None when it was to be found and nothing was said."""
    text: str
    segments: tuple[RecognizedSegment, ...]
    """In the item's own time."""
    is_script_right: bool
    confidence: float | None
    """None when nothing was said."""
    audio_s: float
    processing_s: float


@dataclass(eq=False, slots=True)
class _Clip:
    """One item on its way."""

    audio: Audio
    windows: tuple[Window, ...]
    language: str | None
    processing_s: float
    found: dict[Window, Recognition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of what is taken."""

    max_audio_s: float
    """Of one call, all its items together."""
    max_file_bytes: int
    """Of one file that is fetched."""
    fetch_timeout_s: float
    concurrency: int
    """Calls at once; the others wait."""


class Transcriber:
    """Carries out plans on the engines."""

    def __init__(
        self,
        codec: AudioCodec,
        vad: VoiceActivityDetector,
        recognizer: Recognizer,
        fetcher: Fetcher,
        bounds: Bounds,
    ) -> None:
        self._codec = codec
        self._vad = vad
        self._recognizer = recognizer
        self._fetcher = fetcher
        self._bounds = bounds
        self._slots = asyncio.Semaphore(bounds.concurrency)

    async def transcribe(
        self, sources: Sequence[AudioSource], plan: Plan, deadline: Deadline, admit: Admit
    ) -> tuple[Transcript, ...]:
        """Return one transcript for each source, in order, or fail as a whole.

        A language that is found, not asked for, is shown to `admit` as soon as it is known.
        Cancelling gives the engines free as soon as they have ended what they are in.

        Raises:
            InvalidAudioError, AudioFormatError, AudioTooLongError: `errors` names the item.
            FetchRefusedError, FetchFailedError, FetchTooLargeError, FetcherBusyError: likewise.
            DeadlineExceededError: of the recognizer; other awaits are for the caller to bound.
            ServiceUnavailableError: an engine died or is full.
            AuthorizationError: of `admit`.
        """
        async with self._slots:
            clips = await self._prepare(sources, plan, deadline)
            unknown = [clip for clip in clips if clip.windows and clip.language is None]
            longest = [(clip, max(clip.windows, key=_duration_s)) for clip in unknown]
            await self._recognize(longest, plan, deadline)
            for clip, window in longest:
                clip.language = clip.found[window].language
                admit(clip.language)
            rest = [
                (clip, window)
                for clip in clips
                for window in clip.windows
                if window not in clip.found
            ]
            await self._recognize(rest, plan, deadline)
        return tuple(_join(clip) for clip in clips)

    async def _prepare(
        self, sources: Sequence[AudioSource], plan: Plan, deadline: Deadline
    ) -> list[_Clip]:
        clips = []
        left_s = self._bounds.max_audio_s
        for source in sources:
            started_s = time.perf_counter()
            audio = await self._decode(source, await self._get(source, deadline), plan, left_s)
            left_s -= audio.duration_s
            spans = await self._vad.detect(audio)
            windows = await asyncio.to_thread(
                plan_windows, audio, spans, max_duration_s=self._recognizer.info.max_duration_s
            )
            language = plan.language.code if plan.language else None
            clips.append(_Clip(audio, windows, language, time.perf_counter() - started_s))
        return clips

    async def _get(self, source: AudioSource, deadline: Deadline) -> bytes:
        try:
            if isinstance(source.content, AudioLink):
                timeout_s = min(self._bounds.fetch_timeout_s, deadline.remaining_s())
                return await self._fetcher.fetch(
                    source.content.url, max_bytes=self._bounds.max_file_bytes, timeout_s=timeout_s
                )
            if isinstance(source.content, str):
                return await decode_base64(source.content)
        except (
            InvalidAudioError,
            FetchRefusedError,
            FetchFailedError,
            FetchTooLargeError,
            FetcherBusyError,
        ) as error:
            raise _named(source, error) from None
        return source.content

    async def _decode(
        self, source: AudioSource, content: bytes, plan: Plan, left_s: float
    ) -> Audio:
        try:
            return await self._codec.decode(
                content,
                rate_hz=SPEECH_RATE_HZ,
                max_duration_s=max(left_s, _NOTHING_S),
                raw=plan.raw,
            )
        except AudioTooLongError:
            raise _named(source, AudioTooLongError(self._too_long())) from None
        except (InvalidAudioError, AudioFormatError, AudioCodecUnavailableError) as error:
            raise _named(source, error) from None

    async def _recognize(
        self, jobs: Sequence[tuple[_Clip, Window]], plan: Plan, deadline: Deadline
    ) -> None:
        """Hear the windows; the engine orders and batches them, and lets other callers between."""
        if not jobs:
            return
        utterances = [
            Utterance(cut(clip.audio, window), clip.language, plan.task) for clip, window in jobs
        ]
        started_s = time.perf_counter()
        found = await self._recognizer.recognize(utterances, timeout_s=deadline.remaining_s())
        spent_s = time.perf_counter() - started_s
        total_s = sum(window.duration_s for _, window in jobs)
        for (clip, window), recognition in zip(jobs, found, strict=True):
            clip.found[window] = recognition
            clip.processing_s += spent_s * window.duration_s / total_s

    def _too_long(self) -> str:
        limit_min = self._bounds.max_audio_s / 60
        return (
            f"one call takes at most {limit_min:g} minutes of audio in all: split the recording"
            " into shorter files and send each in a call of its own"
        )


def _named(source: AudioSource, error: PlatformError) -> PlatformError:
    error.errors = (FieldError(path=source.path, message=error.message),)
    return error


def _duration_s(window: Window) -> float:
    return window.duration_s


def _join(clip: _Clip) -> Transcript:
    segments: list[RecognizedSegment] = []
    for window in clip.windows:
        after_s = segments[-1].end_s if segments else 0.0
        segments += place(window, clip.found[window].segments, after_s=after_s)
    spoken = [(window, clip.found[window]) for window in clip.windows if clip.found[window].text]
    spoken_s = sum(window.duration_s for window, _ in spoken)
    confidence = (
        sum(window.duration_s * heard.confidence for window, heard in spoken) / spoken_s
        if spoken
        else None
    )
    return Transcript(
        language=clip.language,
        text=" ".join(heard.text for _, heard in spoken),
        segments=tuple(segments),
        is_script_right=all(heard.is_script_right for _, heard in spoken),
        confidence=confidence,
        audio_s=clip.audio.duration_s,
        processing_s=clip.processing_s,
    )
