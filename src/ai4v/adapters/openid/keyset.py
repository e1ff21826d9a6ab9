"""The keys that a provider signs with: fetched when needed, and not as often as strangers like."""

import asyncio
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from ai4v.adapters.openid.client import ProviderClient
from ai4v.kit.clock import Clock
from ai4v.ports.identityprovider import ProviderRefusedError

REFETCH_S: Final = 60.0
"""A name that is not among the keys sends us to the provider at most this often."""
KEPT_S: Final = 3600.0
"""After this the keys are fetched again, so that one that was withdrawn is forgotten."""
_MAX_KEYS: Final = 32
_KINDS: Final = {"RSA", "EC", "OKP"}


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    keys: list[dict[str, JsonValue]]


_ANSWER: Final = TypeAdapter(_Answer)


class KeySet:
    """Keeps one provider's keys."""

    def __init__(self, client: ProviderClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_s: float | None = None
        self._turn = asyncio.Lock()

    async def find(self, url: str, key_id: str | None) -> Key:
        """Return the key of that name, or the only one for a token that names none.

        Raises:
            ProviderRefusedError: there is none.
            ProviderUnavailableError: the keys cannot be fetched.
        """
        async with self._turn:
            now_s = self._clock.monotonic_s()
            age_s = KEPT_S if self._fetched_s is None else now_s - self._fetched_s
            is_known = self._pick(key_id) is not None
            if age_s >= KEPT_S or (not is_known and age_s >= REFETCH_S):
                self._keys = await self._fetch(url)
                self._fetched_s = now_s
            key = self._pick(key_id)
        if key is None:
            raise ProviderRefusedError("the provider's token is signed with an unknown key")
        return key

    def _pick(self, key_id: str | None) -> Key | None:
        if key_id is not None:
            return self._keys.get(key_id)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    async def _fetch(self, url: str) -> dict[str, Key]:
        found = (await self._client.get(url, _ANSWER, {})).keys[:_MAX_KEYS]
        keys = {}
        for place, content in enumerate(found):
            if content.get("kty") in _KINDS and content.get("use", "sig") == "sig":
                name = content.get("kid")
                key = _import(content)
                if key is not None:
                    keys[name if isinstance(name, str) else f"#{place}"] = key
        return keys


def _import(content: dict[str, JsonValue]) -> Key | None:
    """Read a public key; one that cannot be read is none."""
    public: dict[str, str | list[str]] = {
        name: value for name, value in content.items() if isinstance(value, str)
    }
    try:
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
