"""Models, requests, capabilities, health and schema."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.asr.alias import ALIASES
from ai4v.services.asr.tables import METADATA
from tests.service.asr.stage import (
    MODEL_ID,
    Stage,
    body,
    make_principal,
    make_settings,
    open_stage,
    speech,
    token,
)


async def test_models(stage: Stage) -> None:
    (model,) = (await stage.client.get("/api/v1/asr/models")).json()["models"]
    assert model["model_id"] == MODEL_ID
    assert model["languages"] == ["en", "hi", "kok"]
    assert model["translates_from"] == ["hi"]
    assert model["aliases"] == list(ALIASES)
    assert {"language": "sat", "task": "asr", "tier": "none", "note": None} in model["offers"]


async def test_capabilities_are_for_the_gateway(stage: Stage) -> None:
    headers = {TOKEN_HEADER: token(None)}
    response = await stage.client.get("/internal/capabilities", headers=headers)
    assert len(response.json()) == 5
    assert response.json()[0]["model_id"] == MODEL_ID


async def test_a_decoder_that_is_down_shows_in_health(asr_url: str) -> None:
    async def fail() -> None:
        raise ServiceUnavailableError("down")

    async with open_stage(make_settings(asr_url), checks={"decoder": fail}) as stage:
        health = await stage.client.get("/api/v1/asr/health")
    assert health.status_code == 503
    assert health.json()["components"]["decoder"] == "unhealthy"


async def test_requests_are_paged_newest_first(stage: Stage) -> None:
    ids = [f"call-{number}" for number in range(5)]
    for request_id in ids:
        await stage.infer(body(speech(1.0)), **{"x-request-id": request_id})
    seen = []
    cursor = ""
    while True:
        response = await stage.client.get(
            "/api/v1/asr/requests", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        )
        page = response.json()
        seen += [row["requestId"] for row in page["requests"]]
        if "nextCursor" not in page:
            break
        cursor = page["nextCursor"]
    assert seen == ids[::-1]
    row = page["requests"][0]
    assert row["status"] == "completed"
    assert (row["audioDuration"], row["itemCount"], row["modelId"]) == (1.0, 1, MODEL_ID)
    assert row["task"] == "transcribe"


async def test_requests_are_the_callers_own(stage: Stage) -> None:
    await stage.infer(body(speech(1.0)))
    headers = {TOKEN_HEADER: token(make_principal())}
    response = await stage.client.get("/api/v1/asr/requests", headers=headers)
    assert response.json() == {"requests": []}


async def test_requests_of_nonsense(stage: Stage) -> None:
    for params in ({"cursor": "nonsense"}, {"cursor": "AAAA"}, {"limit": 0}, {"limit": 101}):
        response = await stage.client.get("/api/v1/asr/requests", params=params)
        assert response.status_code == 422
        assert response.json()["detail"]["code"] == "VALIDATION_ERROR"


async def test_health_names_what_it_leans_on(stage: Stage) -> None:
    response = await stage.client.get("/api/v1/asr/health")
    assert response.json()["components"] == {
        "postgres": "healthy",
        "engine": "healthy",
        "valkey": "healthy",
    }
    assert (await stage.client.get("/api/v1/asr/health/ready")).status_code == 204


async def test_service_is_listed_while_it_runs(asr_url: str) -> None:
    async with open_stage(make_settings(asr_url)) as stage:
        await stage.infer(body(speech()))
        (instance,) = await stage.registry.instances("asr")
        assert instance.base_url == "http://127.0.0.1:8087"
        (row,) = await stage.requests()
        assert row["instance_id"] == instance.instance_id
    assert await stage.registry.instances("asr") == ()


async def test_schema_describes_both_bodies(stage: Stage) -> None:
    paths = (await stage.client.get("/openapi.json")).json()["paths"]
    content = paths["/api/v1/asr/inference"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    fields = content["application/json"]["schema"]["properties"]
    assert set(fields) == {"audio", "config", "controlConfig"}
    assert "$ref" not in str(content)
    assert "/internal/capabilities" not in paths


async def test_migrations_make_the_tables_that_the_code_uses(asr_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == "asr",
                "version_table_schema": "asr",
            },
        )
        return list(compare_metadata(context, METADATA))

    engine = create_async_engine(asr_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
