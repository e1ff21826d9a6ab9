"""Sound in memory becomes mono samples at the rate wanted, block by block.

Runs inside the worker. Nothing is allocated by what a header promises: what is kept is what was
decoded, and that ends at the limit.
"""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ai4v.adapters.sndfile.flacstream import declared_frames, with_open_end
from ai4v.adapters.sndfile.mpegframe import check_mp3
from ai4v.adapters.sndfile.oggpage import check_ogg
from ai4v.kit.audiokind import AudioKind, identify, skip_id3
from ai4v.kit.riff import read_wav
from ai4v.ports.audiocodec import (
    AudioFormatError,
    AudioTooLongError,
    InvalidAudioError,
    RawFormat,
)

TAKEN: Final = "wav, flac, mp3 and ogg (Vorbis, Opus)"
MAX_CHANNELS: Final = 8
MIN_RATE_HZ: Final = 4_000
MAX_RATE_HZ: Final = 384_000
_BLOCK_VALUES: Final = 128 * 1024
"""Samples of all channels decoded at once."""
_SLACK_S: Final = 1.0
"""Codecs add some silence before and after, which the decoder takes away again."""
_SUBTYPES: Final = {
    "u8": "PCM_U8",
    "s16le": "PCM_16",
    "s24le": "PCM_24",
    "s32le": "PCM_32",
    "f32le": "FLOAT",
    "f64le": "DOUBLE",
    "alaw": "ALAW",
    "mulaw": "ULAW",
}
_RAW_ENCODINGS: Final = ("s16le", "f32le")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the samples are to be."""

    rate_hz: int
    max_duration_s: float


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file read once from front to back.

    soundfile seeks after each read of what can be sought, which libsndfile cannot do in a flac
    whose length is open.
    """

    def seekable(self) -> bool:
        """Say no."""
        return False


def decode(content: memoryview, wanted: Wanted, raw: RawFormat | None = None) -> bytearray:
    """Return mono float32 samples in [-1, 1] at the rate wanted.

    Raises:
        InvalidAudioError, AudioTooLongError, AudioFormatError: as the port says.
    """
    if raw is not None:
        if raw.encoding not in _RAW_ENCODINGS:
            raise AudioFormatError(f"raw samples are taken as {' or '.join(_RAW_ENCODINGS)}")
        frame_bytes = 2 if raw.encoding == "s16le" else 4
        if len(content) % frame_bytes:
            raise InvalidAudioError("the last sample is cut off")
        samples = _decode_bare(content, raw.rate_hz, 1, raw.encoding, wanted)
    else:
        samples = _decode_kind(content[skip_id3(content) :], identify(content), wanted)
    if not samples:
        raise InvalidAudioError("there are no samples")
    return samples


def _decode_kind(content: memoryview, kind: AudioKind | None, wanted: Wanted) -> bytearray:
    match kind:
        case None:
            raise InvalidAudioError("this is not sound of any kind that we know")
        case AudioKind.WAV:
            wav = read_wav(content)
            return _decode_bare(wav.data, wav.rate_hz, wav.channels, wav.encoding, wanted)
        case AudioKind.FLAC:
            return _decode_flac(content, wanted)
        case AudioKind.OGG:
            duration_s = check_ogg(content)
        case AudioKind.MP3:
            duration_s = check_mp3(content)
        case _:
            raise AudioFormatError(f"{kind} is not taken; taken are {TAKEN}")
    if duration_s > wanted.max_duration_s + _SLACK_S:
        raise _too_long(wanted)
    return _decode_file(content, wanted)[0]


def _decode_flac(content: memoryview, wanted: Wanted) -> bytearray:
    """Decode to the very end and hold that against the header, which may be followed by tags."""
    declared = declared_frames(content)
    try:
        samples, frames = _decode_file(with_open_end(content), wanted)
    except InvalidAudioError:
        samples, frames = _decode_file(content, wanted, declared)
    if declared is not None and frames != declared:
        raise InvalidAudioError(f"the flac's header says {declared} samples, {frames} are there")
    return samples


def _decode_file(
    content: memoryview | bytearray, wanted: Wanted, most: int | None = None
) -> tuple[bytearray, int]:
    try:
        with _Stream(io.BytesIO(content)) as file:
            _check_shape(file.samplerate, file.channels)
            return _read(file, wanted, most)
    except soundfile.LibsndfileError as error:
        raise InvalidAudioError("the sound is truncated or damaged") from error


def _decode_bare(
    data: memoryview, rate_hz: int, channels: int, encoding: str, wanted: Wanted
) -> bytearray:
    _check_shape(rate_hz, channels)
    with _Stream(
        io.BytesIO(data),
        samplerate=rate_hz,
        channels=channels,
        format="RAW",
        subtype=_SUBTYPES[encoding],
        endian="LITTLE",
    ) as file:
        return _read(file, wanted)[0]


def _check_shape(rate_hz: int, channels: int) -> None:
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise InvalidAudioError(f"the rate is not within {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")
    if not 1 <= channels <= MAX_CHANNELS:
        raise InvalidAudioError(f"the sound does not have 1 to {MAX_CHANNELS} channels")


def _read(file: _Stream, wanted: Wanted, most: int | None = None) -> tuple[bytearray, int]:
    """Read to the end, or `most` frames; return the samples and the number of frames read."""
    limit = int(wanted.max_duration_s * file.samplerate)
    resampler = (
        None
        if file.samplerate == wanted.rate_hz
        else soxr.ResampleStream(file.samplerate, wanted.rate_hz, 1, dtype="float32")
    )
    samples, frames = bytearray(), 0
    block = np.empty((_BLOCK_VALUES // file.channels, file.channels), np.float32)
    while True:
        space = block if most is None else block[: most - frames]
        read = file.read(dtype="float32", always_2d=True, out=space) if len(space) else space
        frames += len(read)
        if frames > limit:
            raise _too_long(wanted)
        mono = _mix(read)
        if resampler is not None:
            mono = np.clip(resampler.resample_chunk(mono, last=len(read) == 0), -1.0, 1.0)
        samples += mono.tobytes()
        if len(read) == 0:
            return samples, frames


def _too_long(wanted: Wanted) -> AudioTooLongError:
    return AudioTooLongError(f"the sound is longer than {wanted.max_duration_s:g} s")


def _mix(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average the channels; a weighted sum cannot overflow, and what is not finite stays so."""
    weights = np.full(block.shape[1], 1.0 / block.shape[1], np.float32)
    mono: NDArray[np.float32] = block @ weights
    if not np.isfinite(mono).all():
        raise InvalidAudioError("the sound holds samples that are not finite numbers")
    return np.clip(mono, -1.0, 1.0)
