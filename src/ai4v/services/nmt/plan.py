"""What a request asks for, held against what the engine can do, before anything is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.error import FieldError, LanguageNotSupportedError, ValidationError
from ai4v.contracts.language import Language, find_language
from ai4v.contracts.nmt import NmtAppliedConfig, NmtConfig, NmtLanguage
from ai4v.contracts.ulca import AUTO_LANGUAGE, ControlConfig
from ai4v.ports.languageid import LanguageGuess
from ai4v.services.nmt.alias import ALIASES
from ai4v.services.nmt.direction import Direction, DirectionTable
from ai4v.services.nmt.intake import path_of

_LANGUAGE: Final = "config.language"


@dataclass(frozen=True, slots=True)
class Plan:
    """How one request will be carried out."""

    target: str
    """Code of the language wanted."""
    direction: Direction | None
    """The way of every text; None: each text's own language is to be found."""
    applied: NmtAppliedConfig
    """What the answer will say was done."""


def make_plan(
    config: NmtConfig, control: ControlConfig, table: DirectionTable, model_id: str
) -> Plan:
    """Hold `config` against `table`.

    Raises:
        LanguageNotSupportedError: there is no way between these languages.
        ValidationError: an unknown model or script.
    """
    _check_service_id(config.service_id, model_id)
    source, target, direction = _find_way(config.language, table)
    _check_script("source", config.language.source_script_code, source)
    _check_script("target", config.language.target_script_code, target)
    applied = NmtAppliedConfig(
        service_id=model_id,
        language=NmtLanguage(
            source_language=source.code if source else AUTO_LANGUAGE,
            target_language=target.code,
            source_script_code=source.script if source else None,
            target_script_code=target.script,
        ),
        not_applied=tuple(dict.fromkeys(_not_applied(config, control))),
        data_tracking=False,
    )
    return Plan(target.code, direction, applied)


def choose_directions(
    target: str, guesses: Sequence[Sequence[LanguageGuess]], table: DirectionTable
) -> tuple[Direction, ...]:
    """Return the way of each text whose language was guessed.

    Raises:
        LanguageNotSupportedError: from a text's language, or one it may be, no way leads to
            `target`; every such text is named.
    """
    found = [_choose(target, some, table) for some in guesses]
    possible = ", ".join(table.sources(target))
    message = (
        "its language cannot be told, or there is no way from it:"
        f" say which language it is in; into {target} possible: {possible}"
    )
    problems = [
        FieldError(path=path_of(index), message=message)
        for index, direction in enumerate(found)
        if direction is None
    ]
    if problems:
        raise LanguageNotSupportedError(f"{problems[0].path}: {message}", errors=problems)
    return tuple(direction for direction in found if direction is not None)


def _choose(
    target: str, guesses: Sequence[LanguageGuess], table: DirectionTable
) -> Direction | None:
    """Return the way from the likeliest language; only the likeliest may be `target` itself."""
    ways = (
        table.find(guess.language, target)
        for place, guess in enumerate(guesses)
        if place == 0 or guess.language != target
    )
    return next((way for way in ways if way is not None), None)


def _find_way(
    asked: NmtLanguage, table: DirectionTable
) -> tuple[Language | None, Language, Direction | None]:
    target = find_language(asked.target_language)
    if asked.source_language == AUTO_LANGUAGE:
        if target is None or not table.sources(target.code):
            possible = {each.target for each in table.directions}
            raise _unsupported("targetLanguage", "into this language", possible)
        return None, target, None
    source = find_language(asked.source_language)
    if source is None or not (source == target or table.targets(source.code)):
        possible = {each.source for each in table.directions}
        raise _unsupported("sourceLanguage", "from this language", possible)
    direction = table.find(source.code, target.code) if target else None
    if target is None or direction is None:
        what = f"from {source.code} into this language"
        raise _unsupported("targetLanguage", what, table.targets(source.code))
    return source, target, direction


def _unsupported(
    name: str, what: str, possible: Sequence[str] | set[str]
) -> LanguageNotSupportedError:
    message = f"translation {what} is not possible; possible: {', '.join(sorted(possible))}"
    problem = FieldError(path=f"{_LANGUAGE}.{name}", message=message)
    return LanguageNotSupportedError(message, errors=[problem])


def _check_service_id(service_id: str, model_id: str) -> None:
    if service_id and service_id != model_id and service_id not in ALIASES:
        known = ", ".join((model_id, *ALIASES))
        message = f"unknown; leave it empty or use one of: {known}"
        raise ValidationError.at("config.serviceId", message)


def _check_script(side: str, script: str | None, language: Language | None) -> None:
    if script is None or (language is not None and script == language.script):
        return
    possible = f"possible: {language.script}" if language else "leave it out with auto"
    message = f"this script is not possible; {possible}"
    raise ValidationError.at(f"{_LANGUAGE}.{side}ScriptCode", message)


def _not_applied(config: NmtConfig, control: ControlConfig) -> Iterator[str]:
    given = {
        "glossary": config.glossary,
        "domain": config.domain,
        "gender": config.gender,
        "enableNumberTranslation": config.enable_number_translation,
        "profanityFilter": config.profanity_filter,
    }
    yield from (name for name, value in given.items() if value)
    yield from config.pre_processors or ()
    yield from config.post_processors or ()
    if control.data_tracking:
        yield "dataTracking"
