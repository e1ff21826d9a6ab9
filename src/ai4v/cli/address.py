"""Where a service of this machine's platform is found."""

from ai4v.cli.layout import Layout
from ai4v.cli.settings import Settings
from ai4v.cli.state import read_state
from ai4v.kit.topology import load_topology


def find_address(settings: Settings, service: str) -> str:
    """Return where a service listens; of a platform that does not run, where it would."""
    state = read_state(Layout(settings.data_dir).state_file)
    for unit in state.units if state else ():
        if unit.name == service:
            return unit.address
    port = load_topology().service(service).port + settings.port_shift
    return f"http://127.0.0.1:{port}"
