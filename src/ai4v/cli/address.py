"""Where a service of this machine's platform is found."""

from ai4v.cli.failure import CommandError
from ai4v.cli.layout import Layout
from ai4v.cli.settings import Settings
from ai4v.cli.state import read_state
from ai4v.kit.topology import Topology, load_topology


def find_address(settings: Settings, service: str) -> str:
    """Return where a service listens; of a platform that does not run, where it would.

    Raises:
        CommandError: as `find_topology`.
    """
    state = read_state(Layout(settings.data_dir).state_file)
    for unit in state.units if state else ():
        if unit.name == service:
            return unit.address
    return f"http://127.0.0.1:{find_topology(settings).service(service).port}"


def find_topology(settings: Settings) -> Topology:
    """Return the registry of services, its ports shifted.

    Raises:
        CommandError: AI4V_PORT_SHIFT leaves no port.
    """
    try:
        return load_topology().shifted(settings.port_shift)
    except ValueError as error:
        raise CommandError(f"AI4V_PORT_SHIFT: {error}") from None
