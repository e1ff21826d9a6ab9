"""Whole platforms with the real engine."""

from tests.support.platform import platform

__all__ = ["platform"]
