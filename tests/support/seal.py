"""The secret that the platform's processes share in tests."""

from pydantic import SecretStr

from ai4v.kit.clock import Clock
from ai4v.kit.seal import Seal
from ai4v.kit.sealedcache import SealedCache
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.ports.cache import Cache
from ai4v.ports.registry import Registry

SECRET = SecretStr("the-secret-that-processes-of-the-tests-share")


def seal_cache(cache: Cache, clock: Clock) -> SealedCache:
    """The cache as processes of the platform see it."""
    return SealedCache(cache, make_seal(clock))


def seal_registry(registry: Registry) -> SealedRegistry:
    """The registry as processes of the platform see it."""
    return SealedRegistry(registry, make_seal())


def make_seal(clock: Clock | None = None) -> Seal:
    """The seal of the platform."""
    return Seal(SECRET.get_secret_value(), clock)
