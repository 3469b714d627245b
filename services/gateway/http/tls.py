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
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._seen = self._stamp()
        self.context.load_cert_chain(certificate, key)

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
            self.context.load_cert_chain(self._certificate, self._key)
        except (OSError, ssl.SSLError) as error:
            log.warning("certificate not reloaded", certificate=str(self._certificate), error=str(error))
            return False
        self._seen = stamp
        log.info("certificate reloaded", certificate=str(self._certificate))
        return True

    def _stamp(self) -> tuple[int, int]:
        return self._certificate.stat().st_mtime_ns, self._key.stat().st_mtime_ns
