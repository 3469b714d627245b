"""A local authority and a server certificate, for pilots on a network without a public name.

Browsers give a page the camera only over HTTPS (or on the machine itself). Leaves live 397 days: more is refused.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from giaoban.errors import FailedPrecondition, InvalidArgument
from giaoban.files import private_folder, read_or_make

_LEAF_DAYS: Final = 397
_AUTHORITY_DAYS: Final = 3650
_BACKDATED: Final = timedelta(hours=1)  # clocks of office PCs


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a server certificate was put."""

    certificate: Path
    key: Path
    authority: Path
    expires: datetime


def make_certificate(folder: Path, names: list[str]) -> Certificate:
    """Makes a server certificate for names and addresses, signed by the authority of the folder (made once).

    Raises:
        InvalidArgument: `BAD_HOST`: one of the names is neither a host name nor an address.
        FailedPrecondition: `AUTHORITY_EXPIRED`, `KEY_UNUSABLE`: the folder's authority can sign nothing any more.
    """
    hosts = [_host(name) for name in names]
    private_folder(folder)
    authority, authority_key = _authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    if authority.not_valid_after_utc <= now:
        raise FailedPrecondition(
            "AUTHORITY_EXPIRED",
            f"The authority in {folder} has expired: remove giaoban-ca.crt and giaoban-ca.key there for a new one.",
        )
    expires = min(now + timedelta(days=_LEAF_DAYS) - _BACKDATED, authority.not_valid_after_utc)
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(expires)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_identifier(authority), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    made = Certificate(folder / "server.pem", folder / "server.key", folder / "giaoban-ca.crt", expires)
    # The key first: the gateway reloads when the certificate changes, and must find the key that belongs to it.
    _replace(made.key, _key_pem(key))
    _replace(made.certificate, leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM))
    return made


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        labels = name.encode("idna").decode().split(".")
    except UnicodeError:
        labels = [""]
    if not all(label and label.replace("-", "a").isalnum() and not label.startswith("-") for label in labels):
        raise InvalidArgument("BAD_HOST", f"{name!r} is neither a host name nor an address.", field="names")
    return x509.DNSName(".".join(labels))


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    pem = read_or_make(folder / "giaoban-ca.key", lambda: _key_pem(ec.generate_private_key(ec.SECP256R1())))
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FailedPrecondition("KEY_UNUSABLE", f"{folder / 'giaoban-ca.key'} is not the key of our authority.")
    authority = x509.load_pem_x509_certificate(
        read_or_make(folder / "giaoban-ca.crt", lambda: _new_authority(key).public_bytes(Encoding.PEM))
    )
    return authority, key


def _new_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Giao Ban local authority {now:%Y-%m-%d}")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    found = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)
