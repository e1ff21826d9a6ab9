"""TLS for what the outside talks to: 1.2 and newer, forward secret, authenticated ciphers alone."""

import ssl
from pathlib import Path
from typing import Final

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class TlsFiles:
    """A certificate and its key, and the context that serves them."""

    def __init__(self, certificate: Path, private_key: Path) -> None:
        """Read both.

        Raises:
            OSError: a file cannot be read, or is not what it should be (`ssl.SSLError`).
        """
        self._certificate = certificate
        self._private_key = private_key
        self.context = self._make_context()

    def reload(self) -> None:
        """Read both again, for the connections to come; on failure the old ones stay.

        Raises:
            OSError: as at first.
        """
        self._make_context()
        self.context.load_cert_chain(self._certificate, self._private_key)

    def _make_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
        context.set_ciphers(_CIPHERS)
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self._certificate, self._private_key)
        return context
