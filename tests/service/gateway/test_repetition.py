"""What the gateway sends a second time, and what it must not."""

from fastapi import APIRouter
from starlette.responses import Response

from tests.service.gateway.house import House, make_service

LOGIN = "/api/v1/auth/login"


async def test_no_key_makes_a_call_of_the_auth_service_one_that_is_sent_twice(house: House) -> None:
    """No answer of its is kept, so what was perhaps done must not be done again."""
    refused = 0

    async def refuse() -> Response:
        nonlocal refused
        refused += 1
        return Response(status_code=503)

    router = APIRouter()
    router.add_api_route(LOGIN, refuse, methods=["POST"])
    await house.add("auth", "http://second-auth", make_service("auth", router))
    statuses = [
        (
            await house.ask(
                "POST", LOGIN, key=None, headers={"idempotency-key": f"k-{n}"}, content=b"{}"
            )
        ).status_code
        for n in range(20)
    ]
    assert refused > 0
    assert statuses.count(503) == refused
