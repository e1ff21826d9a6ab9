"""The load: wrk as fast as it goes, and requests at a given rate with their waiting counted."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load import Target, read_answer


@dataclass(frozen=True, slots=True)
class Throughput:
    """What wrk saw."""

    requests_per_s: float
    failures: int
    """Answers that were not 2xx or 3xx, and errors of the connection."""


async def run_wrk(
    folder: Path,
    url: str,
    headers: Mapping[str, str],
    *,
    connections: int,
    seconds: int,
    body: bytes = b"",
) -> Throughput:
    """Send one request again and again over keep-alive connections, from the load's own core.

    Raises:
        RuntimeError: wrk did not run; it and nginx come as system packages.
    """
    script = folder / "wrk.lua"
    lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()]
    if body:
        file = folder / "wrk.body"
        file.write_bytes(body)
        lines += ['wrk.method = "POST"', f'wrk.body = io.open("{file}", "rb"):read("*a")']
    script.write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url),
        stdout=asyncio.subprocess.PIPE,
    )
    output = (await process.communicate())[0].decode()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if rate is None:
        raise RuntimeError(f"wrk says: {output}")
    errors = re.findall(r"Non-2xx or 3xx responses: (\d+)", output)
    errors += re.findall(r"(?:connect|read|write|timeout) (\d+)", output)
    return Throughput(float(rate.group(1)), sum(map(int, errors)))


async def pace(
    target: Target, *, connections: int, requests_per_s: float, seconds: float
) -> list[float]:
    """Send at a steady rate; return sorted seconds from when each was due to its whole answer."""
    request = target.encode()
    waits: list[float] = []
    began = time.perf_counter() + 0.1
    gap_s = connections / requests_per_s

    async def work(number: int) -> None:
        reader, writer = await asyncio.open_connection(target.host, target.port)
        due = began + number / requests_per_s
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            status = await read_answer(reader)
            if status != 200:
                raise RuntimeError(f"{target.url} answers {status}")
            waits.append(time.perf_counter() - due)
            due += gap_s
        writer.close()

    await asyncio.gather(*(work(number) for number in range(connections)))
    return sorted(waits)
