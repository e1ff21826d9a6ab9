"""Streams end with what let them in: a key, a session, a user, as auth ends it (security 12)."""

import asyncio

import pytest

from ai4v.adapters.memory.socket import MemoryChannel
from ai4v.adapters.memory.upstream import MemoryUpstream
from ai4v.contracts.identity import FirstRun
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import ChannelClosedError, UpstreamRequest
from tests.service.gateway.talk import Talk
from tests.support.asgi import AppMap
from tests.support.seal import seal_registry
from tests.support.system import ASR, GATEWAY, Platform

_PATH = b"/api/v1/asr/stream"
_USERS = "/api/v1/auth/users"
_PASSWORD = "seven green parrots over Kochi"


@pytest.fixture
async def live(platform: Platform) -> Platform:
    await platform.start(ASR, Talk())
    await seal_registry(platform.registry).register(Instance("asr", "asr", ASR), lease_s=3600)
    for _ in range(20):
        await asyncio.sleep(0)
    return platform


async def _open(platform: Platform, credential: str) -> MemoryChannel:
    headers = [(b"authorization", f"Bearer {credential}".encode())]
    request = UpstreamRequest("GET", GATEWAY, _PATH, headers)
    channel = await MemoryUpstream(AppMap(platform.network.apps)).connect(request, ())
    await channel.send("hello")
    assert await channel.receive() == "hello"
    return channel


async def _code(channel: MemoryChannel) -> int:
    with pytest.raises(ChannelClosedError) as ended:
        await asyncio.wait_for(channel.receive(), 5)
    return ended.value.code


async def _sign_in(platform: Platform, username: str, password: str) -> str:
    body = {"username": username, "password": password}
    answer = await platform.client.post("/api/v1/auth/login", json=body)
    return str(answer.json()["access_token"])


async def test_a_revoked_key_ends_its_stream_and_no_other(
    live: Platform, first_run: FirstRun
) -> None:
    key = await live.create_key(first_run, {"name": "short-lived"})
    channel, other = await _open(live, key["key"]), await _open(live, first_run.api_key)
    headers = await live.sign_in(first_run)
    await live.client.delete(f"/api/v1/auth/keys/{key['id']}", headers=headers)
    assert await _code(channel) == 4401
    await other.send("still here")
    assert await other.receive() == "still here"
    await other.close(1000, "")


async def test_signing_out_ends_the_streams_of_the_session(
    live: Platform, first_run: FirstRun
) -> None:
    token = await _sign_in(live, first_run.username, first_run.password)
    channel = await _open(live, token)
    headers = {"authorization": f"Bearer {token}"}
    assert (await live.client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
    assert await _code(channel) == 4401


async def test_a_user_let_out_loses_every_stream(live: Platform, first_run: FirstRun) -> None:
    admin = await live.sign_in(first_run)
    body = {"username": "asha", "password": _PASSWORD, "role": "user"}
    user = (await live.client.post(_USERS, json=body, headers=admin)).json()
    token = await _sign_in(live, "asha", _PASSWORD)
    mine = {"authorization": f"Bearer {token}"}
    made = await live.client.post("/api/v1/auth/keys", json={"name": "mine"}, headers=mine)
    channels = [await _open(live, token), await _open(live, made.json()["key"])]
    path = f"{_USERS}/{user['id']}"
    answer = await live.client.patch(path, json={"is_active": False}, headers=admin)
    assert answer.status_code == 200, answer.text
    assert [await _code(channel) for channel in channels] == [4401, 4401]


async def test_a_role_that_may_less_is_felt_at_the_next_call(
    live: Platform, first_run: FirstRun
) -> None:
    admin = await live.sign_in(first_run)
    body = {"username": "ravi", "password": _PASSWORD, "role": "user"}
    user = (await live.client.post(_USERS, json=body, headers=admin)).json()
    mine = {"authorization": f"Bearer {await _sign_in(live, 'ravi', _PASSWORD)}"}
    keys = "/api/v1/auth/keys"
    assert (await live.client.get(keys, headers=mine)).status_code == 200
    await live.client.patch(f"{_USERS}/{user['id']}", json={"role": "guest"}, headers=admin)
    assert (await live.client.get(keys, headers=mine)).status_code == 403
