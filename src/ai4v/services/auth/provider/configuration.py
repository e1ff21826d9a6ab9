"""How a provider is described in the settings, and the presets: what is known of the usual ones."""

import json
import tomllib
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from ai4v.contracts.role import Role

_OPENID_SCOPES: Final = ("openid", "email", "profile")
PRESETS: Final[dict[str, dict[str, object]]] = {
    "google": {
        "title": "Google",
        "issuer": "https://accounts.google.com",
        "scopes": _OPENID_SCOPES,
    },
    "github": {
        "title": "GitHub",
        "issuer": "https://github.com/login/oauth",
        "github": {
            "authorization_url": "https://github.com/login/oauth/authorize",
            "token_url": "https://github.com/login/oauth/access_token",
            "api_url": "https://api.github.com",
        },
        "scopes": ("read:user", "user:email"),
    },
    "keycloak": {"title": "Keycloak", "scopes": _OPENID_SCOPES},
    "oidc": {"scopes": _OPENID_SCOPES},
}
"""What a preset fills in where the settings say nothing. Keycloak's issuer is
`https://<host>/realms/<realm>`."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,22}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s#]+$", max_length=512)]
Domain = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9.-]+\.[A-Za-z]+$")]


class GitHubUrls(BaseModel):
    """Where GitHub's OAuth2 is; it is not OpenID Connect and says nothing of the kind itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authorization_url: Url
    token_url: Url
    api_url: Url


class ProviderConfiguration(BaseModel):
    """One provider at which this platform is a registered client.

    Its redirect address there is `<public_url>/api/v1/auth/providers/<name>/callback`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Name
    """Part of addresses, and of what is known of users: never changed once somebody signed in."""
    preset: Literal["google", "github", "keycloak", "oidc"] = "oidc"
    title: str = ""
    """For people; empty: the name."""
    issuer: Url
    """Letter for letter what its tokens say."""
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    scopes: tuple[str, ...]
    allowed_domains: tuple[Domain, ...] = ()
    """Of verified e-mail addresses; empty: everybody the provider knows."""
    role: Role = Role.USER
    """Of users that sign in for the first time."""
    github: GitHubUrls | None = None
    """Where GitHub is, or a GitHub of one's own; other providers say it themselves."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return PRESETS.get(str(given.get("preset", "oidc")), {}) | given


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider: tuple[ProviderConfiguration, ...] = ()


_LIST: Final = TypeAdapter(
    tuple[ProviderConfiguration, ...], config=ConfigDict(hide_input_in_errors=True)
)


def read_providers(text: str) -> tuple[ProviderConfiguration, ...]:
    """Read a JSON list of providers, or TOML with a table `[[provider]]` for each.

    Raises:
        ValueError: it is neither, or two have one name; nothing secret is in the message.
    """
    if text.lstrip().startswith("["):
        providers = _read_list(text)
    else:
        providers = _File.model_validate(tomllib.loads(text)).provider
    if len({provider.name for provider in providers}) != len(providers):
        raise ValueError("two providers have one name")
    return providers


def _read_list(text: str) -> tuple[ProviderConfiguration, ...]:
    """Tell the two apart by trying: `[[provider]]` begins as a JSON list does."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return _File.model_validate(tomllib.loads(text)).provider
    return _LIST.validate_python(content)
