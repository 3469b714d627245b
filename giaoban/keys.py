"""The folder of keys: whoever can read it owns the data and may speak for every role."""

import json
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from giaoban.errors import FailedPrecondition
from giaoban.files import private_folder, read_or_make

if TYPE_CHECKING:
    from pathlib import Path

_KEY_BYTES: Final = 32


class KeyFolder:
    """Keys in files of mode 0600, each made when first asked for.

    In split mode a role's folder needs the private key of that role only, and `sign-{role}.pub.pem` of the others.

    Args:
        path: The folder, mode 0700; made when missing.
        room_api: Key and secret of the room API as the site set them; None makes and keeps a pair.
    """

    def __init__(self, path: "Path", room_api: tuple[str, str] | None = None) -> None:
        self.path: Final = path
        self._room_api = room_api

    def make_all(self, roles: tuple[str, ...]) -> None:
        """Makes whatever is missing, so that processes starting together find it."""
        private_folder(self.path)
        self.data_key()
        self.link_secret()
        self.room_api_pair()
        for role in roles:
            self.signing_key(role)
            self._write_public(role)

    def data_key(self) -> bytes:
        """Answers the 32 bytes that encrypt data at rest; without them the data is lost."""
        return self._secret("data.key")

    def link_secret(self) -> bytes:
        """Answers the 32 bytes that sign invitation links; another secret ends every link."""
        return self._secret("link.key")

    def session_secret(self) -> bytes:
        """Answers the 32 bytes that seal browser sessions, the same for every replica that holds the gateway's signing key."""
        own = self.signing_key("gateway").private_bytes_raw()
        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"giaoban browser sessions").derive(own)

    def signing_key(self, role: str) -> Ed25519PrivateKey:
        """Answers the key with which a role signs its tokens."""
        path = self.path / f"sign-{role}.pem"
        key = load_pem_private_key(read_or_make(path, _new_signing_key), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise FailedPrecondition("KEY_UNUSABLE", f"{path} holds no Ed25519 private key.", path=str(path))
        return key

    def public_key(self, role: str) -> Ed25519PublicKey:
        """Answers the key that verifies tokens of a role."""
        path = self.path / f"sign-{role}.pub.pem"
        if not path.exists():
            self._write_public(role)
        key = load_pem_public_key(path.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise FailedPrecondition("KEY_UNUSABLE", f"{path} holds no Ed25519 public key.", path=str(path))
        return key

    def room_api_pair(self) -> tuple[str, str]:
        """Answers key and secret of the room tokens and the room API."""
        if self._room_api is not None:
            return self._room_api
        path = self.path / "room-api.json"
        pair = json.loads(read_or_make(path, _new_room_api_pair))
        return str(pair["key"]), str(pair["secret"])

    def admin_password(self) -> str:
        """Answers the first password of the first administrator."""
        return read_or_make(self.path / "admin-password", _new_password).decode().strip()

    def _secret(self, name: str) -> bytes:
        path = self.path / name
        key = read_or_make(path, lambda: secrets.token_bytes(_KEY_BYTES))
        if len(key) != _KEY_BYTES:
            raise FailedPrecondition("KEY_UNUSABLE", f"{path} must hold exactly {_KEY_BYTES} bytes.", path=str(path))
        return key

    def _write_public(self, role: str) -> None:
        public = self.signing_key(role).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        read_or_make(self.path / f"sign-{role}.pub.pem", lambda: pem)


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_room_api_pair() -> bytes:
    return json.dumps({"key": "API" + secrets.token_hex(6), "secret": secrets.token_urlsafe(32)}).encode()


def _new_password() -> bytes:
    # Read aloud and typed from a terminal: no look-alikes, 59 bits.
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
    return "-".join(groups).encode()
