"""What the platform can do, said truthfully: language by task, engine and tier."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Task(StrEnum):
    """What is asked of an engine."""

    TRANSCRIBE = "asr"
    TRANSLATE_SPEECH = "speech-translation"
    """Said in English text."""
    TRANSLATE = "translation"
    SYNTHESIZE = "tts"
    DETECT_LANGUAGE = "txt-lang-detection"


class Tier(StrEnum):
    """How good an engine is at a language; the user is shown this word."""

    NEURAL = "neural"
    DEMO = "demo"
    """Neural, but weak: good enough to show, not to rely on."""
    RULE_BASED = "rule-based"
    APPROXIMATE = "approximate"
    """Another language's voice or model stands in."""
    NONE = "none"


class Capability(BaseModel):
    """One engine's offer for one language and task."""

    model_config = ConfigDict(frozen=True)

    task: Task
    language: str
    """What comes in; for speech output, what is spoken."""
    target_language: str | None = None
    """What comes out; for translation of text alone."""
    tier: Tier
    engine: str
    model_id: str
    note: str | None = None
    """What a user should know before relying on it."""
