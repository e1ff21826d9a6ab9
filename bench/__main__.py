"""`make bench`: bring a platform up, measure it, write docs/benchmarks.md."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench import gateway, memory, pipeline, report, speech, translation, voice
from bench.house import open_house

_ROOT = Path(__file__).parent.parent
_T = TypeVar("_T")


def main() -> None:
    """Measure everything; the memory on a platform that did nothing else."""
    model_dir = Path(os.environ["AI4V_MODEL_DIR"])  # noqa: TID251 - given by make
    with open_house() as house:
        shares = _measure("memory", lambda: memory.measure(house))
    with open_house() as house:
        growth = _measure("memory of the voice", lambda: memory.measure_growth(house))
    with open_house() as house:
        gateways = _measure("gateway", lambda: gateway.measure(house))
    with open_house() as house:
        voices = _measure("text to speech", lambda: voice.measure(house))
        translations = _measure("translation", lambda: translation.measure(house))
        pipelines = _measure("pipeline", lambda: pipeline.measure(house))
        speeches = _measure("speech to text", lambda: speech.measure(house, model_dir))
    found = report.Findings(gateways, speeches, voices, translations, pipelines, shares, growth)
    report.write(_ROOT / "docs" / "benchmarks.md", found)


def _measure(what: str, work: Callable[[], _T]) -> _T:
    """Measure one part, and say what was found: the whole takes long."""
    print(what, file=sys.stderr)
    found = work()
    print(f"  {found}", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
