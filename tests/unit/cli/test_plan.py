from dataclasses import replace
from pathlib import Path

import pytest

from ai4v.cli.layout import Layout
from ai4v.cli.plan import Platform, plan_replica
from ai4v.cli.settings import Settings
from ai4v.kit.topology import load_topology

EVERYWHERE = "0.0.0.0"  # noqa: S104 - handed on, not bound


def make_platform(**variables: str) -> Platform:
    settings = Settings.load({"AI4V_DATA_DIR": "/data"} | variables)
    return Platform(settings, Layout(settings.data_dir), load_topology().shifted(1_000))


def test_services_are_told_ports_places_and_whose_they_are() -> None:
    environment = make_platform(PATH="/bin").environment
    assert environment["PATH"] == "/bin"
    assert environment["AI4V_ASR_PORT"] == "9087"
    assert environment["AI4V_SECRETS_DIR"] == "/data/secrets"
    assert environment["AI4V_MODEL_DIR"] == "/data/model"
    assert environment["AI4V_SUPERVISED"] == "/data"


def test_browsers_are_sent_to_the_gateway_where_it_is() -> None:
    assert make_platform().environment["AI4V_AUTH_PUBLIC_URL"] == "http://127.0.0.1:9080"
    for name in ("AI4V_AUTH_PUBLIC_URL", "AI4V_PUBLIC_URL"):
        environment = make_platform(**{name: "https://ai4v.example"}).environment
        found = environment.get("AI4V_AUTH_PUBLIC_URL") or environment["AI4V_PUBLIC_URL"]
        assert found == "https://ai4v.example"


@pytest.mark.parametrize("name", ["AI4V_GATEWAY_TLS_CERTIFICATE", "AI4V_TLS_CERTIFICATE"])
def test_a_gateway_with_a_certificate_is_reached_by_tls(name: str) -> None:
    platform = make_platform(**{name: "/tls/certificate.pem"})
    assert platform.environment["AI4V_AUTH_PUBLIC_URL"] == "https://127.0.0.1:9080"
    addresses = {item.name: plan_replica(platform, item).address for item in platform.replicas}
    assert addresses["gateway"] == "https://127.0.0.1:9080"
    assert addresses["asr"] == "http://127.0.0.1:9087"


def test_each_gateway_keeps_what_it_knows() -> None:
    platform = replace(make_platform(), scale={"gateway": 2})
    files = {
        item.name: plan_replica(platform, item).environment.get("AI4V_GATEWAY_STATE_FILE")
        for item in platform.replicas
    }
    assert files["gateway"] == "/data/directory/gateway.json"
    assert files["gateway-2"] == "/data/directory/gateway-2.json"
    assert files["asr"] is None
    silent = make_platform(AI4V_GATEWAY_STATE_FILE="")
    environment = plan_replica(silent, silent.replicas[0]).environment
    assert environment["AI4V_GATEWAY_STATE_FILE"] == ""


def test_secrets_of_the_shell_are_not_handed_down() -> None:
    environment = make_platform(
        AI4V_API_KEY="k", AI4V_ADMIN_PASSWORD="p", AI4V_DATABASE_URL="postgresql://elsewhere"
    ).environment
    assert not {"AI4V_API_KEY", "AI4V_ADMIN_PASSWORD", "AI4V_DATABASE_URL"} & environment.keys()


def test_only_the_gateway_listens_elsewhere() -> None:
    platform = make_platform(AI4V_BIND=EVERYWHERE)
    hosts = {service.name: platform.host(service) for service in platform.topology.services}
    assert hosts.pop("gateway") == EVERYWHERE
    assert set(hosts.values()) == {"127.0.0.1"}
    assert platform.environment["AI4V_GATEWAY_HOST"] == EVERYWHERE


def test_gateway_that_listens_everywhere_is_reached_here() -> None:
    platform = make_platform(AI4V_BIND=EVERYWHERE)
    gateway = platform.topology.service("gateway")
    assert platform.reachable_host(gateway) == "127.0.0.1"
    elsewhere = make_platform(AI4V_BIND="192.0.2.7")
    assert elsewhere.reachable_host(gateway) == "192.0.2.7"


def test_commands_are_our_own() -> None:
    assert make_platform().command("serve", "asr")[1:] == ("-m", "ai4v.cli.main", "serve", "asr")
    assert Path(make_platform().command()[0]).name.startswith("python")
