"""What the gateway adds: the same small request through it and past it, taken in turns."""

import asyncio
import statistics
from dataclasses import dataclass

from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from bench.house import House
from bench.load import Result, Target, run

_ROUNDS = 3
_SECONDS = 3.0
_PATH = "/api/v1/asr/models"


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds at one number of connections."""

    connections: int
    direct: Result
    through: Result


def measure(house: House, connection_counts: tuple[int, ...] = (1, 16)) -> list[Row]:
    """Measure with every key check and rate limit on."""
    key_file = house.data_dir / "secrets" / "ai4v_gateway_internal_private_key"
    signer = TokenSigner(key_file.read_text(), service="gateway")
    token = signer.sign(None, "asr")
    direct = Target(house.url("asr") + _PATH, ((TOKEN_HEADER, token),))
    through = Target(house.url("gateway") + _PATH, (("authorization", house.key),))
    return [_compare(direct, through, count) for count in connection_counts]


def _compare(direct: Target, through: Target, connections: int) -> Row:
    results: dict[Target, list[Result]] = {direct: [], through: []}
    for _ in range(_ROUNDS):
        for target, rounds in results.items():
            rounds.append(asyncio.run(run(target, connections=connections, seconds=_SECONDS)))
    return Row(connections, _median(results[direct]), _median(results[through]))


def _median(rounds: list[Result]) -> Result:
    return Result(
        requests_per_s=statistics.median(item.requests_per_s for item in rounds),
        p50_ms=statistics.median(item.p50_ms for item in rounds),
        p99_ms=statistics.median(item.p99_ms for item in rounds),
        failures=sum(item.failures for item in rounds),
    )
