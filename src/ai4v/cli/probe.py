"""Asking a process whether it is well, over a bare socket: the supervisor stays small."""

import asyncio
import json
import ssl
from typing import Literal

Health = Literal["healthy", "degraded", "unhealthy", "starting", "down"]
"""As services report it; `starting` before the first answer, `down` without a process."""

_TIMEOUT_S = 3.0
_LARGEST_ANSWER_BYTES = 65_536
_UNCHECKED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_UNCHECKED.check_hostname = False
_UNCHECKED.verify_mode = ssl.CERT_NONE


async def probe_service(
    host: str, port: int, name: str, *, is_secure: bool = False
) -> Health | None:
    """Ask a service for its health; None when it gives no sensible answer in time.

    Args:
        host: where it listens on this machine.
        port: likewise.
        name: as in services.toml.
        is_secure: whether it speaks TLS. Its certificate is not looked at: it is for the name by
            which others call it, and nothing secret is asked.
    """
    request = (
        f"GET /api/v1/{name}/health HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    )
    try:
        answer = await _ask(host, port, request.encode("ascii"), is_secure=is_secure)
        status = json.loads(answer.split(b"\r\n\r\n", 1)[1])["status"]
    except (OSError, TimeoutError, ValueError, LookupError, TypeError):
        return None
    return status if status in {"healthy", "degraded"} else "unhealthy"


async def probe_valkey(host: str, port: int, password: str) -> Health | None:
    """Ask Valkey for a pong; None until its data is loaded."""
    request = f"AUTH {password}\r\nPING\r\nQUIT\r\n"
    try:
        answer = await _ask(host, port, request.encode("ascii"))
    except (OSError, TimeoutError):
        return None
    return "healthy" if b"+PONG" in answer else None


async def _ask(host: str, port: int, request: bytes, *, is_secure: bool = False) -> bytes:
    """Send and read until the other side closes."""
    async with asyncio.timeout(_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(
            host, port, ssl=_UNCHECKED if is_secure else None
        )
        try:
            writer.write(request)
            await writer.drain()
            answer = b""
            while len(answer) < _LARGEST_ANSWER_BYTES and (chunk := await reader.read(65_536)):
                answer += chunk
            return answer
        finally:
            writer.close()
