"""What an API key is for, held against what a request turns out to ask.

The gateway knows which service is asked and holds that. Which task, which languages and which model
it comes down to only the service knows, once it has read the request; it asks here before anything
is recorded or done.
"""

from collections.abc import Iterable, Sequence

from ai4v.contracts.capability import Task
from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import Scope
from ai4v.contracts.language import find_language


def check_task(scope: Scope, task: Task) -> None:
    """Return when a key with this scope may have `task` done.

    Raises:
        AuthorizationError: it may not; the message says what the key is for.
    """
    _check("tasks", task.value, scope.tasks)


def check_model(scope: Scope, model_id: str) -> None:
    """Return when a key with this scope may use a model, named by our own id.

    Raises:
        AuthorizationError: it may not; the message says what the key is for.
    """
    _check("models", model_id, scope.models)


def check_languages(scope: Scope, codes: Iterable[str]) -> None:
    """Return when a key with this scope may use these languages, named or found.

    Args:
        scope: of the key.
        codes: ISO 639 codes of languages that are known; not `auto`.

    Raises:
        AuthorizationError: it may not use one; the message says what the key is for.
    """
    allowed = tuple(_name(code) for code in scope.languages)
    for code in codes:
        _check("languages", _name(code), allowed)


def _check(kind: str, name: str, allowed: Sequence[str]) -> None:
    if allowed and name not in allowed:
        raise AuthorizationError(f"this key is for these {kind}: {', '.join(allowed)}; not {name}")


def _name(code: str) -> str:
    language = find_language(code)
    return language.code if language else code
