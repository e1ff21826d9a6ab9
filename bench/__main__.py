"""`make bench`: bring a platform up, measure it, write docs/benchmarks.md."""

import os
import sys
from pathlib import Path

from bench import gateway, memory, pipeline, report, speech, translation, voice
from bench.house import open_house

_ROOT = Path(__file__).parent.parent


def main() -> None:
    """Measure everything; the memory on a platform that did nothing else."""
    model_dir = Path(os.environ["AI4V_MODEL_DIR"])  # noqa: TID251 - given by make
    with open_house() as house:
        _say("gateway")
        gateways = gateway.measure(house)
    with open_house() as house:
        _say("memory")
        shares = memory.measure(house)
    with open_house() as house:
        _say("memory of the voice")
        growth = memory.measure_growth(house)
    with open_house() as house:
        _say("speech to text")
        speeches = speech.measure(house, model_dir)
        _say("text to speech")
        voices = voice.measure(house)
        _say("translation")
        translations = translation.measure(house)
        _say("pipeline")
        pipelines = pipeline.measure(house)
    found = report.Findings(gateways, speeches, voices, translations, pipelines, shares, growth)
    report.write(_ROOT / "docs" / "benchmarks.md", found)


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
