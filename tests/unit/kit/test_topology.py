import pytest

from ai4v.kit.topology import load_topology


def test_every_entry_is_there_with_its_port() -> None:
    ports = load_topology().ports
    assert ports["gateway"] == 8080
    assert ports["postgres"] == 5434
    assert len(set(ports.values())) == len(ports)


def test_entries_are_found_by_name() -> None:
    topology = load_topology()
    assert topology.service("asr").package == "ai4v.services.asr"
    assert "/api/v1/asr" in topology.service("asr").prefixes
    assert topology.engine("valkey").port == 6381


def test_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(KeyError, match="no service is named nmt2: there are gateway, auth"):
        load_topology().service("nmt2")
    with pytest.raises(KeyError, match="no engine is named oracle"):
        load_topology().engine("oracle")


def test_shift_moves_every_port() -> None:
    topology = load_topology()
    shifted = topology.shifted(10_000).ports
    assert shifted == {name: port + 10_000 for name, port in topology.ports.items()}


@pytest.mark.parametrize("shift", [-6_000, 60_000])
def test_shift_that_leaves_the_ports_is_refused(shift: int) -> None:
    with pytest.raises(ValueError, match="leaves 1 to 65535"):
        load_topology().shifted(shift)


def test_open_routes_are_told_by_method_and_path() -> None:
    topology = load_topology()
    assert "POST /api/v1/auth/login" in topology.service("auth").open
    assert topology.service("asr").open == ()
    for service in topology.services:
        for route in service.open:
            method, path = route.split(" ")
            assert method in {"GET", "POST"}
            assert any(path.startswith(f"{prefix}/") for prefix in service.prefixes)
