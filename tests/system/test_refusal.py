"""What must be refused, seen from outside, through gateway and auth."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from ai4v.contracts.identity import FirstRun
from tests.support.system import AUTH, GATEWAY, Platform

ME = "/api/v1/auth/me"
KEYS = "/api/v1/auth/keys"


def code(answer: httpx2.Response) -> str:
    """Return the error code; the body is the one that every error has."""
    detail = answer.json()["detail"]
    assert detail["requestId"] == answer.headers["x-request-id"]
    assert detail["message"]
    assert detail["timestamp"]
    return str(detail["code"])


async def ask(platform: Platform, key: str, path: str = ME) -> httpx2.Response:
    return await platform.client.get(path, headers={"authorization": f"Bearer {key}"})


async def test_a_key_lets_in(platform: Platform, first_run: FirstRun) -> None:
    answer = await ask(platform, first_run.api_key)
    assert (answer.status_code, answer.json()["user"]["username"]) == (200, first_run.username)


async def test_a_sign_in_lets_in(platform: Platform, first_run: FirstRun) -> None:
    answer = await platform.client.post(
        "/api/v1/auth/login",
        json={"username": first_run.username, "password": first_run.password},
    )
    assert answer.status_code == 200
    assert (await ask(platform, answer.json()["access_token"])).status_code == 200


async def test_no_key_is_401(platform: Platform) -> None:
    answer = await platform.client.get(ME)
    assert (answer.status_code, code(answer)) == (401, "AUTHENTICATION_ERROR")


async def test_a_wrong_key_is_401(platform: Platform, first_run: FirstRun) -> None:
    changed = first_run.api_key[:-1] + ("a" if first_run.api_key[-1] != "a" else "b")
    for key in ("wrong", changed, "eyJhbGciOiJub25lIn0.e30."):
        answer = await ask(platform, key)
        assert (answer.status_code, code(answer)) == (401, "AUTHENTICATION_ERROR")


async def test_a_revoked_key_is_401_at_once(platform: Platform, first_run: FirstRun) -> None:
    created = await platform.create_key(first_run, {"name": "short-lived"})
    assert (await ask(platform, created["key"])).status_code == 200
    answer = await platform.client.delete(
        f"{KEYS}/{created['id']}", headers={"authorization": first_run.api_key}
    )
    assert answer.status_code == 204
    answer = await ask(platform, created["key"])
    assert (answer.status_code, code(answer)) == (401, "AUTHENTICATION_ERROR")


async def test_a_token_whose_session_ends_is_401_at_once(
    platform: Platform, first_run: FirstRun
) -> None:
    """By signing out, and by a refresh token that comes twice (security 17)."""
    client = platform.client
    login = {"username": first_run.username, "password": first_run.password}
    for is_stolen in (False, True):
        tokens = (await client.post("/api/v1/auth/login", json=login)).json()
        token = tokens["access_token"]
        assert (await ask(platform, token)).status_code == 200
        if is_stolen:
            refresh = {"refresh_token": tokens["refresh_token"]}
            for status in (200, 401):
                answer = await client.post("/api/v1/auth/refresh", json=refresh)
                assert answer.status_code == status
        else:
            headers = {"authorization": f"Bearer {token}"}
            await client.post("/api/v1/auth/logout", headers=headers)
        answer = await ask(platform, token)
        assert (answer.status_code, code(answer)) == (401, "AUTHENTICATION_ERROR")


async def test_an_expired_key_is_401(platform: Platform, first_run: FirstRun) -> None:
    expires_at = platform.clock.now() + timedelta(seconds=90)
    created = await platform.create_key(
        first_run, {"name": "brief", "expires_at": expires_at.isoformat()}
    )
    assert (await ask(platform, created["key"])).status_code == 200
    platform.clock.advance(91)
    for _ in range(2):
        answer = await ask(platform, created["key"])
        assert (answer.status_code, code(answer)) == (401, "AUTHENTICATION_ERROR")


async def test_sixty_at_once_pass_and_the_next_is_429(
    platform: Platform, first_run: FirstRun
) -> None:
    created = await platform.create_key(first_run, {"name": "busy"})
    answers = await asyncio.gather(*(ask(platform, created["key"]) for _ in range(61)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 60 + [429]
    (refused,) = (answer for answer in answers if answer.status_code == 429)
    assert code(refused) == "RATE_LIMIT_EXCEEDED"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"minute";r=0;t=60'
    assert (await ask(platform, first_run.api_key)).status_code == 200


async def test_a_key_has_its_own_limits(platform: Platform, first_run: FirstRun) -> None:
    limits = {"per_minute": 1, "per_hour": 5, "per_day": 5}
    created = await platform.create_key(first_run, {"name": "slow", "limits": limits})
    assert (await ask(platform, created["key"])).status_code == 200
    refused = await ask(platform, created["key"])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")


async def test_guessing_a_password_is_429(platform: Platform, first_run: FirstRun) -> None:
    body = {"username": first_run.username, "password": "not the password at all"}
    answers = [await platform.client.post("/api/v1/auth/login", json=body) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {401, 429}
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_forged_identity_is_of_no_use(platform: Platform, first_run: FirstRun) -> None:
    administrator = {"x-user-id": "1", "x-user-role": "admin", "x-consumer-username": "admin"}
    token = platform.sign("gateway", "auth")
    answer = await platform.client.get(ME, headers={**administrator, **token})
    assert answer.status_code == 401
    headers = {"authorization": first_run.api_key, "x-ai4v-internal-token": "forged"}
    answer = await platform.client.get(ME, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", [ME, "/internal/credentials/verify", "/api/v1/auth/nothing"])
async def test_a_service_called_directly_refuses(
    platform: Platform, first_run: FirstRun, path: str
) -> None:
    direct = platform.connect(AUTH)
    forged = {
        "authorization": f"Bearer {first_run.api_key}",
        "x-user-id": "1",
        "x-ai4v-internal-token": first_run.api_key,
    }
    for headers in ({}, forged, platform.sign("gateway", "asr")):
        answer = await direct.post(path, json={"credential": first_run.api_key}, headers=headers)
        assert (answer.status_code, code(answer)) == (401, "AUTHENTICATION_ERROR")


@pytest.mark.parametrize(
    "path",
    [
        "/internal/bootstrap",
        "/internal/credentials/verify",
        "/metrics",
        "/api/v2/auth/me",
        "/api/v1/auth/../../../internal/bootstrap",
        "/api/v1/auth/%2e%2e/%2e%2e/%2e%2e/internal/bootstrap",
    ],
)
async def test_what_is_internal_is_404(platform: Platform, first_run: FirstRun, path: str) -> None:
    answer = await platform.client.get(
        "/",
        headers={"authorization": first_run.api_key},
        extensions={"target": path.encode()},
    )
    assert (answer.status_code, code(answer)) == (404, "NOT_FOUND")


async def test_an_unknown_path_is_404(platform: Platform, first_run: FirstRun) -> None:
    for path in ("/nothing", "/api/v1/auth/nothing"):
        answer = await ask(platform, first_run.api_key, path)
        assert (answer.status_code, code(answer)) == (404, "NOT_FOUND")


async def test_a_wrong_method_is_405(platform: Platform, first_run: FirstRun) -> None:
    headers = {"authorization": first_run.api_key}
    for method, path in (("PUT", ME), ("DELETE", "/api/v1/status")):
        answer = await platform.client.request(method, path, headers=headers)
        assert (answer.status_code, code(answer)) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"name": "x"'])
async def test_broken_json_is_refused(
    platform: Platform, first_run: FirstRun, content: bytes
) -> None:
    headers = {"authorization": first_run.api_key, "content-type": "application/json"}
    answer = await platform.client.post(KEYS, content=content, headers=headers)
    expected = (422, "VALIDATION_ERROR") if not content else (400, "INVALID_JSON")
    assert (answer.status_code, code(answer)) == expected


async def test_wrong_fields_are_422_and_named(platform: Platform, first_run: FirstRun) -> None:
    headers = {"authorization": first_run.api_key}
    body = {"name": "x", "limits": {"per_minute": "many"}, "colour": "red"}
    answer = await platform.client.post(KEYS, json=body, headers=headers)
    assert (answer.status_code, code(answer)) == (422, "VALIDATION_ERROR")
    places = {error["path"] for error in answer.json()["detail"]["errors"]}
    assert places == {"limits.per_minute", "colour"}


async def test_too_large_a_body_is_413(platform: Platform, first_run: FirstRun) -> None:
    headers = {"authorization": first_run.api_key, "content-type": "application/json"}
    content = b" " * (33 * 1024 * 1024)
    answer = await platform.client.post(KEYS, content=content, headers=headers)
    assert (answer.status_code, code(answer)) == (413, "PAYLOAD_TOO_LARGE")


async def test_without_auth_only_known_keys_go_on(platform: Platform, first_run: FirstRun) -> None:
    unseen = (await platform.create_key(first_run, {"name": "unseen"}))["key"]
    assert (await ask(platform, first_run.api_key)).status_code == 200
    platform.stop(AUTH)
    for key in (first_run.api_key, unseen):
        answer = await ask(platform, key)
        assert (answer.status_code, code(answer)) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["retry-after"]
    assert (await ask(platform, first_run.api_key, "/api/v1/status")).status_code == 200
    assert (await ask(platform, unseen, "/api/v1/status")).status_code == 503
    health = await platform.connect(GATEWAY).get("/api/v1/gateway/health")
    assert (health.json()["status"], health.json()["components"]["auth"]) == (
        "degraded",
        "unhealthy",
    )


async def test_status_names_every_service(platform: Platform, first_run: FirstRun) -> None:
    status = (await ask(platform, first_run.api_key, "/api/v1/status")).json()
    states = {item["name"]: item["status"] for item in status["services"]}
    assert states["gateway"] == states["auth"] == "healthy"
    assert AUTH in str(status)


async def test_health_needs_no_key(platform: Platform) -> None:
    answer = await platform.client.get("/api/v1/auth/health")
    assert answer.json()["components"] == {"postgres": "healthy", "valkey": "healthy"}
    assert (await platform.client.get("/api/v1/asr/health")).status_code == 503
