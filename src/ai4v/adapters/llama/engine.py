"""The language model in this process: one passage in, one translation out. Runs in a worker.

One thread and one passage at a time: the build computes a batch no faster than its members one by
one, threads that wait for each other stand still on a busy machine, and so no passage can change
another's result. Who wants more runs more workers, which share the model's pages.
"""

import secrets
from pathlib import Path
from typing import Final

import xllamacpp

from ai4v.adapters.llama.answer import cut_loop, has_foreign_letters
from ai4v.adapters.llama.attempt import Attempt, seek
from ai4v.adapters.llama.grammar import make_grammar
from ai4v.adapters.llama.prompt import hints_for, make_head, make_prompt, recall
from ai4v.adapters.llama.shelter import open_shelter
from ai4v.ports.translator import Passage, Translation

_PROMPTS: Final = 7
"""Heads that stay computed, one for each direction: a passage then costs only its own tokens."""
_CONTEXT_TOKENS: Final = 1280
"""Of each: up to 450 for the examples, 500 for the source, 300 for the answer."""
_BATCH_TOKENS: Final = 128
_MOST_ANSWERED: Final = 300
_NEVER_SAID: Final = ("(", " (", "=", " =", " [", '"', ' "')
"""Signs of the prompt that leak into answers."""
_NUDGE: Final = 2.0
_PUSH: Final = 4.5
"""Added to the logits of words that the glossary expects, the second to those left out at first."""


class LlamaEngine:
    """One loaded model. Not safe for use from two threads at once."""

    def __init__(self, model_path: Path) -> None:
        """Load a model in GGUF.

        llama.cpp's server always listens: here on a socket in a folder that only this user can
        enter, under a random key, and its name is taken away before anybody could use it.

        Raises:
            OSError, RuntimeError, ValueError: the model is not there or not whole.
        """
        if not model_path.is_file():
            raise FileNotFoundError(f"no model at {model_path}")
        with open_shelter() as folder:
            self._slots: dict[tuple[str, str], int] = {}
            self._server = xllamacpp.Server(_parameters(model_path, folder / "llama.sock"))

    def translate(self, passage: Passage) -> Translation:
        """Translate a passage that the caller has checked."""
        kept = order_kept(passage.text, passage.keep)
        if not _has_letters(passage.text, kept):
            return Translation(" ".join(passage.text.split()), is_whole=True)
        known = recall(passage.text, passage.source, passage.target)
        if known is not None:
            return Translation(known, is_whole=True)
        hints = hints_for(passage.text, passage.source, passage.target)
        self._prepare(passage.source, passage.target)
        best, least = seek(
            lambda attempt: self._ask(passage, kept, attempt), passage.target, kept, hints
        )
        if has_foreign_letters(best, passage.target, kept):
            return Translation("", is_whole=False)
        return Translation(cut_loop(best) if least.is_unfinished else best, not least.is_unfinished)

    def _ask(self, passage: Passage, kept: tuple[str, ...], attempt: Attempt) -> tuple[str, bool]:
        """Return an answer and whether it was cut off."""
        request: dict[str, object] = {
            "prompt": make_prompt(passage.text, passage.source, passage.target),
            "temperature": 0.0,
            "samplers": ["dry", "temperature"],
            "n_predict": most_answered(passage.text, kept),
            "stop": ["\n"],
            "id_slot": self._slots[passage.source, passage.target],
            "logit_bias": _biases(attempt),
        }
        if attempt.is_held:
            strict = attempt.is_strict
            request["grammar"] = make_grammar(passage.target, kept, is_strict=strict)
        if attempt.is_penalized:
            request["dry_multiplier"] = 0.8
        answer = self._server.handle_completions(request)
        if "choices" not in answer:
            return "", True
        (choice,) = answer["choices"]
        text = choice["text"].replace("\ufffd", " ")
        return " ".join(text.split()), choice["finish_reason"] == "length"

    def _prepare(self, source: str, target: str) -> None:
        """Bring the head of a direction's prompt, and no more, into a slot.

        How many tokens are computed together changes the last digits, and with them now and then
        a word: so what is kept from the text before must always be the same.
        """
        direction = (source, target)
        is_new = direction not in self._slots
        if is_new:
            free = len(self._slots)
            slot = free if free < _PROMPTS else self._slots.pop(next(iter(self._slots)))
        else:
            slot = self._slots.pop(direction)
        self._slots[direction] = slot
        request = {"prompt": make_head(source, target), "n_predict": 0, "id_slot": slot}
        if is_new:
            self._server.handle_completions({**request, "cache_prompt": False})
        self._server.handle_completions(request)


def order_kept(text: str, keep: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is to be kept in the order in which it stands in `text`, without what does not.

    A string listed twice is returned as often as it stands there, at most twice.
    """
    found: list[tuple[int, str]] = []
    taken = [False] * len(text)
    for literal in sorted(keep, key=len, reverse=True):
        start = text.find(literal) if literal.strip() and literal.isprintable() else -1
        while start >= 0 and any(taken[start : start + len(literal)]):
            start = text.find(literal, start + 1)
        if start >= 0:
            taken[start : start + len(literal)] = [True] * len(literal)
            found.append((start, literal))
    return tuple(literal for _, literal in sorted(found))


def _biases(attempt: Attempt) -> list[tuple[str, float | bool]]:
    """Return what is added to the logits of words; False means never."""
    nudges = {f" {hint.meanings[0]}": _NUDGE for hint in attempt.nudged}
    pushes = {f" {hint.meanings[0]}": _PUSH for hint in attempt.pushed}
    return [*((sign, False) for sign in _NEVER_SAID), *(nudges | pushes).items()]


def most_answered(text: str, kept: tuple[str, ...]) -> int:
    """Bound the answer to `text`, in tokens.

    A good answer has about a third as many tokens as its source has characters, and at most one
    for each character of what is kept.
    """
    kept_characters = sum(map(len, kept))
    return min(_MOST_ANSWERED, 16 + kept_characters + (len(text) - kept_characters) * 3 // 5)


def _has_letters(text: str, kept: tuple[str, ...]) -> bool:
    for literal in sorted(kept, key=len, reverse=True):
        text = text.replace(literal, " ", 1)
    return any(map(str.isalpha, text))


def _parameters(model_path: Path, socket: Path) -> xllamacpp.CommonParams:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_path)
    parameters.n_parallel = _PROMPTS
    parameters.n_ctx = _PROMPTS * _CONTEXT_TOKENS
    parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
    parameters.swa_full = True  # or prompts longer than the window (512) are computed again
    parameters.n_ctx_checkpoints = 0
    parameters.cache_ram_mib = 0
    parameters.warmup = False
    parameters.verbosity = 0
    for threads in (parameters.cpuparams, parameters.cpuparams_batch):
        threads.n_threads = 1
    parameters.n_threads_http = 1
    parameters.hostnames = [str(socket)]
    parameters.api_keys = [secrets.token_urlsafe(32)]
    parameters.endpoint_slots = parameters.endpoint_props = parameters.endpoint_metrics = False
    parameters.ui = False
    return parameters
