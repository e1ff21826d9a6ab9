import stat
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from ai4v.cli.secret import prepare_secrets
from ai4v.kit.topology import load_topology


def test_secrets_are_made_once_and_closed(tmp_path: Path) -> None:
    first = prepare_secrets(tmp_path, load_topology())
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert prepare_secrets(tmp_path, load_topology()) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
    assert len({first.postgres.superuser, first.postgres.role, first.valkey}) == 3


def test_addresses_follow_the_ports(tmp_path: Path) -> None:
    secrets = prepare_secrets(tmp_path, load_topology())
    prepare_secrets(tmp_path, load_topology().shifted(10_000))
    database_url = (tmp_path / "ai4v_database_url").read_text()
    cache_url = (tmp_path / "ai4v_cache_url").read_text()
    assert database_url == (
        f"postgresql+asyncpg://ai4v:{secrets.postgres.role}@127.0.0.1:15434/ai4v"
    )
    assert cache_url == f"valkey://:{secrets.valkey}@127.0.0.1:16381/0"


def test_internal_keys_belong_together(tmp_path: Path) -> None:
    prepare_secrets(tmp_path, load_topology())
    private = (tmp_path / "ai4v_gateway_internal_private_key").read_bytes()
    public = (tmp_path / "ai4v_internal_public_key").read_bytes()
    assert load_pem_private_key(private, None).public_key() == load_pem_public_key(public)
    assert private != (tmp_path / "ai4v_auth_jwt_private_key").read_bytes()


def test_lost_public_key_is_made_again(tmp_path: Path) -> None:
    prepare_secrets(tmp_path, load_topology())
    public = tmp_path / "ai4v_internal_public_key"
    before = public.read_bytes()
    public.unlink()
    prepare_secrets(tmp_path, load_topology())
    assert public.read_bytes() == before
