"""A server of files on this machine, for what fetches them by address."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MediaServer:
    """One that runs."""

    origin: str
    """`http://host:port`; a file of the folder is below it by its name."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name there
        """Say nothing."""


@contextmanager
def serve_folder(folder: Path) -> Iterator[MediaServer]:
    """Serve `folder` while the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield MediaServer(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()
