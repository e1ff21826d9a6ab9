"""What is done for each language: `python -m tools.language` writes docs/languages.md.

`--check` compares. The table is that of GET /api/v1/capabilities when every built-in model is
installed: the services put their engines together as they do at their start, and none is loaded.
"""

import asyncio
import difflib
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES, SCRIPTS, Language
from ai4v.kit.settings import ServiceSettings
from ai4v.ports.synthesizer import SynthesizerInfo
from ai4v.services.asr import app as asr
from ai4v.services.asr.settings import AsrSettings
from ai4v.services.nmt import app as nmt
from ai4v.services.nmt.direction import DirectionTable
from ai4v.services.nmt.settings import NmtSettings
from ai4v.services.tts import app as tts
from ai4v.services.tts.approximation import APPROXIMATIONS
from ai4v.services.tts.settings import TtsSettings
from ai4v.services.tts.voice import Choice, VoiceWish, choose_voice, default_choices
from tools.openapi import stand_in_settings

_PAGE: Final = Path("docs/languages.md")
_TIERS: Final = (Tier.NEURAL, Tier.DEMO, Tier.RULE_BASED, Tier.APPROXIMATE)
_WORD_LISTS: Final = Path("indic-lexicon/hi_common.txt")
"""What some engines look for among the models when they say what they can do."""
_NOTHING: Final = "–"
_SHOWN_LINES: Final = 40
_Settings = TypeVar("_Settings", bound=ServiceSettings)
_TITLES: Final = {
    Task.TRANSCRIBE: "Speech to text",
    Task.TRANSLATE_SPEECH: "Speech to English text",
    Task.TRANSLATE: "Translation",
    Task.SYNTHESIZE: "Speech output",
    Task.DETECT_LANGUAGE: "Telling the language of a text",
}
_HEAD: Final = """# Languages

What the built-in engines do for the 22 scheduled languages of India and English, and how well.
`GET /api/v1/capabilities` says the same to programs, of the engines that are installed. Written by
`make languages` from what the engines declare.

Tiers: **neural**; **demo**: neural, but weak, to be shown and not relied on; **rule-based**;
**approximate**: another language's voice stands in. What is marked – is refused, with the list of
what is possible.
"""


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything that is declared."""

    capabilities: tuple[Capability, ...]
    """Of all tasks but speech output."""
    choices: tuple[Choice, ...]
    """Who speaks each language by default, and who reads its other scripts."""


def main(arguments: list[str]) -> int:
    """Write the page, or tell whether the one that is there is what the code says."""
    fresh = render(asyncio.run(gather()))
    if arguments == ["--check"]:
        return report(fresh, _PAGE.read_text("utf-8") if _PAGE.exists() else "")
    _PAGE.write_text(fresh, "utf-8")
    print(f"languages: wrote {_PAGE}")
    return 0


def report(fresh: str, kept: str) -> int:
    """Print how what is kept differs from what is fresh; return 1 when it does."""
    lines = difflib.unified_diff(
        kept.splitlines(), fresh.splitlines(), f"{_PAGE} (kept)", f"{_PAGE} (code)", n=0
    )
    difference = list(lines)[:_SHOWN_LINES]
    if difference:
        print("\n".join(difference))
        print("languages: the page is stale: read the diff, then run `make languages`")
    return 1 if difference else 0


async def gather() -> Offers:
    """Ask the engines of the services' default settings."""
    with tempfile.TemporaryDirectory() as folder:
        word_lists = folder / _WORD_LISTS
        word_lists.parent.mkdir()
        word_lists.touch()
        home = Path(folder)
        async with (
            asr.choose_adapters(_stand_in(AsrSettings, home))() as hearing,
            tts.choose_adapters(_stand_in(TtsSettings, home))() as speaking,
            nmt.choose_adapters(_stand_in(NmtSettings, home))() as translating,
        ):
            infos = [performer.info for performer in speaking.engines.performers]
            translator = translating.translator.info
            return Offers(
                (
                    *hearing.engines.recognizer.info.capabilities,
                    *DirectionTable.of(translator).capabilities(translator),
                    *translating.identifier.info.capabilities,
                ),
                (*default_choices(infos), *_read_other_scripts(infos)),
            )


def render(offers: Offers) -> str:
    """Return the page."""
    columns = (
        "code | language | script | speech to text | speech to English text | translated into "
        "| spoken by | told apart"
    )
    rows = [_row(language, offers) for language in LANGUAGES.values()]
    table = [f"| {columns} |", "|---" * 8 + "|", *rows]
    sections = [_HEAD, *_name_engines(offers), "", *table, "", "## What to know", ""]
    return "\n".join([*sections, *_list_notes(offers), ""])


def _stand_in(kind: type[_Settings], model_dir: Path) -> _Settings:
    settings = stand_in_settings(kind)
    if not isinstance(settings, kind):
        raise TypeError("settings are of the class that they are made of")
    return settings.model_copy(update={"model_dir": model_dir})


def _read_other_scripts(infos: Sequence[SynthesizerInfo]) -> Iterator[Choice]:
    for reading in APPROXIMATIONS:
        if reading.script != reading.language.script:
            yield choose_voice(VoiceWish(reading.language.code, reading.script), infos)


def _name_engines(offers: Offers) -> Iterator[str]:
    for task, title in _TITLES.items():
        named = dict.fromkeys(
            f"{offer.model_id} ({offer.engine})" if offer.model_id != offer.engine else offer.engine
            for offer in _all(offers)
            if offer.task is task
        )
        yield f"- {title}: {', '.join(named) or _NOTHING}"


def _row(language: Language, offers: Offers) -> str:
    mine = [offer for offer in offers.capabilities if offer.language == language.code]
    cells = (
        f"`{language.code}`",
        f"{language.name}, {language.native_name}",
        f"{SCRIPTS[language.script].name} ({language.script})",
        _tell_tier(mine, Task.TRANSCRIBE),
        _tell_tier(mine, Task.TRANSLATE_SPEECH),
        _tell_targets(mine),
        "; ".join(_tell_voice(each) for each in offers.choices if each.reading.language is language)
        or _NOTHING,
        _tell_tier(mine, Task.DETECT_LANGUAGE),
    )
    return f"| {' | '.join(cells)} |"


def _tell_tier(offers: Iterable[Capability], task: Task) -> str:
    return next((offer.tier.value for offer in offers if offer.task is task), _NOTHING)


def _tell_targets(offers: Sequence[Capability]) -> str:
    by_tier = {
        tier: [
            str(offer.target_language)
            for offer in offers
            if (offer.task, offer.tier) == (Task.TRANSLATE, tier)
        ]
        for tier in _TIERS
    }
    told = [f"{tier.value}: {' '.join(sorted(codes))}" for tier, codes in by_tier.items() if codes]
    return "; ".join(told) or _NOTHING


def _tell_voice(choice: Choice) -> str:
    reading, speaker = choice.reading, choice.speaker
    is_other = reading.script != reading.language.script
    script = f"in {SCRIPTS[reading.script].name} " if is_other else ""
    return f"{script}{choice.tier.value}: {speaker.info.engine}, `{speaker.voice.voice_id}`"


def _list_notes(offers: Offers) -> Iterator[str]:
    notes: defaultdict[tuple[Task, str], list[str]] = defaultdict(list)
    for offer in _all(offers):
        if offer.note:
            target = f"-{offer.target_language}" if offer.target_language else ""
            notes[offer.task, offer.note].append(f"{offer.language}{target}")
    for task, title in _TITLES.items():
        for (of_task, note), codes in notes.items():
            if of_task is task:
                yield f"- {title}, {' '.join(dict.fromkeys(codes))}: {note}"


def _all(offers: Offers) -> Iterator[Capability]:
    yield from offers.capabilities
    yield from (choice.capability for choice in offers.choices)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
