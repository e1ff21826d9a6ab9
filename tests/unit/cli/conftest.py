from tests.support.npm import npm

__all__ = ["npm"]
