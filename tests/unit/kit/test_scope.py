"""What a key is for, and what it is not."""

import pytest

from ai4v.contracts.capability import Task
from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import Scope
from ai4v.kit.scope import check_languages, check_model, check_task


def test_a_key_that_names_nothing_is_for_everything() -> None:
    check_task(Scope(), Task.TRANSLATE)
    check_model(Scope(), "model")
    check_languages(Scope(), ["hi", "ta"])


def test_a_key_is_for_what_it_names() -> None:
    scope = Scope(tasks=("asr", "tts"), models=("a", "b"), languages=("hi", "gom"))
    check_task(scope, Task.SYNTHESIZE)
    check_model(scope, "b")
    check_languages(scope, ["hi", "kok", "gom"])
    check_languages(scope, [])


def test_for_anything_else_it_is_refused_and_told_what_it_is_for() -> None:
    scope = Scope(tasks=("asr",), models=("a",), languages=("hi", "ta"))
    with pytest.raises(AuthorizationError, match="tasks: asr; not translation"):
        check_task(scope, Task.TRANSLATE)
    with pytest.raises(AuthorizationError, match="models: a; not b"):
        check_model(scope, "b")
    with pytest.raises(AuthorizationError, match="languages: hi, ta; not bn"):
        check_languages(scope, ["hi", "bn"])
