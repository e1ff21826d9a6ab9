"""Hashes of passwords where it does not matter what they cost."""

from typing import Final

from ai4v.services.auth.account.password import HashCost

CHEAP: Final = HashCost(memory_kib=64, passes=1)
