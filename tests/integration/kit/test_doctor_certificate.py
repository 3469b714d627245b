"""What `giaoban doctor` says of the certificate is what browsers and the gateway will say of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization

from giaoban.config import Settings
from giaoban.errors import InvalidArgument
from giaoban.machine import check_certificate
from services.certificate import make_certificate
from services.doctor import Finding, examine

HOST = "giaoban.tinh.local"


def certificate(settings: Settings) -> Finding:
    return next(finding for finding in examine(settings) if finding.subject == "certificate")


def lan(folder: Path, hosts: tuple[str, ...] = (HOST,), *, url: str = f"https://{HOST}:8443") -> Settings:
    made = make_certificate(folder / "tls", list(hosts))
    return Settings.load(
        {}, home=folder, metrics=None, tls_cert=made.certificate, tls_key=made.key, public_url=url, media_workers=1
    )


@pytest.mark.parametrize("host", [HOST, "192.0.2.10", "[2001:db8::a]"])
def test_a_fresh_certificate_of_ours_is_healthy_for_each_of_its_hosts(tmp_path: Path, host: str) -> None:
    settings = lan(tmp_path, (HOST.upper(), "192.0.2.10", "2001:db8:0::a"), url=f"https://{host}:8443")

    assert certificate(settings) == Finding("certificate", True, f"for {host.strip('[]')}, 396 days left")


def test_a_certificate_for_another_host_than_links_name_is_bad(tmp_path: Path) -> None:
    finding = certificate(lan(tmp_path, ("other.tinh.local",)))

    assert finding.healthy is False
    assert HOST in finding.detail


@pytest.mark.parametrize(
    ("days", "says"), [(370, "26 days left"), (398, "it ended"), (-1, "is the clock right")], ids=str
)
def test_a_certificate_out_of_its_time_or_near_the_end_is_bad(tmp_path: Path, days: int, says: str) -> None:
    settings = lan(tmp_path)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True):
        finding = certificate(settings)

    assert finding.healthy is False
    assert says in finding.detail


def unset(settings: Settings) -> Settings:
    return settings.model_copy(update={"tls_key": None})


def removed(settings: Settings) -> Settings:
    assert settings.tls_cert
    settings.tls_cert.unlink()
    return settings


def mismatched(settings: Settings) -> Settings:
    assert settings.tls_key
    old = settings.tls_key.read_bytes()
    make_certificate(settings.tls_key.parent, [HOST])
    settings.tls_key.write_bytes(old)
    return settings


def locked(settings: Settings) -> Settings:
    assert settings.tls_key
    key = serialization.load_pem_private_key(settings.tls_key.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
    settings.tls_key.write_bytes(pem)
    return settings


@pytest.mark.parametrize("damage", [unset, removed, mismatched, locked])
def test_what_the_gateway_cannot_use_is_bad_and_refused_at_the_start(
    tmp_path: Path, damage: Callable[[Settings], Settings]
) -> None:
    settings = damage(lan(tmp_path))

    with pytest.raises(InvalidArgument) as refused:
        check_certificate(settings)

    assert refused.value.reason == "BAD_CERTIFICATE"
    assert "GIAOBAN_TLS_KEY" in refused.value.message
    assert certificate(settings).healthy is False


@pytest.mark.parametrize(
    ("url", "healthy"),
    [("http://127.0.0.1:8080", None), ("https://giaoban.example", None), ("http://192.0.2.10:8080", False)],
)
def test_having_none_is_bad_where_browsers_need_one(tmp_path: Path, url: str, healthy: bool | None) -> None:
    settings = Settings.load({}, home=tmp_path, metrics=None, public_url=url, media_workers=1)

    check_certificate(settings)
    assert certificate(settings).healthy is healthy
