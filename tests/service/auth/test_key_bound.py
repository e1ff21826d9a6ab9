"""What keys may be made for, by whom, and how they are changed and rotated."""

from datetime import timedelta
from uuid import uuid4

import pytest

from ai4v.contracts.apikey import CreatedKey, KeyView
from ai4v.contracts.identity import (
    STALE_MARK,
    Principal,
    Scope,
    credential_cache_key,
    hash_credential,
)
from ai4v.contracts.permission import READING, USING, Permission
from tests.service.auth.house import Caller, House, create_key

_KEYS = "/api/v1/auth/keys"
_MANAGING = ["key:manage", "asr:use", "asr:read"]


async def _manager(house: House, caller: Caller, **fields: object) -> tuple[CreatedKey, Caller]:
    key = await create_key(caller, permissions=_MANAGING, **fields)
    return key, house.person(await house.principal_of(key.key))


async def _status(caller: Caller, body: dict[str, object]) -> int:
    return (await caller.ask("POST", _KEYS, {"name": "x", **body})).status_code


async def test_a_key_does_what_it_was_made_for(house: House) -> None:
    user = await house.user(await house.administrator(), "asha")
    key = await create_key(
        house.person(user),
        permissions=["asr:use"],
        scope={"services": ["asr"], "tasks": ["asr"], "languages": ["gom", "hi"], "models": ["m"]},
        networks=["203.0.113.0/24", "2001:db8::1", "203.0.113.0/24"],
        limits={"audio_s_per_day": 60, "characters_per_day": 0},
    )
    principal = await house.principal_of(key.key)
    assert principal.permissions == {Permission.ASR_USE}
    assert principal.scope == Scope(
        services=("asr",), tasks=("asr",), languages=("kok", "hi"), models=("m",)
    )
    assert principal.networks == ("203.0.113.0/24", "2001:db8::1/128")
    assert principal.limits.audio_s_per_day == 60
    assert principal.limits.characters_per_day == 0
    assert (key.scope, key.networks) == (principal.scope, principal.networks)


async def test_a_key_whose_maker_says_nothing_uses_the_platform_and_no_more(house: House) -> None:
    admin = await house.administrator()
    user = await house.user(admin, "asha")
    for maker in (admin, house.person(user)):
        key = await create_key(maker)
        assert (await house.principal_of(key.key)).permissions == USING
        assert key.permissions == tuple(sorted(USING))
    first = await create_key(house.person(user))
    assert (await house.principal_of(first.key)).permissions == USING


async def test_nobody_makes_a_key_that_does_more_than_themselves(house: House) -> None:
    user = house.person(await house.user(await house.administrator(), "asha"))
    for permission in ("user:manage", "audit:read", "key:manage-any"):
        assert await _status(user, {"permissions": ["asr:use", permission]}) == 403
    assert await _status(user, {"permissions": []}) == 422


async def test_a_key_never_does_more_than_its_owner_does_now(house: House) -> None:
    admin = await house.administrator()
    owner = await house.user(admin, "asha")
    key = await create_key(house.person(owner), permissions=["asr:use", "asr:read", "key:manage"])
    body = {"role": "guest"}
    answer = await admin.ask("PATCH", f"/api/v1/auth/users/{owner.user_id}", body)
    assert answer.status_code == 200, answer.text
    assert (await house.principal_of(key.key)).permissions == {Permission.ASR_READ}
    assert Permission.ASR_READ in READING


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scope.services.0", {"scope": {"services": ["a b"]}}),
        ("scope.services", {"scope": {"services": ["nothing"]}}),
        ("scope.services", {"scope": {"services": ["gateway"]}}),
        ("scope.tasks.0", {"scope": {"tasks": ["nothing"]}}),
        ("scope.languages.0", {"scope": {"languages": ["xx"]}}),
        ("scope.models", {"scope": {"models": [f"m{number}" for number in range(65)]}}),
        ("scope.other", {"scope": {"other": []}}),
        ("networks.0", {"networks": ["203.0.113.1/24"]}),
        ("networks.0", {"networks": ["localhost"]}),
        ("networks", {"networks": [f"10.0.{number}.0/24" for number in range(33)]}),
        ("limits.audio_s_per_day", {"limits": {"audio_s_per_day": -1}}),
        ("permissions.0", {"permissions": ["everything"]}),
    ],
)
async def test_what_there_is_not_is_refused(
    house: House, field: str, value: dict[str, object]
) -> None:
    admin = await house.administrator()
    answer = await admin.ask("POST", _KEYS, {"name": "x", **value})
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["detail"]["errors"]] == [field]


async def test_a_key_manages_keys_only_with_the_permission(house: House) -> None:
    admin = await house.administrator()
    plain = house.person(await house.principal_of((await create_key(admin)).key))
    for method, path in (
        ("POST", _KEYS),
        ("GET", _KEYS),
        ("GET", f"{_KEYS}/{uuid4()}"),
        ("PATCH", f"{_KEYS}/{uuid4()}"),
        ("POST", f"{_KEYS}/{uuid4()}/rotate"),
        ("DELETE", f"{_KEYS}/{uuid4()}"),
    ):
        assert (await plain.ask(method, path, {})).status_code == 403


@pytest.mark.parametrize(
    ("own", "more"),
    [
        ({}, {"permissions": ["tts:use"]}),
        ({}, {"limits": {"per_minute": 61}}),
        ({"limits": {"per_minute": 5}}, {"limits": {"per_minute": 6}}),
        ({"limits": {"burst": 5}}, {"limits": {"burst": 6}}),
        ({"limits": {"burst": 5}}, {"limits": {"burst": None}}),
        ({"scope": {"services": ["asr"]}}, {"scope": {}}),
        ({"scope": {"services": ["asr"]}}, {"scope": {"services": ["asr", "tts"]}}),
        ({"networks": ["10.0.0.0/8"]}, {"networks": []}),
        ({"networks": ["10.0.0.0/8"]}, {"networks": ["10.0.0.0/7"]}),
        ({"networks": ["10.0.0.0/8"]}, {"networks": ["2001:db8::/32"]}),
        ({"expires_at": "2026-02-01T00:00:00Z"}, {"expires_at": "2026-02-02T00:00:00Z"}),
        ({"expires_at": "2026-02-01T00:00:00Z"}, {"expires_at": None}),
    ],
)
async def test_a_key_makes_no_key_that_does_more(
    house: House, own: dict[str, object], more: dict[str, object]
) -> None:
    user = house.person(await house.user(await house.administrator(), "asha"))
    _, manager = await _manager(house, user, **own)
    assert await _status(manager, more) == 403


async def test_a_key_hands_its_bounds_down(house: House) -> None:
    user = house.person(await house.user(await house.administrator(), "asha"))
    made, manager = await _manager(
        house,
        user,
        scope={"services": ["asr"]},
        networks=["10.0.0.0/8"],
        limits={"per_minute": 5, "burst": 2},
        expires_at="2026-02-01T00:00:00Z",
    )
    child = await create_key(manager, networks=["10.1.0.0/16"])
    assert child.permissions == ("asr:read", "asr:use")
    assert (child.scope, child.expires_at) == (made.scope, made.expires_at)
    assert child.networks == ("10.1.0.0/16",)
    assert (child.limits.per_minute, child.limits.burst, child.limits.per_hour) == (5, 2, 1_000)


async def test_a_key_neither_widens_nor_rotates_what_does_more(house: House) -> None:
    user = house.person(await house.user(await house.administrator(), "asha"))
    made, manager = await _manager(house, user, scope={"services": ["asr"]})
    strong = await create_key(user)
    path = f"{_KEYS}/{made.id}"
    assert (await manager.ask("PATCH", path, {"scope": {"services": []}})).status_code == 403
    assert (await manager.ask("PATCH", path, {"name": "new"})).status_code == 200
    assert (await manager.ask("POST", f"{_KEYS}/{strong.id}/rotate", {})).status_code == 403
    assert (await manager.ask("POST", f"{path}/rotate", {})).status_code == 201


async def _is_stale(house: House, key: CreatedKey) -> bool:
    mark = await house.shared.get(credential_cache_key(hash_credential(key.key)))
    return mark == STALE_MARK


async def test_a_change_is_announced_and_holds(house: House) -> None:
    user = house.person(await house.user(await house.administrator(), "asha"))
    end = house.clock.now() + timedelta(days=30)
    key = await create_key(user, scope={"services": ["asr"], "languages": ["hi"]})
    body = {
        "name": "narrower",
        "scope": {"languages": ["ta"]},
        "networks": ["10.0.0.0/8"],
        "limits": {"per_minute": 7, "burst": 3},
        "expires_at": end.isoformat(),
    }
    answer = await user.ask("PATCH", f"{_KEYS}/{key.id}", body)
    assert answer.status_code == 200, answer.text
    assert await _is_stale(house, key)
    principal = await house.principal_of(key.key)
    assert principal.scope == Scope(services=("asr",), languages=("ta",))
    assert principal.networks == ("10.0.0.0/8",)
    limits = principal.limits
    assert (limits.per_minute, limits.burst, limits.per_hour) == (7, 3, 1_000)
    shown = KeyView.model_validate_json((await user.ask("GET", f"{_KEYS}/{key.id}")).content)
    assert (shown.name, shown.expires_at) == ("narrower", end)


async def test_a_change_has_its_bounds(house: House) -> None:
    admin = await house.administrator()
    user = house.person(await house.user(admin, "asha"))
    end = house.clock.now() + timedelta(days=30)
    key = await create_key(user, expires_at=end.isoformat())
    path = f"{_KEYS}/{key.id}"
    for body, status in (
        ({"expires_at": (end + timedelta(seconds=1)).isoformat()}, 422),
        ({"expires_at": "2025-01-01T00:00:00Z"}, 422),
        ({}, 422),
        ({"permissions": ["asr:use"]}, 422),
        ({"limits": {"burst": 0}}, 422),
        ({"limits": {"per_minute": 61}}, 403),
        ({"limits": {"audio_s_per_day": 36_001}}, 403),
    ):
        assert (await user.ask("PATCH", path, body)).status_code == status, body
    assert (await admin.ask("PATCH", path, {"limits": {"per_minute": 600}})).status_code == 200
    assert (await user.ask("PATCH", path, {"limits": {"per_minute": 600}})).status_code == 200


async def test_a_rotated_key_is_good_until_the_overlap_is_over(house: House) -> None:
    user = house.person(await house.user(await house.administrator(), "asha"))
    old = await create_key(user, scope={"services": ["asr"]}, limits={"per_minute": 7})
    answer = await user.ask("POST", f"{_KEYS}/{old.id}/rotate", {"overlap_s": 3_600})
    assert answer.status_code == 201, answer.text
    new = CreatedKey.model_validate_json(answer.content)
    assert new.replaces_id == old.id
    assert (new.name, new.scope, new.limits) == (old.name, old.scope, old.limits)
    assert (new.permissions, new.expires_at) == (old.permissions, None)
    assert new.key != old.key
    assert await _is_stale(house, old)
    for key in (old, new):
        assert (await house.check(key.key)).status_code == 200
    house.clock.advance(3_601)
    assert (await house.check(old.key)).status_code == 401
    assert (await house.check(new.key)).status_code == 200


async def test_rotation_has_its_bounds(house: House) -> None:
    admin = await house.administrator()
    user = house.person(await house.user(admin, "asha"))
    end = house.clock.now() + timedelta(hours=1)
    key = await create_key(user, expires_at=end.isoformat())
    path = f"{_KEYS}/{key.id}/rotate"
    for overlap_s in (-1, 7 * 24 * 3_600 + 1):
        assert (await user.ask("POST", path, {"overlap_s": overlap_s})).status_code == 422
    assert (await admin.ask("POST", path, {})).status_code == 404
    new = CreatedKey.model_validate_json((await user.ask("POST", path, {})).content)
    assert new.expires_at == end
    assert (await house.check(key.key)).json()["expires_at"] == new.model_dump(mode="json")[
        "expires_at"
    ]
    await user.ask("DELETE", f"{_KEYS}/{key.id}")
    assert (await user.ask("POST", path, {})).status_code == 422


async def test_somebody_elses_key_is_not_found_but_by_who_manages_all(house: House) -> None:
    admin = await house.administrator()
    asha = house.person(await house.user(admin, "asha"))
    ravi = house.person(await house.user(admin, "ravi"))
    key = await create_key(asha)
    for method, path, body in (
        ("GET", f"{_KEYS}/{key.id}", None),
        ("PATCH", f"{_KEYS}/{key.id}", {"name": "mine"}),
        ("POST", f"{_KEYS}/{key.id}/rotate", {}),
        ("DELETE", f"{_KEYS}/{key.id}", None),
    ):
        assert (await ravi.ask(method, path, body)).status_code == 404
    assert (await admin.ask("GET", f"{_KEYS}/{key.id}")).status_code == 200


async def test_a_key_that_is_no_more_makes_none(house: House) -> None:
    owner = await house.user(await house.administrator(), "asha")
    gone = Principal(
        user_id=owner.user_id, role=owner.role, permissions=owner.permissions, key_id=uuid4()
    )
    assert await _status(house.person(gone), {}) == 403
