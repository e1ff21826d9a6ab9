import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.ports.cache import CacheUnavailableError
from tests.service.gateway.house import ADMIN_KEY, ASR, House, make_service, open_house

PATH = "/api/v1/asr/inference"
HEADER = "idempotency-key"
LEASE_S = 5.0


class Worker:
    """Answers each request with a number of its own."""

    def __init__(self) -> None:
        self.keys: list[str | None] = []
        self.status = 200
        self.size = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.has_begun = asyncio.Event()

    async def work(self, request: Request) -> Response:
        await request.body()
        self.keys.append(request.headers.get(HEADER))
        self.has_begun.set()
        await self.gate.wait()
        content = f"answer {len(self.keys)}".encode() + b"x" * self.size
        return Response(content, status_code=self.status, headers={"x-kept": "yes"})

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route(PATH, self.work, methods=["POST"])
        return router


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
async def busy(house: House, worker: Worker) -> House:
    await house.add("asr", ASR, make_service("asr", worker.router()))
    return house


async def post(
    house: House, key: str = "k-1", content: bytes = b"one", **how: str
) -> httpx2.Response:
    return await house.ask("POST", PATH, headers={HEADER: key}, content=content, **how)


async def test_the_same_bytes_are_answered_again(busy: House, worker: Worker) -> None:
    worker.status = 201
    first, second = await post(busy), await post(busy)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert (second.status_code, second.text) == (201, "answer 1")
    assert second.headers["x-kept"] == "yes"
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert worker.keys == ["k-1"]


async def test_keys_are_each_callers_own(busy: House, worker: Worker) -> None:
    assert (await post(busy)).text == "answer 1"
    assert (await post(busy, key="k-2")).text == "answer 2"
    other = await busy.client.post(
        PATH, content=b"one", headers={"authorization": ADMIN_KEY, HEADER: "k-1"}
    )
    assert other.text == "answer 3"


@pytest.mark.parametrize("path", [PATH, PATH + "?a=2"])
async def test_another_request_with_the_key_is_422(busy: House, path: str) -> None:
    await post(busy)
    content = b"two" if path == PATH else b"one"
    answer = await busy.ask("POST", path, headers={HEADER: "k-1"}, content=content)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (422, "VALIDATION_ERROR")


async def test_while_the_first_is_under_way_it_is_409(busy: House, worker: Worker) -> None:
    worker.gate.clear()
    first = asyncio.create_task(post(busy))
    await worker.has_begun.wait()
    refused = await post(busy)
    assert (refused.status_code, refused.json()["detail"]["code"]) == (409, "CONFLICT")
    assert refused.headers["retry-after"] == "1"
    worker.gate.set()
    assert (await first).text == "answer 1"
    assert (await post(busy)).text == "answer 1"


async def test_three_at_once_are_done_once(busy: House, worker: Worker) -> None:
    answers = await asyncio.gather(*(post(busy) for _ in range(3)))
    assert min(answer.status_code for answer in answers) == 200
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert worker.keys == ["k-1"]


@pytest.mark.parametrize("status", [408, 429, 500, 502])
async def test_what_is_not_final_may_be_tried_again(
    busy: House, worker: Worker, status: int
) -> None:
    worker.status = status
    await post(busy)
    done = len(worker.keys)
    worker.status = 200
    answer = await post(busy)
    assert (answer.status_code, answer.text) == (200, f"answer {done + 1}")


async def test_a_refusal_of_the_service_is_final(busy: House, worker: Worker) -> None:
    worker.status = 422
    await post(busy)
    worker.status = 200
    assert ((await post(busy)).status_code, len(worker.keys)) == (422, 1)


async def test_a_deadline_that_passed_frees_the_key(busy: House, worker: Worker) -> None:
    await post(busy, key="warm")
    worker.gate.clear()
    headers = {HEADER: "k-1", "x-request-timeout-ms": "100"}
    late = await busy.ask("POST", PATH, headers=headers, content=b"one")
    assert late.status_code == 504
    worker.gate.set()
    assert (await post(busy)).status_code == 200


async def test_no_instance_frees_the_key(house: House, worker: Worker) -> None:
    assert (await post(house)).status_code == 503
    await house.add("asr", ASR, make_service("asr", worker.router()))
    assert (await post(house)).text == "answer 1"


async def test_a_large_upload_is_told_from_another(busy: House, worker: Worker) -> None:
    async def upload(last: bytes) -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 40_000
        yield last

    async def send(last: bytes) -> httpx2.Response:
        return await busy.client.post(
            PATH, content=upload(last), headers={"authorization": ADMIN_KEY, HEADER: "big"}
        )

    assert (await send(b"a")).text == "answer 1"
    assert (await send(b"a")).text == "answer 1"
    assert (await send(b"b")).status_code == 422
    assert len(worker.keys) == 1


async def test_an_answer_that_is_too_large_is_not_kept_and_not_done_again(
    busy: House, worker: Worker
) -> None:
    worker.size = 2 << 20
    first = await post(busy)
    assert len(first.content) == worker.size + len("answer 1")
    refused = await post(busy)
    assert (refused.status_code, len(worker.keys)) == (409, 1)
    assert "too large" in refused.json()["detail"]["message"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\xe9"])
async def test_a_malformed_key_is_422(busy: House, worker: Worker, key: str) -> None:
    answer = await busy.client.post(
        PATH,
        content=b"x",
        headers=[(b"authorization", ADMIN_KEY.encode()), (HEADER.encode(), key.encode("latin-1"))],
    )
    assert (answer.status_code, worker.keys) == (422, [])


async def test_two_keys_are_422(busy: House) -> None:
    headers = [("authorization", ADMIN_KEY), (HEADER, "a"), (HEADER, "b")]
    assert (await busy.client.post(PATH, content=b"x", headers=headers)).status_code == 422


async def test_it_is_for_post_alone(busy: House) -> None:
    for _ in range(2):
        answer = await busy.ask("GET", PATH, headers={HEADER: "k-1"})
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (405, False)


async def test_answers_of_the_auth_service_are_not_kept(house: House) -> None:
    for _ in range(2):
        answer = await house.ask(
            "POST", "/api/v1/auth/login", key=None, headers={HEADER: "k-1"}, content=b"{}"
        )
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (200, False)


async def test_a_kept_answer_is_forgotten_after_a_day(busy: House) -> None:
    await post(busy)
    busy.clock.advance(86_401)
    assert (await post(busy)).text == "answer 2"


async def test_a_key_whose_gateway_died_is_free_when_its_lease_ends(
    busy: House, worker: Worker
) -> None:
    worker.gate.clear()
    first = asyncio.create_task(post(busy))
    await worker.has_begun.wait()
    busy.clock.advance(LEASE_S - 0.1)
    assert (await post(busy)).status_code == 409
    busy.clock.advance(0.2)
    worker.gate.set()
    assert (await post(busy)).status_code == 200
    await first


async def test_who_lost_its_lease_answers_as_the_one_that_took_over(
    busy: House, worker: Worker
) -> None:
    gates = worker.gate, asyncio.Event()
    worker.gate.clear()
    first = asyncio.create_task(post(busy))
    await worker.has_begun.wait()
    busy.clock.advance(LEASE_S + 0.1)
    worker.gate = gates[1]
    worker.gate.set()
    second = await post(busy)
    gates[0].set()
    late, third = await first, await post(busy)
    assert {answer.content for answer in (second, late, third)} == {second.content}
    assert late.headers["idempotency-replayed"] == "true"
    assert len(worker.keys) == 2


async def test_who_lost_its_lease_waits_for_the_one_that_took_over(
    busy: House, worker: Worker
) -> None:
    gates = worker.gate, asyncio.Event()
    worker.gate.clear()
    first = asyncio.create_task(post(busy))
    await worker.has_begun.wait()
    busy.clock.advance(LEASE_S + 0.1)
    worker.gate = gates[1]
    worker.has_begun.clear()
    second = asyncio.create_task(post(busy))
    await worker.has_begun.wait()
    gates[0].set()
    late = await first
    assert (late.status_code, late.headers["retry-after"]) == (409, "1")
    gates[1].set()
    assert (await second).content == (await post(busy)).content


class NoRoom(MemoryCache):
    """A cache that knows credentials and is down for the rest."""

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        if key.startswith("idempotency:"):
            raise CacheUnavailableError("down")
        return await super().add(key, value, ttl_s=ttl_s)


async def test_without_the_cache_nothing_is_promised(worker: Worker) -> None:
    async with open_house(cache=NoRoom()) as house:
        await house.add("asr", ASR, make_service("asr", worker.router()))
        assert (await post(house)).status_code == 503
        assert worker.keys == []
        assert (await house.ask("POST", PATH, content=b"x")).status_code == 200


class Recorded(MemoryCache):
    """A cache that shows what was put into it."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[bytes] = []

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        self.values.append(key.encode() + value)
        await super().put(key, value, ttl_s=ttl_s)


async def test_nobody_who_reads_the_cache_reads_answers(worker: Worker) -> None:
    cache = Recorded()
    async with open_house(cache=cache) as house:
        await house.add("asr", ASR, make_service("asr", worker.router()))
        await post(house, key="my-own-key")
        assert (await post(house, key="my-own-key")).text == "answer 1"
    kept = b"".join(cache.values)
    assert b"kept:" in kept
    assert b"answer" not in kept
    assert b"my-own-key" not in kept
