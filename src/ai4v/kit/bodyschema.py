"""The OpenAPI of bodies that are read by hand, of which FastAPI knows nothing."""

from pydantic import BaseModel, JsonValue


def describe_json_body(model: type[BaseModel]) -> dict[str, JsonValue]:
    """Return what `openapi_extra` says of a path that takes `model` as JSON."""
    content: dict[str, JsonValue] = {"application/json": {"schema": inline_schema(model)}}
    return {"requestBody": {"required": True, "content": content}}


def inline_schema(model: type[BaseModel]) -> JsonValue:
    """Return the model's JSON schema without references."""
    schema = model.model_json_schema()
    return _inline(schema, schema.get("$defs", {}))


def _inline(schema: JsonValue, definitions: dict[str, JsonValue]) -> JsonValue:
    if isinstance(schema, list):
        return [_inline(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _inline(definitions[reference.rpartition("/")[2]], definitions)
    return {name: _inline(part, definitions) for name, part in schema.items() if name != "$defs"}
