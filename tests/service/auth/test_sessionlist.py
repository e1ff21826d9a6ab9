"""Sessions: listed, told apart, and ended one by one or all at once."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc import jws

from ai4v.cli.signingkey import FILE, rotate
from ai4v.contracts.identity import Principal
from ai4v.contracts.session import JsonWebKeySet, SessionList, SessionTokens, SigningKeys
from tests.service.auth.house import PASSWORD, Caller, House, create_key
from tests.support.forgery import Forger
from tests.support.key import private_pem

_SESSIONS = "/api/v1/auth/sessions"


async def _sign_in(house: House, username: str) -> tuple[SessionTokens, Principal]:
    answer = await house.sign_in(username, PASSWORD)
    assert answer.status_code == 200, answer.text
    tokens = SessionTokens.model_validate_json(answer.content)
    return tokens, await house.principal_of(tokens.access_token)


async def _list(caller: Caller, path: str = _SESSIONS) -> SessionList:
    answer = await caller.ask("GET", path)
    assert answer.status_code == 200, answer.text
    return SessionList.model_validate_json(answer.content)


async def test_ones_own_sessions_are_listed_and_told_apart(house: House) -> None:
    admin = await house.administrator()
    await house.user(admin, "asha")
    house.clock.advance(60)
    _, second = await _sign_in(house, "asha")
    await house.user(admin, "ravi")
    found = (await _list(house.person(second))).sessions
    assert [row.is_current for row in found] == [True, False]
    assert found[0].id == second.session_id
    assert {row.method for row in found} == {"password"}
    assert found[0].last_used_at > found[1].last_used_at
    assert (found[0].expires_at - found[0].created_at).days == 30


async def test_where_a_session_came_from_is_kept(house: House) -> None:
    await house.user(await house.administrator(), "asha")
    answer = await house.http.post(
        "/api/v1/auth/login",
        json={"username": "asha", "password": PASSWORD},
        headers={
            **house.gateway._headers,
            "user-agent": "a browser\t" + "x" * 500,
            "x-forwarded-for": "203.0.113.9",
        },
    )
    principal = await house.principal_of(answer.json()["access_token"])
    row = next(s for s in (await _list(house.person(principal))).sessions if s.is_current)
    assert row.address == "203.0.113.9"
    assert row.user_agent is not None
    assert row.user_agent.startswith("a browser?xxx")
    assert len(row.user_agent) == 256


async def test_ending_one_session_ends_its_tokens_alone(house: House) -> None:
    await house.user(await house.administrator(), "asha")
    tokens, principal = await _sign_in(house, "asha")
    other, _ = await _sign_in(house, "asha")
    path = f"{_SESSIONS}/{principal.session_id}"
    assert (await house.person(principal).ask("DELETE", path)).status_code == 204
    assert await house.is_marked(tokens.access_token)
    assert (await house.check(tokens.access_token)).status_code == 401
    body = {"refresh_token": tokens.refresh_token}
    assert (await house.gateway.ask("POST", "/api/v1/auth/refresh", body)).status_code == 401
    assert (await house.check(other.access_token)).status_code == 200
    assert (await house.person(principal).ask("DELETE", path)).status_code == 204


async def test_somebody_elses_session_is_not_there(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    ravi = await house.user(admin, "ravi")
    for session_id in (asha.session_id, uuid4()):
        answer = await house.person(ravi).ask("DELETE", f"{_SESSIONS}/{session_id}")
        assert answer.status_code == 404
        assert answer.json()["detail"]["message"] == "no such session"
    assert len((await _list(house.person(asha))).sessions) == 1


async def test_signing_out_ends_this_session(house: House) -> None:
    await house.user(await house.administrator(), "asha")
    tokens, principal = await _sign_in(house, "asha")
    other, _ = await _sign_in(house, "asha")
    assert (await house.person(principal).ask("POST", "/api/v1/auth/logout")).status_code == 204
    assert (await house.check(tokens.access_token)).status_code == 401
    assert (await house.check(other.access_token)).status_code == 200


async def test_signing_out_everywhere_ends_all_and_keeps_the_keys(house: House) -> None:
    asha = await house.user(await house.administrator(), "asha")
    made = [await _sign_in(house, "asha") for _ in range(3)]
    key = await create_key(house.person(asha))
    answer = await house.person(asha).ask("POST", "/api/v1/auth/logout/all")
    assert answer.status_code == 204
    for tokens, _ in made:
        assert await house.is_marked(tokens.access_token)
        assert (await house.check(tokens.access_token)).status_code == 401
    assert (await house.check(key.key)).status_code == 200
    assert (await _list(house.person(asha))).sessions == ()


async def test_a_key_has_no_session_to_end(house: House) -> None:
    admin = await house.administrator()
    assert (await admin.ask("POST", "/api/v1/auth/logout")).status_code == 403


async def test_administrators_see_and_end_the_sessions_of_others(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    path = f"/api/v1/auth/users/{asha.user_id}/sessions"
    assert [row.id for row in (await _list(admin, path)).sessions] == [asha.session_id]
    for method in ("GET", "DELETE"):
        assert (await house.person(asha).ask(method, path)).status_code == 403
    assert (await admin.ask("DELETE", path)).status_code == 204
    assert (await _list(admin, path)).sessions == ()
    nobody = f"/api/v1/auth/users/{uuid4()}/sessions"
    assert (await admin.ask("DELETE", nobody)).status_code == 404


async def test_the_keys_are_published_for_anybody_to_keep(house: House) -> None:
    answer = await house.gateway.ask("GET", "/api/v1/auth/jwks.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    (key,) = JsonWebKeySet.model_validate_json(answer.content).keys
    assert key.kid == Forger(house.keys.jwt, {}).key_id
    assert "d" not in answer.json()["keys"][0]


async def test_the_operator_alone_has_the_keys_read_again(house: House) -> None:
    path = "/internal/signing-keys/reload"
    answer = await house.operator.ask("POST", path)
    assert answer.status_code == 200, answer.text
    assert len(SigningKeys.model_validate_json(answer.content).key_ids) == 1
    assert (await house.gateway.ask("POST", path)).status_code == 403
    assert (await (await house.administrator()).ask("POST", path)).status_code == 403


async def test_another_signing_key_is_taken_up_and_the_one_before_still_checks(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = await house.user(await house.administrator(), "asha")
    assert asha.session_id is not None
    before, _ = await _sign_in(house, "asha")
    secret = tmp_path / FILE
    secret.write_text(private_pem(house.keys.jwt))
    monkeypatch.setenv("AI4V_SECRETS_DIR", str(tmp_path))

    async def rotate_now(*, is_leaked: bool) -> tuple[str, ...]:
        rotate(secret, datetime.now(UTC), is_leaked=is_leaked)
        answer = await house.operator.ask("POST", "/internal/signing-keys/reload")
        assert answer.status_code == 200, answer.text
        published = await house.gateway.ask("GET", "/api/v1/auth/jwks.json")
        key_ids = SigningKeys.model_validate_json(answer.content).key_ids
        assert [key["kid"] for key in published.json()["keys"]] == list(key_ids)
        return key_ids

    old = Forger(house.keys.jwt, {}).key_id
    new, kept = await rotate_now(is_leaked=False)
    assert kept == old != new
    after, _ = await _sign_in(house, "asha")
    assert (await house.check(before.access_token)).status_code == 200
    assert jws.extract_compact(after.access_token.encode()).headers()["kid"] == new
    assert old not in await rotate_now(is_leaked=True)
    for tokens in (before, after):
        assert (await house.check(tokens.access_token)).status_code == 401
        body = {"refresh_token": tokens.refresh_token}
        renewed = await house.gateway.ask("POST", "/api/v1/auth/refresh", body)
        assert (await house.check(renewed.json()["access_token"])).status_code == 200


async def test_a_secret_that_is_wrong_changes_no_key(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.user(await house.administrator(), "asha")
    (tmp_path / FILE).write_text("oops")
    monkeypatch.setenv("AI4V_SECRETS_DIR", str(tmp_path))
    answer = await house.operator.ask("POST", "/internal/signing-keys/reload")
    assert answer.status_code == 422
    assert "oops" not in answer.text
    await _sign_in(house, "asha")


@pytest.mark.parametrize("is_issued", [True, False])
async def test_forged_tokens_are_refused_where_the_gateway_asks(
    house: House, *, is_issued: bool
) -> None:
    asha = await house.user(await house.administrator(), "asha")
    now = int(house.clock.now().timestamp())
    claims: dict[str, object] = {
        "iss": "ai4v-auth",
        "aud": "ai4v",
        "sub": str(asha.user_id),
        "sid": str(asha.session_id),
        "iat": now,
        "exp": now + 900,
        "jti": str(uuid4()),
    }
    forger = Forger(house.keys.jwt, claims)
    if is_issued:
        forgeries = forger.all()
        assert len(forgeries) >= 25
        statuses = {
            what: (await house.check(forge())).status_code for what, forge in forgeries.items()
        }
        assert set(statuses.values()) == {401}, statuses
    else:
        # Rightly signed, and never handed out: what a thief of the signing key could make.
        assert (await house.check(forger.sign())).status_code == 401
