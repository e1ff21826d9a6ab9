"""What the text to speech service is told at its start."""

from typing import ClassVar

from pydantic import Field

from ai4v.kit.settings import InferenceSettings


class TtsSettings(InferenceSettings):
    """Settings of the text to speech service: `AI4V_TTS_<FIELD>`, then `AI4V_<FIELD>`."""

    service: ClassVar[str] = "tts"

    port: int = Field(default=8088, ge=0, le=65535)
    """Port to listen on."""
    synthesizer_urls: tuple[str, ...] = Field(
        default=("kokoro://82m?threads=2", "espeak://"), min_length=1
    )
    """The engines, the preferred first: `kokoro://82m?threads=2`, `espeak://`, or `memory://`,
    which only hums. In the environment a JSON list."""
    max_characters: int = Field(default=5_000, ge=1)
    """Longest text of one item."""
    max_spoken_characters: int = Field(default=10_000, ge=1)
    """Most characters of one call, all its items together, their numbers counted in words."""
    concurrency: int = Field(default=4, ge=1)
    """Most calls of over 1,000 characters whose sound is in memory at once; others as long wait."""
    item_concurrency: int = Field(default=2, ge=1)
    """Most items of one call that are spoken at once."""
