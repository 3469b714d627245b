"""The one place with private names of aiortc and pylibsrtp, and the check that they still mean what they meant.

`MediaDtlsTransport` is aiortc's DTLS without its media: keys go out, SRTP never comes in. `SrtpSession` is pylibsrtp's
session worked in place on a buffer, without the copies its wrapper makes.
"""

import importlib
import importlib.metadata
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast

import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsTransport,
)
from aiortc.rtcsctptransport import RTCSctpTransport
from typing_extensions import override

from services.media.domain.ports import SrtpKeys, SrtpProfile

if TYPE_CHECKING:
    from aiortc.rtcicetransport import RTCIceTransport

# A pointer made by pylibsrtp's cffi, which has no types.
CData: TypeAlias = Any

PINNED: Final = {"aiortc": "1.16.0", "pylibsrtp": "1.0.0"}

# The largest trailer libsrtp adds to an SRTP or SRTCP packet: index, tag and MKI.
TRAILER_BYTES: Final = 4 + 16 + 128

# 1024 shifts a window of that many bits for each packet sent (measured: 2 to 5 % of the forwarder).
SEND_WINDOW: Final = 128
RECEIVE_WINDOW: Final = 1024

# The client protocol opens three data channels.
MAX_CHANNELS: Final = 16

_PROFILES: Final = {
    SrtpProfile.AEAD_AES_128_GCM: SRTP_AEAD_AES_128_GCM,
    SrtpProfile.AES128_CM_SHA1_80: SRTP_AES128_CM_SHA1_80,
    SrtpProfile.AEAD_AES_256_GCM: SRTP_AEAD_AES_256_GCM,
}


def _check_pins() -> None:
    for name, pinned in PINNED.items():
        installed = importlib.metadata.version(name)
        if installed != pinned:
            raise ImportError(f"{name} {installed} is installed; its private names were checked in {pinned} only")
    for attribute in ("_setup_srtp", "_set_role", "_recv_next", "_write_ssl"):
        if not hasattr(RTCDtlsTransport, attribute):
            raise ImportError(f"aiortc's RTCDtlsTransport has no {attribute}")
    for attribute in ("_handle_data", "_data_channel_receive"):
        if not hasattr(RTCSctpTransport, attribute):
            raise ImportError(f"aiortc's RTCSctpTransport has no {attribute}")


_check_pins()
_binding: Final = importlib.import_module("pylibsrtp._binding")
ffi: Final[CData] = _binding.ffi
_lib: Final[CData] = _binding.lib
_protect: Final = _lib.srtp_protect
_protect_rtcp: Final = _lib.srtp_protect_rtcp
_unprotect: Final = _lib.srtp_unprotect
_unprotect_rtcp: Final = _lib.srtp_unprotect_rtcp
_remove_stream: Final = _lib.srtp_remove_stream


class DatagramTransport(Protocol):
    """What aiortc's DTLS asks of the ICE transport below it."""

    role: str
    state: str

    async def _recv(self) -> bytes: ...

    async def _send(self, data: bytes) -> None: ...


class MediaDtlsTransport(RTCDtlsTransport):
    """aiortc's DTLS in the server's role that hands its SRTP keys over instead of using them.

    Feed its transport DTLS datagrams only (first byte 20 to 63, never empty): an empty or long one kills the loop.
    """

    def __init__(
        self, transport: DatagramTransport, certificate: RTCCertificate, on_keys: Callable[[SrtpKeys], None]
    ) -> None:
        """Begins nothing yet; `start` does the handshake.

        Args:
            transport: Stands in for aiortc's ICE transport; its `_recv` raises `ConnectionError` at the end.
            certificate: The process's own.
            on_keys: Called once, when the handshake is done and the peer's fingerprint is verified.
        """
        super().__init__(cast("RTCIceTransport", transport), [certificate])
        self._on_keys = on_keys
        # AES-128-GCM first: the cheapest to compute (media-forwarding.md trap 12).
        self._srtp_profiles = list(_PROFILES.values())
        self._set_role("server")

    @override
    def _setup_srtp(self) -> None:
        super()._setup_srtp()
        connection: CData = self._ssl
        chosen = connection.get_selected_srtp_profile()
        for name, profile in _PROFILES.items():
            if profile.openssl_profile != chosen:
                continue
            exported = connection.export_keying_material(
                b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
            )
            self._on_keys(SrtpKeys(name, profile.get_key_and_salt(exported, 0), profile.get_key_and_salt(exported, 1)))


class SrtpSession:
    """One direction of SRTP and SRTCP, in place on memory of pylibsrtp's `ffi`.

    Methods answer the new length, or -1 when libsrtp refuses the packet (forged, repeated, outside the window).
    """

    def __init__(self, profile: SrtpProfile, key: bytes, *, sending: bool) -> None:
        """Makes a session for any SSRC.

        Raises:
            ValueError: The key is too short for the profile.
        """
        policy = pylibsrtp.Policy(
            key=key,
            ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND if sending else pylibsrtp.Policy.SSRC_ANY_INBOUND,
            srtp_profile=_PROFILES[profile].libsrtp_profile,
        )
        policy.allow_repeat_tx = sending
        policy.window_size = SEND_WINDOW if sending else RECEIVE_WINDOW
        self._session = pylibsrtp.Session(policy)
        self._pointer: CData = self._session._srtp[0]  # noqa: SLF001 (this module's job)
        self._length: CData = ffi.new("int *")

    def protect(self, memory: CData, length: int) -> int:
        """Encrypts an RTP packet; the memory must have room for `TRAILER_BYTES` more."""
        self._length[0] = length
        return self._length[0] if _protect(self._pointer, memory, self._length) == 0 else -1

    def protect_rtcp(self, memory: CData, length: int) -> int:
        """Encrypts a compound RTCP packet; the memory must have room for `TRAILER_BYTES` more."""
        self._length[0] = length
        return self._length[0] if _protect_rtcp(self._pointer, memory, self._length) == 0 else -1

    def unprotect(self, memory: CData, length: int) -> int:
        """Verifies and decrypts an SRTP packet."""
        self._length[0] = length
        return self._length[0] if _unprotect(self._pointer, memory, self._length) == 0 else -1

    def unprotect_rtcp(self, memory: CData, length: int) -> int:
        """Verifies and decrypts an SRTCP packet."""
        self._length[0] = length
        return self._length[0] if _unprotect_rtcp(self._pointer, memory, self._length) == 0 else -1

    def forget(self, ssrc: int) -> None:
        """Frees what libsrtp keeps of a stream, if it knows it.

        Nothing may be sent under this SSRC and key again: numbers would begin in the first cycle, and one piece of key
        stream could cover two packets (RFC 3711 §9.1).
        """
        _remove_stream(self._pointer, socket.htonl(ssrc))


class BoundedSctpTransport(RTCSctpTransport):
    """aiortc's SCTP with an end to what a client may make it hold."""

    def __init__(self, transport: RTCDtlsTransport, port: int, on_overflow: Callable[[], None]) -> None:
        """Takes the DTLS transport.

        Args:
            transport: Of the same peer.
            port: SCTP's, not UDP's.
            on_overflow: Called when the client ignores the window it was given or opens channels without end.
        """
        super().__init__(transport, port)
        self._on_overflow = on_overflow

    @override
    async def _handle_data(self, data: bytes) -> None:
        await super()._handle_data(data)
        # aiortc announces its window and does not enforce it.
        if self._advertised_rwnd < 0 or len(self._data_channels) > MAX_CHANNELS:
            self._on_overflow()
