"""HTTPS with a certificate that may change while the server runs."""

import asyncio
import ssl
from pathlib import Path

import structlog

_LOOK_EVERY_SECONDS = 10.0

log = structlog.get_logger(__name__)


class ReloadingCertificate:
    """An SSL context whose certificate is read again when its files change.

    Connections that exist keep the certificate they began with; new ones get the new one.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._seen = self._stamp()
        self.context = self._current = self._read()
        self.context.sni_callback = self._take_current

    def _take_current(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Called by each handshake, also of a client that says no name."""
        del name, context
        connection.context = self._current

    def _read(self) -> ssl.SSLContext:
        # A context of its own: one that fails to load a pair keeps half of it, and no connection succeeds any more.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._certificate, self._key, password="")  # never asked for on the terminal
        return context

    async def watch(self) -> None:
        """Looks at the files until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            self.reload_if_changed()

    def reload_if_changed(self) -> bool:
        """Reads the files again when they changed; a half-written pair is left for the next look."""
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return False
            self._current = self._read()
        except (OSError, ssl.SSLError) as error:
            log.warning("certificate not reloaded", certificate=str(self._certificate), error=str(error))
            return False
        self._seen = stamp
        log.info("certificate reloaded", certificate=str(self._certificate))
        return True

    def _stamp(self) -> tuple[int, int]:
        return self._certificate.stat().st_mtime_ns, self._key.stat().st_mtime_ns
