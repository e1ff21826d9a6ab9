"""What a directory last knew, on disk, for a process that starts while the registry is down."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ai4v.kit.clock import Clock, SystemClock
from ai4v.kit.log import get_logger
from ai4v.ports.registry import Instance

_log: Final = get_logger(__name__)

Known = Mapping[str, tuple[Instance, ...]]
"""Instances by service."""


class DirectoryFile:
    """One small file, replaced whole; a file that is old, broken or missing says nothing.

    Args:
        path: where; its folder is there.
        max_age_s: by the time of day. One from the future, as after a jump of the clock, is taken.
        clock: tells the time of day.
    """

    def __init__(
        self, path: Path, *, max_age_s: float = 86_400.0, clock: Clock | None = None
    ) -> None:
        self._path = path
        self._max_age_s = max_age_s
        self._clock = clock or SystemClock()

    def load(self) -> Known:
        """Return what was saved; empty when that is of no use."""
        try:
            content = json.loads(self._path.read_bytes())
            age_s = self._clock.now().timestamp() - float(content["savedAt"])
            known = {
                str(service): tuple(
                    Instance(str(service), str(instance_id), str(base_url))
                    for instance_id, base_url in pairs
                )
                for service, pairs in content["services"].items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            _log.warning("the saved directory cannot be read", path=str(self._path))
            return {}
        return known if age_s <= self._max_age_s else {}

    def save(self, known: Known) -> None:
        """Replace the file, for its owner alone; a disk that refuses is logged and left alone."""
        content = {
            "savedAt": self._clock.now().timestamp(),
            "services": {
                service: [[item.instance_id, item.base_url] for item in instances]
                for service, instances in known.items()
            },
        }
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            draft.write_bytes(b"")
            draft.chmod(0o600)
            draft.write_text(json.dumps(content))
            draft.replace(self._path)
        except OSError:
            _log.warning("the directory cannot be saved", path=str(self._path))
