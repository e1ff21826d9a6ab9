"""What the ULCA shapes of all tasks share.

Sources: wire contract, sections 1 and 3. Names on the wire are camelCase. The same shapes serve
our own paths and the ULCA paths: ours forbid fields that are not here, the ULCA paths ignore them.
"""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

AUTO_LANGUAGE: Final = "auto"
"""In place of a language code: find out which language it is."""

LanguageCode = Annotated[str, Field(min_length=1, max_length=16)]
"""A code of the platform, or an alias of one."""
ScriptCode = Annotated[str, Field(max_length=8)]
"""ISO 15924."""
ServiceId = Annotated[str, Field(max_length=200)]
"""A model of ours, an alias of one, or empty for the default."""
ProcessorNames = Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=16)]
Domain = Annotated[str, Field(max_length=64)]


class Shape(BaseModel):
    """A shape of the wire: camelCase, frozen, without fields that it does not name."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class GivenShape(Shape):
    """A shape that clients send."""

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, given: object) -> object:
        """Take a null for an absent field: some ULCA clients spell out what they leave open."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class TextItem(Shape):
    """One text."""

    source: str


class ControlConfig(Shape):
    """What may be done with the content."""

    data_tracking: bool | None = None
    """Whether content may be stored; it never is yet, and the answer says so."""
