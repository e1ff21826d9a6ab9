"""Several processes of one service."""

import pytest

from ai4v.cli.failure import CommandError
from ai4v.cli.replica import list_ports, list_replicas, parse_scale, spell_scale
from ai4v.kit.topology import load_topology

TOPOLOGY = load_topology()


def test_each_service_runs_once_when_nothing_is_said() -> None:
    assert parse_scale((), TOPOLOGY) == {}
    assert list_ports(TOPOLOGY, {}) == TOPOLOGY.ports


def test_replicas_have_names_and_ports_of_their_own() -> None:
    scale = parse_scale(("gateway=2", "asr=3"), TOPOLOGY)
    ports = {item.name: item.service.port for item in list_replicas(TOPOLOGY, scale)}
    assert [ports[name] for name in ("gateway", "gateway-2")] == [8080, 8180]
    assert [ports[name] for name in ("asr", "asr-2", "asr-3")] == [8087, 8187, 8287]
    assert "tts-2" not in ports
    assert {item.service.name for item in list_replicas(TOPOLOGY, scale)} == {
        service.name for service in TOPOLOGY.services
    }


def test_scale_is_spelled_as_it_is_read() -> None:
    scale = {"gateway": 2, "asr": 3}
    words = tuple(spell_scale(scale))
    assert words[::2] == ("--scale", "--scale")
    assert parse_scale(words[1::2], TOPOLOGY) == scale


def test_every_service_can_run_as_often_as_may_be() -> None:
    wishes = [f"{service.name}=9" for service in TOPOLOGY.services]
    ports = list_ports(TOPOLOGY, parse_scale(wishes, TOPOLOGY))
    assert len(set(ports.values())) == len(ports)


@pytest.mark.parametrize("wish", ["asr", "asr=", "asr=0", "asr=10", "asr=-1", "asr=٣", "asr=2=3"])
def test_count_that_cannot_be_is_refused(wish: str) -> None:
    with pytest.raises(CommandError, match="say asr=1 to asr=9"):
        parse_scale([wish], TOPOLOGY)


def test_unknown_service_is_refused_with_those_there_are() -> None:
    with pytest.raises(CommandError, match="no such service: there are gateway, auth"):
        parse_scale(["postgres=2"], TOPOLOGY)


def test_ports_beyond_the_last_are_refused() -> None:
    with pytest.raises(CommandError, match="port of asr-2 would be 65631"):
        parse_scale(["asr=9"], TOPOLOGY.shifted(65535 - 8091))
