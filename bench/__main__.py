"""`make bench`: bring a platform up, measure it, write docs/benchmarks.md."""

import os
import sys
from pathlib import Path

import httpx2
import numpy as np

from bench import gateway, report, speech
from bench.house import House, open_house

_ROOT = Path(__file__).parent.parent
_RATE_HZ = 16_000


def main() -> None:
    """Measure everything, the memory last."""
    model_dir = Path(os.environ["AI4V_MODEL_DIR"])  # noqa: TID251 - given by make
    with open_house() as house:
        print("gateway", file=sys.stderr)
        gateways = gateway.measure(house)
    with open_house() as house:
        print("memory", file=sys.stderr)
        memory = _measure_memory(house)
        print("speech to text", file=sys.stderr)
        speeches = speech.measure(house, model_dir)
    report.write(_ROOT / "docs" / "benchmarks.md", gateways, speeches, memory)


def _measure_memory(house: House) -> dict[str, float]:
    speech_samples = speech.load_speech("hi")
    with httpx2.Client(timeout=300.0) as client:
        for seconds in (6, 600):
            count = seconds * _RATE_HZ
            repeats = 1 + count // len(speech_samples)
            clip = np.tile(speech_samples, repeats)[:count]
            speech.transcribe(client, house, clip, "hi")
    return house.pss_mib()


if __name__ == "__main__":
    main()
