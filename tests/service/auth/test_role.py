"""Roles: what each may do is a table, and a change is felt at once."""

import asyncio

import asyncpg
import pytest

from ai4v.contracts.identity import (
    IDENTITY_CHANNEL,
    STALE_MARK,
    Principal,
    credential_cache_key,
    hash_credential,
)
from ai4v.contracts.permission import FIRST_PERMISSIONS, USING, Permission
from ai4v.contracts.role import Role
from tests.service.auth.house import PASSWORD, Caller, House, create_key

_ROLES = "/api/v1/auth/roles"
_USERS = "/api/v1/auth/users"


@pytest.fixture(autouse=True)
async def first_permissions(database: asyncpg.Connection) -> None:
    """What the migration put in."""
    await database.execute("DELETE FROM auth.role_permissions")
    rows = [(role, each) for role, held in FIRST_PERMISSIONS.items() for each in held]
    await database.executemany("INSERT INTO auth.role_permissions VALUES ($1, $2)", rows)


async def _audit(database: asyncpg.Connection) -> asyncpg.Record:
    return await database.fetchrow("SELECT * FROM auth.audit_events ORDER BY sequence DESC LIMIT 1")


async def _set(admin: Caller, role: str, *permissions: str) -> int:
    answer = await admin.ask("PUT", f"{_ROLES}/{role}", {"permissions": permissions})
    return answer.status_code


async def test_the_table_begins_as_it_is_drawn_up(house: House) -> None:
    admin = await house.administrator()
    told = (await admin.ask("GET", _ROLES)).json()["roles"]
    assert {view["role"]: view["permissions"] for view in told} == {
        role: sorted(permissions) for role, permissions in FIRST_PERMISSIONS.items()
    }


async def test_a_role_has_what_it_is_given_and_the_log_says_so(
    house: House, database: asyncpg.Connection
) -> None:
    admin = await house.administrator()
    await house.user(admin, "asha")
    assert await _set(admin, "user", "nmt:use", "nmt:read") == 200
    principal = await house.principal_of(await house.token("asha", PASSWORD))
    assert principal.permissions == {Permission.NMT_USE, Permission.NMT_READ}
    await admin.ask("PUT", f"{_ROLES}/guest", {"permissions": []})
    told = await _audit(database)
    assert (told["action"], told["target"]) == ("role.update", "role:guest")
    assert "account:self" in told["before"]
    assert "account:self" not in told["after"]


async def test_a_key_has_its_own_permissions_and_never_more_than_its_owner(house: House) -> None:
    admin = await house.administrator()
    asha = house.person(await house.user(admin, "asha"))
    key = (await create_key(asha)).key
    assert (await house.principal_of(key)).permissions == USING
    assert await _set(admin, "user", "nmt:use", "account:self") == 200
    assert (await house.principal_of(key)).permissions == {Permission.NMT_USE}


async def test_an_unknown_permission_is_refused_with_those_there_are(house: House) -> None:
    admin = await house.administrator()
    answer = await admin.ask("PUT", f"{_ROLES}/user", {"permissions": ["asr:use", "asr:destroy"]})
    assert answer.status_code == 422
    for permission in Permission:
        assert permission in answer.text
    assert (await admin.ask("PUT", f"{_ROLES}/king", {"permissions": []})).status_code == 422


@pytest.mark.parametrize("lost", [Permission.ROLE_MANAGE, Permission.USER_MANAGE])
async def test_administrators_keep_what_nobody_could_give_back(
    house: House, lost: Permission
) -> None:
    admin = await house.administrator()
    answer = await admin.ask(
        "PUT", f"{_ROLES}/admin", {"permissions": sorted(set(Permission) - {lost})}
    )
    assert (answer.status_code, lost in answer.text) == (422, True)
    assert await _set(admin, "admin", "role:manage", "user:manage") == 200


async def test_a_change_is_announced_for_every_credential_it_concerns(house: House) -> None:
    admin = await house.administrator()
    asha, guest = await house.user(admin, "asha"), await house.user(admin, "guest")
    token = await house.token("asha", PASSWORD)
    key = (await create_key(house.person(asha))).key
    await admin.ask("PATCH", f"{_USERS}/{guest.user_id}", {"role": "guest"})
    other = await house.token("guest", PASSWORD)
    async with house.shared.subscribe(IDENTITY_CHANNEL) as told:
        assert await _set(admin, "user", "nmt:use") == 200
        await house.shared.publish(IDENTITY_CHANNEL, b"end")
        heard = set()
        async with asyncio.timeout(5):
            async for message in told:
                if message == b"end":
                    break
                heard.add(message.decode())
    concerned = {hash_credential(credential) for credential in (token, key)}
    assert concerned <= heard
    assert hash_credential(other) not in heard
    for credential_hash in concerned:
        assert await house.shared.get(credential_cache_key(credential_hash)) == STALE_MARK


async def test_another_role_is_held_at_once_by_the_credentials_there_are(
    house: House, database: asyncpg.Connection
) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    token = await house.token("asha", PASSWORD)
    answer = await admin.ask("PATCH", f"{_USERS}/{asha.user_id}", {"role": "moderator"})
    assert (answer.status_code, answer.json()["role"]) == (200, "moderator")
    mark = await house.shared.get(credential_cache_key(hash_credential(token)))
    assert mark == STALE_MARK
    principal = await house.principal_of(token)
    assert (principal.role, principal.permissions) == (
        Role.MODERATOR,
        FIRST_PERMISSIONS[Role.MODERATOR],
    )
    told = await _audit(database)
    assert (told["action"], told["target"]) == ("user.update", f"user:{asha.user_id}")
    assert ('"user"' in told["before"], '"moderator"' in told["after"]) == (True, True)


async def test_nobody_changes_their_own_role(house: House) -> None:
    admin = await house.administrator()
    me = (await admin.ask("GET", "/api/v1/auth/me")).json()["user"]
    answer = await admin.ask("PATCH", f"{_USERS}/{me['id']}", {"role": "user"})
    assert answer.status_code == 422
    assert "own" in answer.text


async def test_the_last_administrator_stays_one(house: House) -> None:
    admin = await house.administrator()
    me = (await admin.ask("GET", "/api/v1/auth/me")).json()["user"]
    other = house.person(
        Principal(
            user_id=(await house.user(admin, "asha")).user_id,
            role=Role.ADMIN,
            permissions=frozenset(Permission),
        )
    )
    for change in ({"role": "user"}, {"is_active": False}):
        answer = await other.ask("PATCH", f"{_USERS}/{me['id']}", change)
        assert (answer.status_code, "last administrator" in answer.text) == (422, True)
    assert (await admin.ask("GET", "/api/v1/auth/me")).json()["user"]["role"] == "admin"


async def test_two_administrators_cannot_demote_each_other_at_once(house: House) -> None:
    admin = await house.administrator()
    me = (await admin.ask("GET", "/api/v1/auth/me")).json()["user"]["id"]
    asha = await house.user(admin, "asha")
    await admin.ask("PATCH", f"{_USERS}/{asha.user_id}", {"role": "admin"})
    everything = {"role": Role.ADMIN, "permissions": frozenset(Permission)}
    second = house.person(asha.model_copy(update=everything))
    answers = await asyncio.gather(
        admin.ask("PATCH", f"{_USERS}/{asha.user_id}", {"role": "user"}),
        second.ask("PATCH", f"{_USERS}/{me}", {"role": "user"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_nobody_gives_what_they_have_not(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    ravi = await house.user(admin, "ravi")
    keeper = house.person(
        asha.model_copy(update={"permissions": asha.permissions | {Permission.USER_MANAGE}})
    )
    for role, status in (("moderator", 403), ("admin", 403), ("guest", 200)):
        answer = await keeper.ask("PATCH", f"{_USERS}/{ravi.user_id}", {"role": role})
        assert answer.status_code == status, answer.text
    made = {"username": "new", "password": PASSWORD, "role": "admin"}
    assert (await keeper.ask("POST", _USERS, made)).status_code == 403


@pytest.mark.parametrize("change", [{}, {"role": "user", "is_active": True}, {"role": "king"}])
async def test_one_thing_is_changed_at_a_time(house: House, change: dict[str, object]) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    answer = await admin.ask("PATCH", f"{_USERS}/{asha.user_id}", change)
    assert answer.status_code == 422
