"""How one of several instances is chosen."""

from collections.abc import Sequence
from hashlib import blake2b
from random import Random

from ai4v.kit.balance.policy import BalancePolicy
from ai4v.kit.balance.standing import Standing


class Chooser:
    """Draws instances; all chance comes from `random`."""

    def __init__(self, policy: BalancePolicy, random: Random) -> None:
        self._alike = policy.alike
        self._draw = random.random

    def choose_better(self, candidates: Sequence[Standing], now_s: float) -> Standing:
        """Return the better of two drawn at random (power of two choices); one is at least there.

        Source: Mitzenmacher 2001; the cost is latency times outstanding requests, as in Finagle.
        """
        count = len(candidates)
        if count == 1:
            return candidates[0]
        first_index = int(self._draw() * count)
        second_index = int(self._draw() * (count - 1))
        if second_index >= first_index:
            second_index += 1
        first, second = candidates[first_index], candidates[second_index]
        if self._is_better(second, first, now_s):
            first, second = second, first
        return self._warm_up(first, second, now_s)

    def choose_next(self, candidates: Sequence[Standing], turn: int, now_s: float) -> Standing:
        """Return the one whose turn it is."""
        count = len(candidates)
        return self._warm_up(candidates[turn % count], candidates[(turn + 1) % count], now_s)

    def _is_better(self, one: Standing, other: Standing, now_s: float) -> bool:
        one_s, other_s = one.latency_s(now_s), other.latency_s(now_s)
        if one_s <= self._alike * other_s and other_s <= self._alike * one_s:
            return one.outstanding < other.outstanding
        return one_s * (one.outstanding + 1) < other_s * (other.outstanding + 1)

    def _warm_up(self, chosen: Standing, other: Standing, now_s: float) -> Standing:
        """Return `chosen`, but `other` when it is warm and `chosen` is too cold to have a go."""
        warmth = chosen.warmth(now_s)
        if warmth == 1.0 or other.warmth(now_s) < 1.0 or self._draw() < warmth:
            return chosen
        return other


def choose_sticky(candidates: Sequence[Standing], key: str) -> Standing:
    """Return the same one for the same key; when one goes, only its keys move (rendezvous)."""
    return max(candidates, key=lambda standing: _weigh(standing.instance.instance_id, key))


def _weigh(instance_id: str, key: str) -> bytes:
    return blake2b(f"{instance_id}\0{key}".encode(), digest_size=8).digest()
