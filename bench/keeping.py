"""`python -m bench.keeping [sentences] [hi-en ...]`: are numbers and addresses kept?

Everyday sentences with numbers and addresses between their words, with a fixed seed, through a
platform of its own, in the directions named, or in every one. Prints a line for each as it is done;
status 1 when anything was lost.
"""

import random
import sys

import httpx2

from ai4v.contracts.capability import Tier
from bench.house import House, open_house
from tests.support.everyday import keeps, make_sentence

_SENTENCES = 200
_AT_ONCE = 4
_SEED = 20261124
_TIMEOUT_S = 300.0


def main() -> None:
    """Measure the directions that are asked for."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _SENTENCES
    wanted = [tuple(name.split("-")) for name in sys.argv[2:]]
    lost = 0
    with open_house() as house, httpx2.Client(timeout=_TIMEOUT_S) as client:
        offered = find_directions(client, house)
        if unknown := ["-".join(name) for name in wanted if name not in offered]:
            sys.exit(f"no such direction: {unknown}; there are {offered}")
        for source, target in wanted or offered:
            rng = random.Random(_SEED)  # noqa: S311 - no secret
            made = [make_sentence(rng, source) for _ in range(count)]
            targets = _translate(client, house, [text for text, _ in made], (source, target))
            bad = [
                (text, said)
                for (text, kept), said in zip(made, targets, strict=True)
                if not keeps(said, kept)
            ]
            lost += len(bad)
            print(f"{source} → {target}: {count - len(bad)} of {count} kept", flush=True)
            for text, said in bad:
                print(f"  {text}\n  {said}")
    sys.exit(1 if lost else 0)


def find_directions(client: httpx2.Client, house: House) -> list[tuple[str, str]]:
    """Return every direction that the platform says it goes."""
    report = client.get(house.url("gateway") + "/api/v1/capabilities").json()
    return [
        (item["language"], item["target_language"])
        for item in report["capabilities"]
        if item["task"] == "translation" and item["tier"] != Tier.NONE
    ]


def _translate(
    client: httpx2.Client, house: House, texts: list[str], direction: tuple[str, str]
) -> list[str]:
    language = {"sourceLanguage": direction[0], "targetLanguage": direction[1]}
    said: list[str] = []
    for first in range(0, len(texts), _AT_ONCE):
        answer = client.post(
            house.url("gateway") + "/api/v1/nmt/inference",
            headers={"authorization": house.key, "x-request-timeout-ms": "300000"},
            json={
                "input": [{"source": text} for text in texts[first : first + _AT_ONCE]],
                "config": {"language": language},
            },
        )
        answer.raise_for_status()
        said += [item["target"] for item in answer.json()["output"]]
    return said


if __name__ == "__main__":
    main()
