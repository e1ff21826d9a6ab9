"""What the speech service is told at its start."""

from typing import ClassVar

from pydantic import Field

from ai4v.kit.settings import CommaSeparated, InferenceSettings


class AsrSettings(InferenceSettings):
    """Settings of the speech service: `AI4V_ASR_<FIELD>`, then `AI4V_<FIELD>`."""

    service: ClassVar[str] = "asr"

    port: int = Field(default=8087, ge=0, le=65535)
    """Port to listen on."""
    recognizer_url: str = "whisper://base"
    """The engine: `whisper://<size>?threads=2`, or `memory://`, which only pretends."""
    max_audio_s: float = Field(default=600.0, gt=0)
    """Most sound that one call may bring, all its items together, in seconds."""
    fetch_origins: CommaSeparated[str] = ()
    """Origins of `audioUri` that are allowed though they are not public https, by commas."""
    fetch_timeout_s: float = Field(default=30.0, gt=0)
    """Most time for one `audioUri`."""
    concurrency: int = Field(default=4, ge=1)
    """Most calls whose sound is in memory at once; the others wait."""
