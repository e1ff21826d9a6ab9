from tests.support.platform import platform

__all__ = ["platform"]
