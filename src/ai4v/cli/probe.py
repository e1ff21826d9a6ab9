"""Asking a process whether it is well, over a bare socket: the supervisor stays small."""

import asyncio
import json
from typing import Literal

Health = Literal["healthy", "degraded", "unhealthy", "starting", "down"]
"""As services report it; `starting` before the first answer, `down` without a process."""

_TIMEOUT_S = 3.0
_LARGEST_ANSWER_BYTES = 65_536


async def probe_service(host: str, port: int, name: str) -> Health | None:
    """Ask a service for its health; None when it gives no sensible answer in time."""
    request = (
        f"GET /api/v1/{name}/health HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    )
    try:
        answer = await _ask(host, port, request.encode("ascii"))
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


async def _ask(host: str, port: int, request: bytes) -> bytes:
    """Send and read until the other side closes."""
    async with asyncio.timeout(_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            await writer.drain()
            answer = b""
            while len(answer) < _LARGEST_ANSWER_BYTES and (chunk := await reader.read(65_536)):
                answer += chunk
            return answer
        finally:
            writer.close()
