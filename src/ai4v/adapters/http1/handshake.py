"""How a WebSocket to an instance is asked for."""

from collections.abc import Sequence
from typing import Final

from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from ai4v.adapters.http1.channel import WebSocketChannel
from ai4v.adapters.http1.message import encode_head, parse_address
from ai4v.adapters.http1.pool import UpstreamLimits, connect
from ai4v.ports.upstream import UpstreamRequest

_OURS: Final = (
    b"connection",
    b"host",
    b"sec-websocket-extensions",
    b"sec-websocket-key",
    b"sec-websocket-protocol",
    b"sec-websocket-version",
    b"upgrade",
)


async def open_channel(
    request: UpstreamRequest,
    subprotocols: Sequence[str],
    limits: UpstreamLimits,
    channels: set[WebSocketChannel],
) -> WebSocketChannel:
    """Open one, uncompressed; `channels` holds it as long as it is connected.

    Raises:
        UpstreamRefusedError: there is nobody.
        HandshakeRefusedError: the instance answered something else.
        UpstreamBrokenError: the connection ended first, or what came is no answer.
    """
    host, port, host_header = parse_address(request.base_url)
    encode_head(request, host_header)
    path, _, query = request.target.decode("ascii").partition("?")
    protocol = ClientProtocol(
        WebSocketURI(secure=False, host=host, port=port, path=path, query=query),
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        max_size=limits.max_message_bytes,
    )
    asked = protocol.connect()
    for name, value in request.headers:
        if name not in _OURS:
            asked.headers[name.decode("latin-1")] = value.decode("latin-1")
    protocol.send_request(asked)
    channel = WebSocketChannel(protocol, channels)
    try:
        await connect(channel, host, port, limits.connect_timeout_s)
        await channel.opened
    except BaseException:
        channel.drop()
        raise
    return channel
