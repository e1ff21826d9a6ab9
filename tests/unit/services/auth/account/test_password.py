"""Hashing, and how many may wait for it."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher as PasswordHash
from argon2 import extract_parameters

from ai4v.services.auth.account.password import (
    PasswordHasher,
    PasswordOverloadError,
    generate_password,
)
from tests.support.password import CHEAP


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    hasher = PasswordHasher(CHEAP, max_pending=3)
    yield hasher
    hasher.close()


@pytest.fixture
def safe() -> Iterator[PasswordHasher]:
    """One to whom nobody said what a hash may cost."""
    hasher = PasswordHasher()
    yield hasher
    hasher.close()


async def test_a_hash_costs_what_is_safe_unless_it_is_said(safe: PasswordHasher) -> None:
    password_hash = await safe.hash("correct horse battery")
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_password_matches_its_hash_and_no_other(hasher: PasswordHasher) -> None:
    password_hash = await hasher.hash("correct horse battery")
    assert "horse" not in password_hash
    assert await hasher.verify(password_hash, "correct horse battery")
    assert not await hasher.verify(password_hash, "correct horse batterY")


async def test_two_spellings_of_one_text_are_one_password(hasher: PasswordHasher) -> None:
    password_hash = await hasher.hash("caf\u00e9 \uff21 twelve letters")
    assert await hasher.verify(password_hash, "cafe\u0301 A twelve letters")


async def test_nothing_matches_nobody_and_it_costs_as_much(hasher: PasswordHasher) -> None:
    assert not await hasher.verify(None, "")
    assert not await hasher.verify(None, "\0" * 32)
    somebody = extract_parameters(await hasher.hash("correct horse battery"))
    assert extract_parameters(hasher._nobody) == somebody


async def test_nobodys_password_is_hashed_all_the_same(safe: PasswordHasher) -> None:
    known = await safe.hash("correct horse battery")
    costs_s: dict[str | None, list[float]] = {known: [], None: []}
    for _ in range(3):
        for password_hash, costs in costs_s.items():
            began_s = time.process_time()
            assert not await safe.verify(password_hash, "wrong")
            costs.append(time.process_time() - began_s)
    assert min(costs_s[None]) > min(costs_s[known]) / 2


async def test_strange_characters_are_characters(hasher: PasswordHasher) -> None:
    password = "\0 nul, 🐎 and हिन्दी and half a character \ud800"
    assert await hasher.verify(await hasher.hash(password), password)


async def test_one_too_many_is_refused_and_the_others_are_served(hasher: PasswordHasher) -> None:
    calls = [asyncio.create_task(hasher.verify(None, "x")) for _ in range(4)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [bool, bool, bool, PasswordOverloadError]
    assert not await hasher.verify(None, "x")


async def test_callers_who_leave_make_room(hasher: PasswordHasher) -> None:
    calls = [asyncio.create_task(hasher.verify(None, "x")) for _ in range(3)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    assert not await hasher.verify(None, "x")


def test_a_generated_password_is_long_and_cannot_be_misread() -> None:
    passwords = {generate_password() for _ in range(100)}
    assert len(passwords) == 100
    for password in passwords:
        assert len(password) >= 20
        assert not set(password) & set("0O1lI")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("correct horse battery", None),
        ("passwordpassword", "is too easy to guess"),
        ("asha asha asha asha", "is too easy to guess"),
        ("a\u0301" * 14, "must have 15 characters"),
    ],
)
async def test_a_new_password_is_told_what_is_wrong_with_it(
    hasher: PasswordHasher, password: str, fault: str | None
) -> None:
    found = await hasher.find_fault(password, ["asha"])
    assert found == fault if fault is None else (found or "").startswith(fault)


async def test_a_hash_with_other_parameters_is_outdated(hasher: PasswordHasher) -> None:
    assert not hasher.is_outdated(await hasher.hash("correct horse battery"))
    weaker = PasswordHash(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse battery")
    assert await hasher.verify(weaker, "correct horse battery")
    assert hasher.is_outdated(weaker)
