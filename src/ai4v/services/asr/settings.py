"""What the speech service is told at its start."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ai4v.kit.settings import DatabaseSettings


class AsrSettings(DatabaseSettings):
    """Settings of the speech service: `AI4V_ASR_<FIELD>`, then `AI4V_<FIELD>`."""

    service: ClassVar[str] = "asr"

    port: int = Field(default=8087, ge=0, le=65535)
    """Port to listen on."""
    recognizer_url: str = "whisper://base"
    """The engine: `whisper://<size>?threads=2`, or `memory://`, which only pretends."""
    model_dir: Path
    """Where `ai4v models pull` puts the models."""
    max_audio_s: float = Field(default=600.0, gt=0)
    """Most sound that one call may bring, all its items together, in seconds."""
    max_items: int = Field(default=32, ge=1)
    """Most audio items in one call."""
    queue_limit: int = Field(default=32, ge=1)
    """Most calls being answered at once; more are told to come back."""
    concurrency: int = Field(default=4, ge=1)
    """Most calls whose sound is in memory at once; the others wait."""
    load_retry_s: float = Field(default=5.0, gt=0)
    """Between attempts to load the engine."""
    sweep_interval_s: float = Field(default=10.0, gt=0)
    """Between looks for requests that nobody works on any more."""
    sweep_lease_s: float = Field(default=15.0, gt=0)
    """How old a request of a dead instance must be to be given up."""
    sweep_grace_s: float = Field(default=30.0, gt=0)
    """How long after its deadline any request is given up."""
