import asyncio

import pytest

from tests.support.clock import Elapse
from tests.support.valkey import namespace, own_valkey_server, valkey, valkey_server

__all__ = ["namespace", "own_valkey_server", "valkey", "valkey_server"]


@pytest.fixture
def elapse() -> Elapse:
    """Real seconds: the server has no other clock."""
    return asyncio.sleep
