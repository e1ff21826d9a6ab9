"""What the command line is told by the environment."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from ai4v.cli.failure import CommandError

_SYSTEM_DATA_DIR = Path("/var/lib/ai4v")
_LOOPBACK = "127.0.0.1"
_TIMEOUT_S = 300.0
"""The longest deadline that the platform takes."""
_LONGEST_TIMEOUT_S = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """The command line's settings, each from the variable `AI4V_<FIELD>`."""

    data_dir: Path
    """Where all state lives; root: /var/lib/ai4v, others: ai4v below their XDG data folder."""
    model_dir: Path
    """Where models live; `model` in the data folder."""
    port_shift: int = 0
    """Added to every port of services.toml."""
    bind: str = _LOOPBACK
    """The address on which the gateway, and nothing else, listens."""
    gateway_url: str = ""
    """Where client commands find the gateway; empty: the gateway of this machine."""
    gateway_ca: Path | None = None
    """PEM file of what client commands trust beside what the system does; None: the development
    certificate in the data folder, where there is one."""
    api_key: str = field(default="", repr=False)
    """The key of client commands; empty: the one of the first start."""
    timeout_s: float = _TIMEOUT_S
    """How long each call of a client command may take, waiting while the platform is busy included:
    1 to 86,400 seconds."""
    admin_password: str = field(default="", repr=False)
    """The administrator's password; empty: the one of the first start, else it is asked for."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The whole environment, for the processes that we start."""

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the environment.

        Raises:
            CommandError: AI4V_PORT_SHIFT is not a whole number, or AI4V_TIMEOUT_S no such number.
        """
        values = dict(os.environ if environment is None else environment)  # noqa: TID251 - the one place
        data_dir = Path(values.get("AI4V_DATA_DIR") or _default_data_dir(values)).absolute()
        shift = values.get("AI4V_PORT_SHIFT") or "0"
        try:
            port_shift = int(shift)
        except ValueError:
            raise CommandError(f"AI4V_PORT_SHIFT is not a whole number: {shift}") from None
        return cls(
            data_dir=data_dir,
            model_dir=Path(values.get("AI4V_MODEL_DIR") or data_dir / "model").absolute(),
            port_shift=port_shift,
            bind=values.get("AI4V_BIND") or _LOOPBACK,
            gateway_url=(values.get("AI4V_GATEWAY_URL") or "").rstrip("/"),
            gateway_ca=Path(ca) if (ca := values.get("AI4V_GATEWAY_CA")) else None,
            api_key=values.get("AI4V_API_KEY") or "",
            timeout_s=_read_timeout(values.get("AI4V_TIMEOUT_S") or str(_TIMEOUT_S)),
            admin_password=values.get("AI4V_ADMIN_PASSWORD") or "",
            environment=values,
        )

    def read_secret(self, name: str) -> str:
        """Return a secret from its variable or its file, as services find it; empty without one.

        The folder is AI4V_SECRETS_DIR, else the one in the data folder.
        """
        if value := self.environment.get(name):
            return value
        folder = self.environment.get("AI4V_SECRETS_DIR") or self.data_dir / "secrets"
        file = Path(folder) / name.lower()
        return file.read_text("utf-8").strip() if file.is_file() else ""


def _read_timeout(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 1 <= seconds <= _LONGEST_TIMEOUT_S:
        raise CommandError(f"AI4V_TIMEOUT_S is not 1 to {_LONGEST_TIMEOUT_S} seconds: {text}")
    return seconds


def _default_data_dir(values: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return _SYSTEM_DATA_DIR
    home = Path(values.get("HOME") or "~").expanduser()
    return Path(values.get("XDG_DATA_HOME") or home / ".local" / "share") / "ai4v"
