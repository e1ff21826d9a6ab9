"""The shared store as a process of the platform sees it: what others wrote is not there."""

from ai4v.kit.clock import Clock
from ai4v.kit.seal import Seal
from ai4v.kit.sealedcache import SealedCache
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.kit.settings import ServiceSettings
from ai4v.kit.store import Store


class SealedStore:
    """Cache and registry, both sealed.

    Args:
        store: where everything lies.
        settings: have the secret.
        clock: tells the time of day for the cache; leases are always in real time.
    """

    def __init__(self, store: Store, settings: ServiceSettings, clock: Clock | None = None) -> None:
        secrets = settings.identity_secret.get_secret_value()
        self._seals = Seal(secrets, clock), Seal(secrets)
        self.cache = SealedCache(store.cache, self._seals[0])
        self.registry = SealedRegistry(store.registry, self._seals[1])

    @property
    def refused(self) -> int:
        """How much was found and not believed."""
        return sum(seal.refused for seal in self._seals)
