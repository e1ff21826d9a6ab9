from datetime import UTC, datetime

import pytest

from ai4v.contracts.error import FieldError, UpstreamError, ValidationError
from ai4v.kit.errorbody import ErrorBody, ErrorDetail
from ai4v.services.pipeline.failure import name_task, read_failure


def body(code: str, *errors: FieldError) -> bytes:
    detail = ErrorDetail(
        code=code, message="wrong", request_id="r", timestamp=datetime.now(UTC), errors=errors
    )
    return ErrorBody(detail=detail).model_dump_json(by_alias=True).encode()


def test_failure_of_a_task_keeps_its_code_status_and_patience() -> None:
    error = name_task(
        read_failure(503, body("SERVICE_UNAVAILABLE"), "7"), 1, "translation", total=3
    )
    assert (error.code, error.status, error.retry_after_s) == ("SERVICE_UNAVAILABLE", 503, 7)
    assert error.message == "task 2 of 3 (translation): wrong"


@pytest.mark.parametrize(
    ("number", "path", "moved"),
    [
        (0, "audio.2.audioContent", "inputData.audio.2.audioContent"),
        (0, "input.2.source", "inputData.input.2.source"),
        (0, "input", "inputData.input"),
        (0, "audio", "inputData.audio"),
        (0, "config.language", "pipelineTasks.0.config.language"),
        (1, "input.2.source", "pipelineTasks.1.input.2.source"),
        (1, "inputData.audio.0", "inputData.audio.0"),
    ],
)
def test_places_are_those_of_the_pipelines_body(number: int, path: str, moved: str) -> None:
    error = name_task(ValidationError.at(path, "wrong"), number, "asr", total=2)
    assert [problem.path for problem in error.errors] == [moved]


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_task_that_we_ask_wrongly_is_our_fault(status: int) -> None:
    assert isinstance(read_failure(status, body("NOT_FOUND"), None), UpstreamError)


def test_answer_that_is_none_of_ours() -> None:
    error = read_failure(500, b"<html>", "soon")
    assert isinstance(error, UpstreamError)
    assert error.status == 502
