"""Port: text becomes phonemes."""

from collections.abc import Sequence
from typing import Protocol

from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError


class PhonemizerUnavailableError(ServiceUnavailableError):
    """The engine is loading, died, or its queue is full."""


class PhonemizerDeadlineError(DeadlineExceededError):
    """The deadline passed before the engine was done."""


class Phonemizer(Protocol):
    """Says how text is pronounced."""

    @property
    def tags(self) -> tuple[str, ...]:
        """The languages it knows, as BCP 47 tags (`hi`, `en-US` ...); known before loading."""
        ...

    async def load(self) -> None:
        """Make it ready; nothing happens when it is. Must precede use."""
        ...

    async def phonemize(
        self, texts: Sequence[str], tag: str, *, timeout_s: float
    ) -> tuple[str, ...]:
        """Return the phonemes of each text in IPA with stress marks; results in order.

        Punctuation that shapes how a sentence is spoken (. , ; : ! ?) stays where it was, the
        danda as a full stop; words are apart by one space; there are no line breaks. Text without
        anything to say gives an empty string.

        Raises:
            ValueError: a tag that is not among `tags`.
            PhonemizerUnavailableError: not loaded, queue full, or the engine died under the call.
            PhonemizerDeadlineError: `timeout_s` passed.
        """
        ...

    async def ping(self) -> None:
        """Return when it is loaded and answers; else `PhonemizerUnavailableError`."""
        ...

    async def close(self) -> None:
        """End it; nothing happens when it is not loaded."""
        ...
