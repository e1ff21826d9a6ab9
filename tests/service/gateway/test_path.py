import pytest

from tests.service.gateway.house import KEY, House, settle


@pytest.mark.parametrize(
    "target",
    [
        "/nothing",
        "/api/v1/nothing",
        "/api/v1/asrx/models",
        "/API/V1/ASR/models",
        "/internal/capabilities",
        "/internal/credentials/verify",
        "/api/v1/asr/../../../internal/capabilities",
        "/api/v1/asr/%2e%2e/%2e%2e/%2e%2e/internal/capabilities",
        "/api/v1/asr/..%2f..%2f..%2finternal/capabilities",
        "/api/v1/asr/..%5c..%5cinternal",
        "/api/v1/asr/%252e%252e/internal",
        "/api/v1/asr//internal/capabilities",
        "//internal/capabilities",
        "/api/v1/asr/./models",
        "/api/v1/asr/models/..",
        "/api/v1/asr/models%00",
        "/api/v1/asr/models%0d%0aX-Evil:1",
        "/metrics",
        "/api/v1/asr/metrics/../../metrics",
        "/docs/../internal/capabilities",
        "/redoc",
    ],
)
async def test_what_is_not_offered_is_404(echo: House, target: str) -> None:
    answer = await echo.ask_target(target)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "NOT_FOUND")


async def test_encoded_letters_are_the_letters(echo: House) -> None:
    answer = await echo.ask_target("/api/v1/asr/mod%65ls?x=a b%zz\xff")
    assert answer.json()["path"] == "/api/v1/asr/models"


async def test_an_unknown_path_of_a_service_is_its_404(echo: House) -> None:
    answer = await echo.ask(path="/api/v1/asr/nothing")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "NOT_FOUND")


async def test_metrics_are_for_this_machine(echo: House) -> None:
    await echo.ask()
    await settle()
    assert (await echo.ask(path="/metrics")).status_code == 404
    echo.outside.peer = "127.0.0.1"
    passed_on = await echo.ask(path="/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    assert passed_on.status_code == 404
    text = (await echo.ask(path="/metrics", key=None)).text
    assert 'ai4v_http_requests_total{method="GET",route="/api/v1/asr",status="200"} 1.0' in text
    assert KEY not in text


async def test_labels_of_metrics_are_few(echo: House) -> None:
    for number in range(5):
        await echo.ask(f"M{number}", f"/api/v1/asr/thing-{number}")
        await echo.ask(path=f"/nothing-{number}")
    await settle()
    echo.outside.peer = "127.0.0.1"
    text = (await echo.ask(path="/metrics")).text
    assert 'method="other",route="/api/v1/asr",status="404"} 5.0' in text
    assert 'route="unknown",status="404"} 5.0' in text
    assert "thing-" not in text
