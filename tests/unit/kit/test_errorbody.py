from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter
from pydantic import ValidationError as ModelError

from ai4v.contracts.error import FieldError
from ai4v.kit.errorbody import describe_problems


class _Cat(BaseModel, extra="forbid"):
    kind: Literal["cat"]


class _Dog(BaseModel, extra="forbid"):
    kind: Literal["dog"]


_PETS = TypeAdapter(tuple[Annotated[_Cat | _Dog, Field(discriminator="kind")], ...])


def _describe(given: object) -> tuple[FieldError, ...]:
    try:
        _PETS.validate_python(given)
    except ModelError as error:
        return describe_problems([{**each} for each in error.errors()])
    raise AssertionError("it is right")


def test_wrong_kind_is_not_repeated() -> None:
    (problem,) = _describe([{"kind": "SECRET expected tags: SECRET"}])
    assert problem.path == "0"
    assert problem.message == "Input should be one of: 'cat', 'dog'"


def test_name_of_a_field_is_repeated_in_part() -> None:
    (problem,) = _describe([{"kind": "cat", "x" * 10_000: 1}])
    assert problem.path.startswith("0.cat.xxx")
    assert len(problem.path) < 100


def test_errors_are_told_up_to_a_number() -> None:
    problems = _describe([{"kind": "cat", "x": 1}] * 1_000)
    assert len(problems) == 101
    assert problems[-1] == FieldError(path="", message="and 900 more")
