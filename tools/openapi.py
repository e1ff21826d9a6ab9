"""The API as the code has it: `python -m tools.openapi` writes docs/openapi, `--check` compares.

A change of the API is then seen in the diff of a commit, and cannot come by accident. No service
is started: each app is made with stand-in settings and asked for its schema.
"""

import difflib
import importlib
import json
import secrets
import sys
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from ai4v.kit.settings import ServiceSettings
from ai4v.kit.topology import load_topology

_FOLDER: Final = Path("docs/openapi")
_SHOWN_LINES: Final = 40


def main(arguments: list[str]) -> int:
    """Write the schemas, or tell whether those written are the ones the code has."""
    is_check = arguments == ["--check"]
    fresh = {
        _FOLDER / f"{service.name}.json": schema_text(service.package)
        for service in load_topology().services
    }
    if is_check:
        return report(fresh, {path: path.read_text("utf-8") for path in _FOLDER.glob("*.json")})
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for path in set(_FOLDER.glob("*.json")) - set(fresh):
        path.unlink()
    for path, text in fresh.items():
        path.write_text(text, encoding="utf-8")
    print(f"openapi: wrote {len(fresh)} files to {_FOLDER}")
    return 0


def report(fresh: dict[Path, str], kept: dict[Path, str]) -> int:
    """Print how what is kept differs from what is fresh; return 1 when it does."""
    stale = [path for path in sorted({*fresh, *kept}) if fresh.get(path) != kept.get(path)]
    for path in stale:
        before, after = (side.get(path, "").splitlines() for side in (kept, fresh))
        difference = difflib.unified_diff(before, after, f"{path} (kept)", f"{path} (code)", n=2)
        print("\n".join(list(difference)[:_SHOWN_LINES]))
    if stale:
        print(f"openapi: {len(stale)} files differ: read the diff, then run `make openapi`")
    return 1 if stale else 0


def schema_text(package: str) -> str:
    """Return the schema of the service in `package`, in a form that diffs line by line."""
    schema = make_app(package).openapi()
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def make_app(package: str) -> FastAPI:
    """Make the app of the service in `package`, with stand-in settings; it is not started."""
    settings_module = importlib.import_module(f"{package}.settings")
    app_module = importlib.import_module(f"{package}.app")
    (settings_class,) = (
        value
        for name, value in vars(settings_module).items()
        if not name.startswith("_")
        and isinstance(value, type)
        and issubclass(value, ServiceSettings)
        and value.__module__ == settings_module.__name__
    )
    made = app_module.create_app(stand_in_settings(settings_class))
    app = getattr(made, "app", made)
    if not isinstance(app, FastAPI):
        raise TypeError(f"{package}.app makes no FastAPI app")
    return app


def stand_in_settings(settings_class: type[ServiceSettings]) -> ServiceSettings:
    """Make settings good enough to create an app that is never started."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    values = {
        "port": 0,
        "cache_url": "memory://",
        "registry_url": "memory://",
        "database_url": "postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none",
        "internal_public_key": public.decode("ascii"),
        "internal_private_key": private.decode("ascii"),
        "identity_secret": secrets.token_urlsafe(),
        "model_dir": Path(),
    }
    needed = {
        name: values.get(name, private.decode("ascii"))
        for name, field in settings_class.model_fields.items()
        if field.is_required()
    }
    return settings_class.model_validate(needed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
