from pydantic import JsonValue

from ai4v.services.gateway.overview.openapi import Document, MergedDocument


def document(path: str) -> Document:
    answer: JsonValue = {"$ref": "#/components/schemas/Thing"}
    part: JsonValue = {"$ref": "#/components/schemas/Part"}
    return {
        "paths": {
            path: {"get": {"operationId": "show", "x": [answer]}},
            "/internal/x": {"get": {"operationId": "inner"}},
            f"{path}x": {"get": {"operationId": "other"}},
        },
        "components": {
            "schemas": {
                "Thing": {"properties": {"more": answer, "part": part}},
                "Part": {"type": "string"},
                "Inner": {"properties": {"thing": answer}},
            }
        },
    }


def merge(*services: str) -> dict[str, JsonValue]:
    merged = MergedDocument("title", "1")
    for service in services:
        merged.add(service, document(f"/api/v1/{service}"), [f"/api/v1/{service}"])
    return merged.build()


def test_only_paths_that_are_routed_are_taken() -> None:
    assert list(as_object(merge("b", "a")["paths"])) == ["/api/v1/a", "/api/v1/b"]


def test_names_of_two_services_do_not_meet() -> None:
    built = merge("a", "b")
    schemas = as_object(as_object(built["components"])["schemas"])
    assert set(schemas) == {"a.Thing", "a.Part", "b.Thing", "b.Part"}
    assert schemas["b.Thing"] == {
        "properties": {
            "more": {"$ref": "#/components/schemas/b.Thing"},
            "part": {"$ref": "#/components/schemas/b.Part"},
        }
    }
    path = as_object(as_object(built["paths"])["/api/v1/b"])
    assert path["get"] == {
        "operationId": "b_show",
        "tags": ["b"],
        "x": [{"$ref": "#/components/schemas/b.Thing"}],
    }


def test_what_a_path_declares_says_whether_it_takes_a_key() -> None:
    merged = MergedDocument("title", "1")
    needs: dict[str, JsonValue] = {
        "get": {"x-permission": "open"},
        "post": {"x-permission": "asr:use"},
        "put": {"x": 1},
    }
    merged.add("a", {"paths": {"/api/a": needs}}, ["/api"])
    path = as_object(as_object(merged.build()["paths"])["/api/a"])
    open_methods = [name for name, item in path.items() if "security" in as_object(item)]
    assert open_methods == ["get"]
    assert as_object(path["get"])["security"] == []


def test_an_empty_document_adds_nothing() -> None:
    merged = MergedDocument("title", "1")
    merged.add("a", {}, ["/api"])
    assert merged.build()["paths"] == {}


def as_object(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict)
    return value
