"""Saying which field of a request cannot be carried out."""

from typing import NoReturn

from ai4v.contracts.error import FieldError, ValidationError


def refuse(path: str, message: str) -> NoReturn:
    """Refuse a request for one of its fields.

    Raises:
        ValidationError: always.
    """
    raise ValidationError(
        "the request cannot be carried out; see errors",
        errors=[FieldError(path=path, message=message)],
    )
