"""Where browsers come to: the root, and what the links in letters lead to."""

import pytest

from ai4v.contracts.account import Purpose
from ai4v.services.auth.proof.letter import Letters
from tests.service.gateway.house import House

TOKEN = "a4o_secret"


async def test_the_root_leads_to_the_documentation(house: House) -> None:
    answer = await house.ask(path="/", key=None)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
    assert (await house.ask(path=answer.headers["location"], key=None)).status_code == 200


@pytest.mark.parametrize(
    ("purpose", "call"),
    [
        (Purpose.VERIFY_EMAIL, "/api/v1/auth/verify-email"),
        (Purpose.RESET_PASSWORD, "/api/v1/auth/password/reset/confirm"),
    ],
)
async def test_links_in_letters_lead_to_a_page_that_says_what_to_do(
    house: House, purpose: Purpose, call: str
) -> None:
    path, _, fragment = Letters("").link(purpose, TOKEN).partition("#")
    assert TOKEN in fragment  # which browsers send to nobody
    answer = await house.ask(path=path, key=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert call in answer.text
    assert "ai4v " in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
async def test_those_pages_run_send_and_keep_nothing(house: House, path: str) -> None:
    headers = (await house.ask(path=path, key=None)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ")
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
