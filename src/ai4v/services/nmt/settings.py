"""What the translation service is told at its start."""

from typing import ClassVar

from pydantic import Field

from ai4v.contracts.nmt import MAXIMUM_TEXTS
from ai4v.kit.settings import InferenceSettings


class NmtSettings(InferenceSettings):
    """Settings of the translation service: `AI4V_NMT_<FIELD>`, then `AI4V_<FIELD>`."""

    service: ClassVar[str] = "nmt"

    port: int = Field(default=8089, ge=0, le=65535)
    """Port to listen on."""
    translator_url: str = "llama://gemma-3-270m?threads=2"
    """The engine: `llama://<model>?threads=2`, or `memory://`, which only pretends."""
    languageid_url: str = "langid://"
    """What finds a text's language: `langid://`, or `memory://`, which goes by script alone."""
    max_items: int = Field(default=MAXIMUM_TEXTS, ge=1, le=MAXIMUM_TEXTS)
    """Most texts in one call."""
    max_text_characters: int = Field(default=10_000, ge=1)
    """Most characters of one text."""
    max_call_characters: int = Field(default=50_000, ge=1)
    """Most characters of all texts of one call together."""
