"""Work for a caller who left before the request was read is not begun."""

import socket
import struct

import pytest

from tests.support.edge import run_edge
from tests.support.poll import until

pytestmark = pytest.mark.connected

_BODY = b"x" * 30_000
_REQUEST = b"POST /work HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_RESET = struct.pack("ii", 1, 0)


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
async def test_work_for_one_who_is_gone_is_not_begun(*, is_reset: bool) -> None:
    """As after a pause: request and end of the connection are there when the server looks."""
    async with run_edge() as edge:
        with socket.create_connection(("127.0.0.1", edge.port)) as caller:
            caller.sendall(_REQUEST)
            if is_reset:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

        async def is_over() -> bool:
            return edge.begun + edge.left > 0

        await until(is_over)
        assert (edge.begun, edge.left) == (0, 1)
