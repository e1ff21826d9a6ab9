from tests.support.npm import npm
from tests.support.platform import platform

__all__ = ["npm", "platform"]
