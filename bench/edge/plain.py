"""A gateway as most write it: FastAPI, httpx, redis-py, two round trips, bodies in memory."""

import hashlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from redis.asyncio import Redis


def main(port: int, upstream: int, url: str) -> None:
    """Serve until ended."""
    redis = Redis.from_url(url.replace("valkey://", "redis://"))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=512, max_keepalive_connections=512)
        async with httpx.AsyncClient(limits=limits, timeout=30) as app.state.client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def forward(request: Request, path: str) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        digest = hashlib.sha256(given.encode()).hexdigest()
        if not await redis.get(f"ai4v:cache:credential:{digest}"):
            raise HTTPException(401)
        if await redis.incr(f"plain:{digest}") > 1_000_000_000:
            raise HTTPException(429)
        answer = await request.app.state.client.request(
            request.method,
            f"http://127.0.0.1:{upstream}/{path}",
            content=await request.body(),
            headers={"content-type": request.headers.get("content-type", "application/json")},
        )
        return Response(answer.content, answer.status_code, media_type="application/json")

    uvicorn.run(app, port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
