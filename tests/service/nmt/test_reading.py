"""Models, languages, requests, capabilities, health and schema."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from ai4v.contracts.language import LANGUAGES
from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.nmt.alias import ALIASES
from ai4v.services.nmt.tables import METADATA
from tests.service.nmt.stage import (
    MODEL_ID,
    Stage,
    body,
    make_principal,
    make_settings,
    open_stage,
    token,
)


async def test_models(stage: Stage) -> None:
    (model,) = (await stage.client.get("/api/v1/nmt/models")).json()["models"]
    assert model["model_id"] == MODEL_ID
    assert model["aliases"] == list(ALIASES)
    pairs = {(each["source_language"], each["target_language"]) for each in model["language_pairs"]}
    assert len(pairs) == 15
    assert {("hi", "en"), ("en", "hi"), ("ta", "bn")} <= pairs
    (bridged,) = (
        each
        for each in model["language_pairs"]
        if (each["source_language"], each["target_language"]) == ("ta", "bn")
    )
    assert bridged["tier"] == "demo"
    assert "hrough English" in bridged["note"]


async def test_languages(stage: Stage) -> None:
    found = (await stage.client.get("/api/v1/nmt/languages")).json()["languages"]
    languages = {each["language"]: each for each in found}
    assert set(languages) == set(LANGUAGES)
    assert [each["language"] for each in languages["hi"]["targets"]] == ["bn", "en"]
    assert languages["hi"]["sources"] == ["bn", "en", "mr", "ta", "te"]
    assert languages["hi"]["script"] == "Deva"
    assert languages["sat"]["targets"] == []


async def test_capabilities_are_for_the_gateway(stage: Stage) -> None:
    headers = {TOKEN_HEADER: token(None)}
    offers = (await stage.client.get("/internal/capabilities", headers=headers)).json()
    tasks = [offer["task"] for offer in offers]
    assert tasks.count("translation") == 15
    assert tasks.count("txt-lang-detection") == 23


async def test_requests_are_paged_newest_first(stage: Stage) -> None:
    ids = [f"call-{number}" for number in range(5)]
    for request_id in ids:
        await stage.infer(body("hello"), **{"x-request-id": request_id})
    seen = []
    cursor = ""
    while True:
        response = await stage.client.get(
            "/api/v1/nmt/requests", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        )
        page = response.json()
        seen += [row["requestId"] for row in page["requests"]]
        if "nextCursor" not in page:
            break
        cursor = page["nextCursor"]
    assert seen == ids[::-1]
    row = page["requests"][0]
    assert (row["status"], row["itemCount"], row["modelId"]) == ("completed", 1, MODEL_ID)
    assert (row["sourceLanguage"], row["targetLanguage"]) == ("en", "hi")
    assert (row["charactersIn"], row["charactersOut"]) == (5, 5)


async def test_requests_are_the_callers_own(stage: Stage) -> None:
    await stage.infer(body("hello"))
    headers = {TOKEN_HEADER: token(make_principal())}
    response = await stage.client.get("/api/v1/nmt/requests", headers=headers)
    assert response.json() == {"requests": []}


async def test_requests_of_nonsense(stage: Stage) -> None:
    for params in ({"cursor": "nonsense"}, {"limit": 0}, {"limit": 101}):
        response = await stage.client.get("/api/v1/nmt/requests", params=params)
        assert response.status_code == 422
        assert response.json()["detail"]["code"] == "VALIDATION_ERROR"


async def test_health_names_what_it_leans_on(stage: Stage) -> None:
    response = await stage.client.get("/api/v1/nmt/health")
    assert response.json()["components"] == {
        "postgres": "healthy",
        "engine": "healthy",
        "languageid": "healthy",
        "valkey": "healthy",
    }
    assert (await stage.client.get("/api/v1/nmt/health/ready")).status_code == 204


async def test_service_is_listed_while_it_runs(nmt_url: str) -> None:
    async with open_stage(make_settings(nmt_url)) as stage:
        await stage.infer(body("hello"))
        (instance,) = await stage.registry.instances("nmt")
        assert instance.base_url == "http://127.0.0.1:8089"
        (row,) = await stage.requests()
        assert row["instance_id"] == instance.instance_id
    assert await stage.registry.instances("nmt") == ()


async def test_schema_describes_the_bodies(stage: Stage) -> None:
    paths = (await stage.client.get("/openapi.json")).json()["paths"]
    for path, fields in (
        ("/api/v1/nmt/inference", {"input", "config", "controlConfig"}),
        ("/services/inference/translation", {"input", "config", "controlConfig"}),
        ("/api/v1/nmt/detect", {"input"}),
    ):
        content = paths[path]["post"]["requestBody"]["content"]
        assert set(content["application/json"]["schema"]["properties"]) == fields
        assert "$ref" not in str(content)
    assert "/internal/capabilities" not in paths


async def test_migrations_make_the_tables_that_the_code_uses(nmt_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == "nmt",
                "version_table_schema": "nmt",
            },
        )
        return list(compare_metadata(context, METADATA))

    engine = create_async_engine(nmt_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
