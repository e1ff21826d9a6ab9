"""What stands in for the network in tests."""

import click
import httpx2


def find_transport() -> httpx2.BaseTransport | None:
    """Return what stands in for the network, if whoever invokes the command put it there."""
    context = click.get_current_context(silent=True)
    return context.find_object(httpx2.BaseTransport) if context else None
