"""Voices, requests, capabilities, health and schema."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.tts.tables import METADATA
from tests.service.tts.stage import (
    Stage,
    body,
    make_principal,
    make_settings,
    open_stage,
    token,
)

_VOICES = "/api/v1/tts/voices"


async def test_voices(stage: Stage) -> None:
    listed = (await stage.client.get(_VOICES)).json()
    assert listed["total"] == listed["filtered"] == len(listed["voices"]) == 14
    assert listed["voices"][0] == {
        "voice_id": "neural-hi-f",
        "name": "neural hi female",
        "gender": "female",
        "languages": ["hi"],
        "approximates": ["brx", "doi", "ks", "mai", "sa", "sat", "sd"],
        "tier": "neural",
        "engine": "neural",
        "model_id": "neural",
        "sample_rate": 24000,
    }


async def test_voices_of_a_language_and_a_gender(stage: Stage) -> None:
    async def ids(**params: str) -> list[str]:
        listed = (await stage.client.get(_VOICES, params=params)).json()
        assert listed["total"] == 14
        assert listed["filtered"] == len(listed["voices"])
        return [voice["voice_id"] for voice in listed["voices"]]

    assert await ids(language="ta") == ["rules-ta-f", "rules-ta-m"]
    assert await ids(language="hi", gender="male") == ["neural-hi-m", "rules-hi-m"]
    assert await ids(language="mni") == ["rules-bn-f", "rules-bn-m"]
    assert len(await ids(gender="female")) == 7


async def test_voices_of_nonsense(stage: Stage) -> None:
    for params, code in (
        ({"language": "fr"}, "LANGUAGE_NOT_SUPPORTED"),
        ({"language": "te"}, "LANGUAGE_NOT_SUPPORTED"),
        ({"gender": "robot"}, "VALIDATION_ERROR"),
    ):
        response = await stage.client.get(_VOICES, params=params)
        assert response.status_code == 422
        assert response.json()["detail"]["code"] == code


async def test_one_voice(stage: Stage) -> None:
    voice = (await stage.client.get(f"{_VOICES}/rules-ta-m")).json()
    assert (voice["voice_id"], voice["gender"], voice["tier"]) == (
        "rules-ta-m",
        "male",
        "rule-based",
    )
    unknown = await stage.client.get(f"{_VOICES}/nobody")
    assert unknown.status_code == 404
    assert unknown.json()["detail"]["code"] == "NOT_FOUND"


async def test_capabilities_are_for_the_gateway(stage: Stage) -> None:
    headers = {TOKEN_HEADER: token(None)}
    offers = (await stage.client.get("/internal/capabilities", headers=headers)).json()
    tiers = {offer["language"]: (offer["tier"], offer["engine"]) for offer in offers}
    assert len(tiers) == len(offers) == 13
    assert {offer["task"] for offer in offers} == {"tts"}
    assert tiers["hi"] == ("neural", "neural")
    assert tiers["ta"] == ("rule-based", "rules")
    assert tiers["brx"] == ("approximate", "neural")
    assert tiers["mni"] == ("approximate", "rules")


async def test_requests_are_paged_newest_first(stage: Stage) -> None:
    ids = [f"call-{number}" for number in range(5)]
    for request_id in ids:
        await stage.infer(body("हाँ"), **{"x-request-id": request_id})
    seen = []
    cursor = ""
    while True:
        response = await stage.client.get(
            "/api/v1/tts/requests", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        )
        page = response.json()
        seen += [row["requestId"] for row in page["requests"]]
        if "nextCursor" not in page:
            break
        cursor = page["nextCursor"]
    assert seen == ids[::-1]
    row = page["requests"][0]
    assert row["status"] == "completed"
    assert (row["language"], row["voiceId"], row["modelId"]) == ("hi", "neural-hi-f", "neural")
    assert (row["characters"], row["itemCount"]) == (3, 1)
    assert row["audioDuration"] > 0


async def test_requests_are_the_callers_own(stage: Stage) -> None:
    await stage.infer(body("हाँ"))
    headers = {TOKEN_HEADER: token(make_principal())}
    response = await stage.client.get("/api/v1/tts/requests", headers=headers)
    assert response.json() == {"requests": []}


async def test_health_names_what_it_leans_on(stage: Stage) -> None:
    response = await stage.client.get("/api/v1/tts/health")
    assert response.json()["components"] == {
        "postgres": "healthy",
        "engine": "healthy",
        "neural": "healthy",
        "rules": "healthy",
        "valkey": "healthy",
    }
    assert (await stage.client.get("/api/v1/tts/health/ready")).status_code == 204


async def test_service_is_listed_while_it_runs(tts_url: str) -> None:
    async with open_stage(make_settings(tts_url)) as stage:
        await stage.infer(body("हाँ"))
        (instance,) = await stage.registry.instances("tts")
        assert instance.base_url == "http://127.0.0.1:8088"
        (row,) = await stage.requests()
        assert row["instance_id"] == instance.instance_id
    assert await stage.registry.instances("tts") == ()


async def test_schema_describes_bodies_and_answers(stage: Stage) -> None:
    paths = (await stage.client.get("/openapi.json")).json()["paths"]
    infer = paths["/api/v1/tts/inference"]["post"]
    fields = infer["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(fields) == {"input", "config", "controlConfig"}
    kinds = {"application/json", "audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/pcm"}
    assert set(infer["responses"]["200"]["content"]) == kinds
    assert "/internal/capabilities" not in paths


async def test_migrations_make_the_tables_that_the_code_uses(tts_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == "tts",
                "version_table_schema": "tts",
            },
        )
        return list(compare_metadata(context, METADATA))

    engine = create_async_engine(tts_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.parametrize(("language", "scripts"), [("hi", "Deva and Latn"), ("en", "Latn")])
async def test_scripts_that_are_read_are_named_once(
    stage: Stage, language: str, scripts: str
) -> None:
    response = await stage.infer(body("வணக்கம்", language=language))
    (error,) = response.json()["detail"]["errors"]
    assert error["message"].endswith(f": it reads {scripts}")
