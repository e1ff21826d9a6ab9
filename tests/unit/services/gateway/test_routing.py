import pytest

from ai4v.contracts.error import NotFoundError
from ai4v.kit.topology import Service, load_topology
from ai4v.ports.ratelimit import Charge, Limit
from ai4v.services.gateway.routing import Access, Route, RouteRules, RouteTable


def service(name: str, *prefixes: str, routes: tuple[str, ...] = ()) -> Service:
    return Service(name, f"ai4v.services.{name}", 1, prefixes, (), (), "", open=routes)


OPEN = ("POST /api/v1/auth/login", "GET /api/v1/auth/providers/*")


TABLE = RouteTable(
    [
        service("gateway"),
        service("auth", "/api/v1/auth", routes=OPEN),
        service("asr", "/api/v1/asr", "/services/inference/asr"),
        service("live", "/api/v1/asr/stream"),
    ]
)


@pytest.mark.parametrize(
    ("path", "name", "label"),
    [
        ("/api/v1/asr", "asr", "/api/v1/asr"),
        ("/api/v1/asr/", "asr", "/api/v1/asr"),
        ("/api/v1/asr/models", "asr", "/api/v1/asr"),
        ("/services/inference/asr", "asr", "/services/inference/asr"),
        ("/api/v1/asr/stream", "live", "/api/v1/asr/stream"),
        ("/api/v1/asr/stream/x", "live", "/api/v1/asr/stream"),
        ("/api/v1/asr/streams", "asr", "/api/v1/asr"),
    ],
)
def test_the_longest_prefix_wins(path: str, name: str, label: str) -> None:
    assert TABLE.find("POST", path) == Route(name, label, Access.CREDENTIAL)


@pytest.mark.parametrize(
    "path", ["", "/", "/api/v1", "/api/v1/asrx", "/API/v1/asr", "/internal/x", "/api/v1/gateway/x"]
)
def test_what_no_prefix_covers_is_not_found(path: str) -> None:
    with pytest.raises(NotFoundError):
        TABLE.find("GET", path)


@pytest.mark.parametrize("end", ["/health", "/health/live", "/health/ready"])
def test_health_is_open_to_those_who_read(end: str) -> None:
    path = f"/api/v1/asr{end}"
    assert TABLE.find("GET", path) == Route("asr", path, Access.OPEN, is_health=True)
    assert TABLE.find("HEAD", path).access is Access.OPEN
    assert TABLE.find("POST", path).access is Access.CREDENTIAL
    assert TABLE.find("GET", f"{path}/more").access is Access.CREDENTIAL


def test_open_routes_need_no_credential() -> None:
    path = "/api/v1/auth/login"
    route = TABLE.find("POST", path)
    assert (route.label, route.access, route.with_cookies) == (path, Access.SIGN_IN, True)
    assert TABLE.find("GET", path).access is Access.CREDENTIAL


def test_open_routes_may_be_all_below_a_path() -> None:
    for method in ("GET", "HEAD"):
        route = TABLE.find(method, "/api/v1/auth/providers/google/start")
        assert (route.label, route.access) == ("/api/v1/auth/providers/*", Access.SIGN_IN)
    for method, path in (
        ("POST", "/api/v1/auth/providers/google"),
        ("GET", "/api/v1/auth/providers"),
        ("GET", "/api/v1/auth/providersx"),
    ):
        assert TABLE.find(method, path).access is Access.CREDENTIAL


def test_rules_are_found_by_prefix() -> None:
    rules = RouteRules(
        max_body_bytes=10,
        body_bytes={"/api/v1/auth": 1, "/api/v1": 5},
        per_minute={"/api/v1/asr": 7, "/": 9},
        hedged=frozenset({"asr"}),
    )
    services = [service("auth", "/api/v1/auth", routes=OPEN), service("asr", "/api/v1/asr", "/x")]
    table = RouteTable(services, rules)
    auth, asr = table.find("GET", "/api/v1/auth/me"), table.find("GET", "/api/v1/asr/models")
    assert table.find("POST", "/api/v1/auth/login").max_body_bytes == 1
    assert (auth.max_body_bytes, asr.max_body_bytes) == (1, 5)
    assert table.find("GET", "/x").max_body_bytes == 10
    assert asr.charge == Charge("route:/api/v1/asr", (Limit("route", 7, 60.0),))
    assert auth.charge == Charge("route:/", (Limit("route", 9, 60.0),))
    assert (asr.may_hedge, auth.may_hedge) == (True, False)


@pytest.mark.parametrize(
    "prefix", ["/internal", "/internal/x", "/metrics", "api", "/api/", "/docs"]
)
def test_some_prefixes_are_never_routed(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"prefix|routes"):
        RouteTable([service("asr", prefix)])


def test_the_platforms_own_services_fit() -> None:
    table = RouteTable(load_topology().services)
    assert table.find("POST", "/services/inference/asr").service == "asr"


def test_services_that_are_asked_in_turn_are_known() -> None:
    pipeline = Service("pipeline", "p", 1, ("/api/v1/pipeline",), (), (), "", calls=("asr",))
    route = RouteTable([pipeline]).find("POST", "/api/v1/pipeline/inference")
    assert route.calls == ("asr",)
