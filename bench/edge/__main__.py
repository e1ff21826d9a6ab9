"""`make bench-gateway`: measure the gateway, and write docs/benchmarks-gateway.md."""

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Final

from ai4v.cli.plan import plan_replica
from bench.edge import measure, yardstick
from bench.edge.measure import Latency, Row
from bench.edge.report import Findings, write
from bench.edge.rig import REST, Rig, open_rig, pin

_ROOT: Final = Path(__file__).parents[2]
_PROGRAMS: Final = ("nginx", "wrk", "taskset")
_UPSTREAM, _CHECK, _NGINX, _PLAIN, _ECHO = range(31_801, 31_806)
_UNLIMITED: Final = {
    "AI4V_GATEWAY_ADDRESS_PER_MINUTE": "1000000000",
    "AI4V_GATEWAY_STREAMS_PER_KEY": "2000",
}


def main(plain_python: Path) -> None:
    """Measure everything.

    Args:
        plain_python: of the environment that has httpx, made by the Makefile.
    """
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.exit(f"install the system packages nginx-light, wrk and util-linux: no {missing[0]}")
    write(_ROOT / "docs" / "benchmarks-gateway.md", asyncio.run(_measure(plain_python)))


async def _measure(plain_python: Path) -> Findings:
    async with open_rig() as rig:
        await yardstick.start_upstream(rig, _UPSTREAM)
        await rig.list_instance("asr", _UPSTREAM)
        gateway = await rig.start_service("gateway", _UNLIMITED)
        pid = gateway.state.pid or 0
        # Memory first: what large bodies leave behind is not what streams or uploads take.
        streams = await _measure_streams(rig, pid)
        upload = await measure.measure_upload(rig, rig.port("gateway"), pid)
        await yardstick.start_nginx(rig, plain_python, _NGINX, upstream=_UPSTREAM, check=_CHECK)
        await yardstick.start_plain(rig, plain_python, _PLAIN, upstream=_UPSTREAM)
        ports = {"gateway": rig.port("gateway"), "nginx": _NGINX, "plain": _PLAIN}
        small = await measure.compare(rig, ports)
        large = await measure.compare_large(rig, ports)
        latency = await _measure_latency(rig, small)
        chain = await _measure_chain(rig)
        return Findings(small, large, latency, chain, streams, upload, measure.pss_mib(pid))


async def _measure_latency(rig: Rig, rows: list[Row]) -> Latency:
    capacity = next(row.rate for row in rows if (row.name, row.connections) == ("gateway", 16))
    return await measure.measure_latency(
        rig, gateway=rig.port("gateway"), upstream=_UPSTREAM, rate=capacity / 2
    )


async def _measure_chain(rig: Rig) -> Row:
    """Put the service on the load's core: it is not what is measured."""
    replica = next(item for item in rig.platform.replicas if item.name == "nmt")
    plan = plan_replica(rig.platform, replica)
    environment = dict(plan.environment)
    process = await rig.spawn_with(environment, REST, sys.executable, "-m", "bench.edge.stub")
    await rig.await_port(rig.port("nmt"))
    pin(process.pid, REST)
    await asyncio.sleep(3)  # until the gateway has heard of it
    return await measure.measure_chain(rig, rig.port("gateway"))


async def _measure_streams(rig: Rig, pid: int) -> tuple[float, float]:
    await rig.spawn(REST, sys.executable, "-m", "bench.edge.echo", str(_ECHO))
    await rig.await_port(_ECHO)
    await rig.list_instance("tts", _ECHO)
    await asyncio.sleep(3)
    return await measure.measure_streams(rig, rig.port("gateway"), pid)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
