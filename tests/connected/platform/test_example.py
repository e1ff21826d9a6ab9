"""Every example of the API's description is sent to a platform as it stands, and is answered.

What cannot be done with an example, such as using the code of a letter that nobody got, is listed
with its answer and the reason. Paths with an id get one that was made for them.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx2
import pytest
from pydantic import JsonValue, TypeAdapter

from ai4v.contracts.example import GOOD_MORNING
from ai4v.contracts.permission import OPEN, Permission
from ai4v.kit.permission import DECLARATION
from tests.support.platform import REPOSITORY, Platform

pytestmark = pytest.mark.connected

Object = dict[str, JsonValue]
_OBJECT: Final = TypeAdapter(Object)
_AUTH: Final = "/api/v1/auth"
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_REFUSED: Final = {
    f"POST {_AUTH}/refresh": (401, "a refresh token is good once, the example's never"),
    f"POST {_AUTH}/register": (403, "registration is closed unless the operator opens it"),
    f"POST {_AUTH}/verify-email": (422, "nobody got that letter"),
    f"POST {_AUTH}/password/reset/confirm": (422, "nobody got that letter"),
    f"POST {_AUTH}/providers/exchange": (401, "nobody came back from a provider"),
    f"POST {_AUTH}/me/identities": (401, "nobody came back from a provider"),
    f"GET {_AUTH}/providers/{{name}}/start": (404, "no provider is configured"),
    f"GET {_AUTH}/providers/{{name}}/callback": (404, "no provider is configured"),
    f"POST {_AUTH}/me/identities/{{name}}/start": (404, "no provider is configured"),
    f"DELETE {_AUTH}/me/identities/{{name}}": (404, "nobody is linked to a provider"),
}


def _object(value: JsonValue) -> Object:
    return value if isinstance(value, dict) else {}


def _list_operations() -> Iterator[str]:
    """Name what is reached through the gateway; a gate compares the files with the code."""
    for file in sorted(Path(REPOSITORY, "docs", "openapi").glob("*.json")):
        for path, item in _object(_OBJECT.validate_json(file.read_bytes())["paths"]).items():
            if not path.startswith("/internal"):
                yield from (f"{name.upper()} {path}" for name in _METHODS & _object(item).keys())


_OPERATIONS: Final = sorted(_list_operations())


@dataclass
class _Reader:
    """Reads the description, as a newcomer would."""

    document: Object

    def find(self, operation: str) -> Object:
        """Return what is said of an operation."""
        method, path = operation.split()
        return _object(_object(_object(self.document["paths"])[path])[method.lower()])

    def example(self, content: Object) -> JsonValue:
        """Return the first example of a body."""
        schema = _object(content["schema"])
        if isinstance(reference := schema.get("$ref"), str):
            schemas = _object(_object(self.document["components"])["schemas"])
            schema = _object(schemas[reference.rpartition("/")[2]])
        examples = schema.get("examples")
        assert isinstance(examples, list), "the body has no example"
        return examples[0]


@dataclass
class _Newcomer:
    """Asks, as somebody who may; makes what a path names."""

    http: httpx2.Client
    reader: _Reader
    operator: str = field(repr=False)
    """A key that may do everything but what is about one's own account."""

    def ask(self, method: str, path: str, body: JsonValue = None, by: str = "") -> httpx2.Response:
        """Send JSON."""
        headers = {"authorization": f"Bearer {by or self.operator}"}
        return self.http.request(method, f"{_AUTH}{path}", json=body, headers=headers)

    def make_user(self) -> Object:
        """Make the example's user, under another name."""
        content = self.reader.find(f"POST {_AUTH}/users")["requestBody"]
        body = _object(self.reader.example(_json(_object(content))))
        name = f"asha-{uuid4().hex[:8]}"
        body = body | {"username": name, "email": f"{name}@example.org"}
        made = self.ask("POST", "/users", body)
        assert made.status_code == 201, made.text
        return body | _object(made.json())

    def sign_in(self, user: Object) -> str:
        """Return an access token of a user."""
        body = {name: user[name] for name in ("username", "password")}
        answer = self.http.post(f"{_AUTH}/login", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def make_key(self) -> str:
        """Return the id of a new key."""
        made = self.ask("POST", "/keys", {"name": "to be changed"})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def find_session(self, token: str) -> str:
        """Return the id of the session of a token."""
        sessions = self.ask("GET", "/sessions", by=token).json()["sessions"]
        return next(str(session["id"]) for session in sessions if session["is_current"])


def _json(body: Object) -> Object:
    return _object(_object(body["content"])["application/json"])


@pytest.fixture(scope="module")
def newcomer(platform: Platform) -> Iterator[_Newcomer]:
    """A newcomer with the description, and a key."""
    first = platform.first_run
    with httpx2.Client(base_url=platform.gateway_url, timeout=120.0) as http:
        reader = _Reader(_OBJECT.validate_json(http.get("/openapi.json").content))
        newcomer = _Newcomer(http, reader, "")
        newcomer.operator = newcomer.sign_in(
            {"username": first.username, "password": first.password}
        )
        body: Object = {
            "name": "examples",
            "permissions": [permission.value for permission in Permission],
            "limits": {"per_minute": 10_000, "per_hour": 10_000},
        }
        newcomer.operator = str(newcomer.ask("POST", "/keys", body).json()["key"])
        # The example's own user: who signs in, and is written to, in other examples.
        asha = reader.example(_json(_object(reader.find(f"POST {_AUTH}/users")["requestBody"])))
        assert newcomer.ask("POST", "/users", asha).status_code == 201
        yield newcomer


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_every_example_works(newcomer: _Newcomer, operation: str) -> None:
    method, path = operation.split()
    told = newcomer.reader.find(operation)
    need = told[DECLARATION]
    headers, token = {}, ""
    if need == Permission.ACCOUNT_SELF:
        token = newcomer.sign_in(newcomer.make_user())
    elif need != OPEN:
        token = newcomer.operator
    if token:
        headers["authorization"] = f"Bearer {token}"
    body = None
    if "requestBody" in told:
        body = newcomer.reader.example(_json(_object(told["requestBody"])))
    if operation == f"POST {_AUTH}/users":
        body = _object(body) | {"username": "asha-again", "email": "again@example.org"}
    answer = newcomer.http.request(
        method, _fill(newcomer, path, token), json=body, headers=headers, params=_query(path)
    )
    expected, reason = _REFUSED.get(operation, (None, ""))
    if expected is None:
        assert answer.is_success, answer.text
    else:
        assert answer.status_code == expected, (reason, answer.text)


def test_the_form_takes_its_example_beside_a_file(newcomer: _Newcomer) -> None:
    path = "/api/v1/asr/inference"
    content = _object(newcomer.reader.find(f"POST {path}")["requestBody"])["content"]
    fields = _object(newcomer.reader.example(_object(_object(content)["multipart/form-data"])))
    answer = newcomer.http.post(
        path,
        data={name: str(value) for name, value in fields.items()},
        files={"file": ("speech.mp3", base64.b64decode(GOOD_MORNING))},
        headers={"authorization": f"Bearer {newcomer.operator}"},
    )
    assert answer.is_success, answer.text
    assert "Good morning" in answer.json()["output"][0]["source"]


def test_the_sound_of_the_examples_says_something(newcomer: _Newcomer) -> None:
    said = json.loads(_send(newcomer, "/api/v1/pipeline/inference"))["pipelineResponse"]
    heard, translated, spoken = said
    assert heard["output"][0]["source"].strip(" .!").lower() == "good morning"
    assert translated["output"][0]["isScriptRight"]
    assert spoken["config"]["audioDuration"] > 0.3


def _send(newcomer: _Newcomer, path: str) -> str:
    told = newcomer.reader.find(f"POST {path}")
    body = newcomer.reader.example(_json(_object(told["requestBody"])))
    headers = {"authorization": f"Bearer {newcomer.operator}"}
    answer = newcomer.http.post(path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.text


def _fill(newcomer: _Newcomer, path: str, token: str) -> str:
    """Return the path with what is there in the place of its parameters."""
    makers: dict[str, Callable[[], str]] = {
        "{key_id}": newcomer.make_key,
        "{user_id}": lambda: str(newcomer.make_user()["id"]),
        "{session_id}": lambda: newcomer.find_session(token),
        "{role}": lambda: "guest",
        "{name}": lambda: "google",
        "{voice_id}": lambda: "hf_alpha",
    }
    for place, make in makers.items():
        if place in path:
            path = path.replace(place, make())
    return path


def _query(path: str) -> dict[str, str]:
    return {"return_to": "http://127.0.0.1:3000/"} if path.endswith("/start") else {}
