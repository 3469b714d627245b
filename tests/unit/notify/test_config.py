"""The address of the mail server."""

from pathlib import Path

import pytest

from giaoban.config import Settings
from giaoban.errors import InvalidArgument
from services.notify.config import StartTls, notify_settings, parse_smtp_url


def test_nothing_set_means_files_in_the_data_folder(tmp_path: Path) -> None:
    own = notify_settings(Settings.load({}, home=tmp_path, public_url="https://a.vn/"))

    assert own.smtp is None
    assert own.mail_dir == tmp_path / "mail"
    assert own.public_url == "https://a.vn"


@pytest.mark.parametrize(
    ("url", "port", "tls", "start_tls"),
    [
        ("smtp://127.0.0.1", 25, False, StartTls.NEVER),
        ("smtp://localhost:2525?starttls=required", 2525, False, StartTls.REQUIRED),
        ("smtp://mail.tinh.gov.vn:587", 587, False, StartTls.AUTO),
        ("smtps://mail.tinh.gov.vn", 465, True, StartTls.AUTO),
        ("smtp://[::1]:26", 26, False, StartTls.NEVER),
    ],
)
def test_a_servers_address_is_read(url: str, port: int, tls: bool, start_tls: StartTls) -> None:
    server = parse_smtp_url(url)

    assert (server.port, server.tls, server.start_tls) == (port, tls, start_tls)


def test_name_and_password_are_decoded_and_not_printed() -> None:
    server = parse_smtp_url("smtp://giaoban%40tinh:m%2Ft%3Akh%C3%A2u@mail.tinh.gov.vn")

    assert (server.username, server.password.get_secret_value()) == ("giaoban@tinh", "m/t:khâu")
    assert "khâu" not in repr(server)


@pytest.mark.parametrize("url", ["mail.vn", "http://mail.vn", "smtp://", "smtp://a:99999", "smtp://a?starttls=maybe"])
def test_a_wrong_address_is_refused_with_the_variables_name_and_without_the_password(url: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        parse_smtp_url(url.replace("://", "://u:geheim@"))

    assert error.value.field == "GIAOBAN_SMTP_URL"
    assert "geheim" not in str(error.value)
