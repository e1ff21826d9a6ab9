"""Sound that is fetched from an address."""

from contextlib import AbstractAsyncContextManager

import pytest

from tests.service.asr.stage import SILENT_LINK, WORDS, Stage, make_settings, open_stage, speech

_HERE = "https://media.example/hello.wav"
_NOISE = "https://media.example/page.html"
_HUGE = "https://media.example/huge.wav"
_LIMIT = 100_000


def body(*urls: str) -> dict[str, object]:
    return {
        "audio": [{"audioUri": url} for url in urls],
        "config": {"language": {"sourceLanguage": "hi"}},
    }


def open_with_files(url: str, **changes: object) -> AbstractAsyncContextManager[Stage]:
    files = {_HERE: speech(1.0), _NOISE: b"<html>", _HUGE: bytes(_LIMIT + 1)}
    return open_stage(make_settings(url, max_body_bytes=_LIMIT, **changes), files=files)


async def test_file_is_fetched_and_heard(asr_url: str) -> None:
    async with open_with_files(asr_url) as stage:
        answer = await stage.infer(body(_HERE, _HERE))
        assert answer.status_code == 200, answer.text
        assert [item["source"] for item in answer.json()["output"]] == [WORDS["hi"]] * 2


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("http://media.example/hello.wav", 422, "VALIDATION_ERROR"),
        ("https://media.example/gone.wav", 502, "UPSTREAM_ERROR"),
        (_NOISE, 422, "INVALID_AUDIO"),
        (_HUGE, 413, "PAYLOAD_TOO_LARGE"),
        (f"https://media.example/{'x' * 2048}", 422, "VALIDATION_ERROR"),
    ],
)
async def test_address_that_gives_nothing_names_its_item(
    asr_url: str, url: str, status: int, code: str
) -> None:
    async with open_with_files(asr_url) as stage:
        answer = await stage.infer(body(_HERE, url))
        assert (answer.status_code, answer.json()["detail"]["code"]) == (status, code)
        assert [item["path"] for item in answer.json()["detail"]["errors"]] == ["audio.1.audioUri"]
        assert "media.example" not in answer.text


async def test_address_that_is_silent_ends_in_time(asr_url: str) -> None:
    async with open_with_files(asr_url, fetch_timeout_s=0.05) as stage:
        answer = await stage.infer(body(SILENT_LINK))
        assert (answer.status_code, answer.json()["detail"]["code"]) == (502, "UPSTREAM_ERROR")
