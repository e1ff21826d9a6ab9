"""The language identifier that services use; its work is done in threads, milliseconds a text."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qs, urlsplit

from ai4v.adapters.langid.capability import ENGINE, declare
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.ports.languageid import LanguageGuess, LanguageIdInfo

if TYPE_CHECKING:
    from ai4v.adapters.langid.judge import Judge

_LEXICON: Final = "indic-lexicon"


class LangidIdentifier:
    """A `LanguageIdentifier`; belongs to the event loop that loads it."""

    def __init__(self, lexicon_dir: Path | None) -> None:
        """Say where the word lists `<language>_common.txt` are; without, fewer are told apart."""
        has_lists = lexicon_dir is not None and (lexicon_dir / "hi_common.txt").is_file()
        self._lexicon_dir = lexicon_dir if has_lists else None
        self._info = LanguageIdInfo(ENGINE, ENGINE, declare(has_lists=has_lists))
        self._judge: Judge | None = None
        self._loading = asyncio.Lock()

    @classmethod
    def of_url(cls, url: str, model_dir: Path) -> Self:
        """Make one from `langid://?lexicon=indic-lexicon`; ValueError when the URL is another.

        Args:
            url: names the model that holds the word lists; `indic-lexicon` unless said.
            model_dir: holds a folder for each model.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        name = options.pop("lexicon", [_LEXICON])[0]
        if (
            parts.scheme != "langid"
            or parts.netloc
            or parts.path
            or options
            or not name.replace("-", "").isalnum()
        ):
            raise ValueError("a language identifier's URL is langid://?lexicon=<model>")
        return cls(model_dir / name)

    @property
    def info(self) -> LanguageIdInfo:
        """As the port says."""
        return self._info

    async def load(self) -> None:
        """As the port says."""
        async with self._loading:
            if self._judge is None:
                self._judge = await asyncio.to_thread(_load, self._lexicon_dir)

    async def identify(self, texts: Sequence[str]) -> tuple[tuple[LanguageGuess, ...], ...]:
        """As the port says."""
        judge = self._loaded()
        return await asyncio.to_thread(lambda: tuple(judge.guess(text) for text in texts))

    async def ping(self) -> None:
        """As the port says."""
        self._loaded()

    async def close(self) -> None:
        """As the port says."""
        self._judge = None

    def _loaded(self) -> "Judge":
        if self._judge is None:
            raise ServiceUnavailableError("the language identifier is not loaded")
        return self._judge


def _load(lexicon_dir: Path | None) -> "Judge":
    from ai4v.adapters.langid.judge import Judge

    return Judge(lexicon_dir)
