"""Settings: nothing set works, everything set is heard, mistakes name the variable."""

from pathlib import Path

import pytest

from giaoban.config import Address, MediaAddress, Secret, Settings, load
from giaoban.errors import InvalidArgument


def test_with_nothing_set_everything_is_here(tmp_path: Path) -> None:
    settings = load({"GIAOBAN_HOME": str(tmp_path)})

    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.redis_url == f"unix://{settings.runtime_dir}/valkey.sock"
    assert settings.embedded_redis
    assert settings.media_addresses[0] == MediaAddress("127.0.0.1", "127.0.0.1")
    assert settings.database_url("notify") == f"sqlite+aiosqlite:///{tmp_path}/notify.db"
    assert settings.grpc_target("media", 1) == f"unix:{settings.runtime_dir}/media-1.sock"
    assert settings.keys_dir == tmp_path / "keys"
    assert settings.metrics == Address("127.0.0.1", 9090)


@pytest.mark.parametrize(
    ("http", "expected"),
    [
        ("127.0.0.1:8080", (("127.0.0.1", False), ("10.0.0.5", True))),
        ("0.0.0.0:8080", (("10.0.0.5", False), ("192.0.2.9", False))),
    ],
)
def test_on_loopback_media_serves_the_machine_itself_on_another_address_too(
    http: str, expected: tuple[tuple[str, bool], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("giaoban.config.own_addresses", lambda: ("10.0.0.5", "192.0.2.9"))

    addresses = load({"GIAOBAN_HTTP": http}).media_addresses

    assert addresses == tuple(MediaAddress(host, host, local) for host, local in expected)


def test_a_machine_with_no_other_address_serves_media_on_loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("giaoban.config.own_addresses", lambda: ("127.0.0.1",))

    assert load({}).media_addresses == (MediaAddress("127.0.0.1", "127.0.0.1"),)


def test_sockets_of_a_deep_folder_go_to_a_short_one(tmp_path: Path) -> None:
    settings = load({"GIAOBAN_HOME": str(tmp_path / ("d" * 120))})

    assert len(settings.grpc_target("scheduler").removeprefix("unix:").encode()) <= 100
    assert len(settings.redis_url.removeprefix("unix://").encode()) <= 100


def test_split_mode_listens_on_its_own_address_and_calls_its_peers() -> None:
    environment = {"GIAOBAN_GRPC": "10.0.0.5:7001", "GIAOBAN_PEER_SCHEDULER": "scheduler:7000"}
    media = load(environment, role="media")

    assert media.grpc_target("media") == "10.0.0.5:7001"
    assert media.grpc_target("media", 1) == "10.0.0.5:7003"
    assert media.grpc_target("scheduler") == "scheduler:7000"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "giaoban.toml"
    file.write_text(
        'http = "192.0.2.1:80"\nmedia_workers = 3\nkeys = "/keys"\n'
        'database_url = "postgresql+asyncpg://u@h/d"\nmedia_addresses = ["10.0.0.1=203.0.113.7"]\n'
    )
    settings = load({"GIAOBAN_CONFIG": str(file), "GIAOBAN_MEDIA_WORKERS": "2"})

    assert (settings.http, settings.media_workers, settings.keys_dir) == (Address("192.0.2.1", 80), 2, Path("/keys"))
    assert settings.media_addresses == (MediaAddress("10.0.0.1", "203.0.113.7"),)
    assert settings.database_url("media") == "postgresql+asyncpg://u@h/d?schema=media"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GIAOBAN_HTTP", "8080"),
        ("GIAOBAN_HTTP", "127.0.0.1:99999"),
        ("GIAOBAN_MEDIA_UDP", "0"),
        ("GIAOBAN_MEDIA_WORKERS", "none"),
        ("GIAOBAN_MEDIA_ADDRESSES", "::"),
        ("GIAOBAN_MEDIA_ADDRESSES", "10.0.0.1=somewhere"),
        ("GIAOBAN_PUBLIC_URL", "giaoban.tinh.gov.vn"),
        ("GIAOBAN_PUBLIC_URL", "giaoban.tinh.gov.vn:8443"),
        ("GIAOBAN_PUBLIC_URL", "//giaoban.tinh.gov.vn"),
        ("GIAOBAN_PUBLIC_URL", "ftp://giaoban.tinh.gov.vn"),
        ("GIAOBAN_PUBLIC_URL", "https://"),
        ("GIAOBAN_PUBLIC_URL", "https:/giaoban.tinh.gov.vn"),
        ("GIAOBAN_PUBLIC_URL", "https://giaoban.tinh.gov.vn:99999"),
        ("GIAOBAN_PUBLIC_URL", "https://giaoban.tinh.gov.vn:port"),
        ("GIAOBAN_PUBLIC_URL", "https://[::1"),
        ("GIAOBAN_PUBLIC_URL", "https://giaoban tinh"),
        ("GIAOBAN_PUBLIC_URL", "https://giaoban\\tinh"),
        ("GIAOBAN_PUBLIC_URL", "https://nguoi:mat-khau@giaoban.tinh.gov.vn"),
        ("GIAOBAN_PUBLIC_URL", "https://giaoban.tinh.gov.vn/?a=b"),
        ("GIAOBAN_TRUSTED_PROXIES", "proxy.tinh.gov.vn"),
        ("GIAOBAN_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.300"),
        ("GIAOBAN_TRUSTED_PROXIES", "10.0.0.0/33"),
    ],
)
def test_a_bad_setting_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        load({variable: value})

    assert caught.value.reason == "BAD_SETTING"
    assert caught.value.field == variable
    assert variable in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://giaoban.tinh.gov.vn",
        "HTTPS://giaoban.tinh.gov.vn/",
        "http://10.0.0.5:8080",
        "https://[2001:db8::1]:8443",
        "https://giao_ban",
        "https://họp.tỉnh.vn",
    ],
)
def test_what_a_browser_opens_may_be_the_public_address(url: str) -> None:
    assert load({"GIAOBAN_PUBLIC_URL": url}).public_url == url


def test_proxies_are_addresses_and_networks_and_an_address_within_one() -> None:
    settings = load({"GIAOBAN_TRUSTED_PROXIES": "10.0.0.5, 192.168.1.7/24 ,2001:db8::/32"})

    assert settings.trusted_proxies == ("10.0.0.5", "192.168.1.7/24", "2001:db8::/32")


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("GIAOBAN_PUBLIC_URL", "giaoban.tinh.gov.vn", "https://giaoban.tinh.gov.vn"),
        ("GIAOBAN_TRUSTED_PROXIES", "10.0.0.300", "'10.0.0.300' is no address or network, for example 10.0.0.5"),
    ],
)
def test_a_bad_setting_says_what_a_good_one_looks_like(variable: str, value: str, remedy: str) -> None:
    with pytest.raises(InvalidArgument, match=remedy):
        load({variable: value})


def test_an_unknown_key_of_the_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "giaoban.toml"
    file.write_text('htpp = "127.0.0.1:80"\n')

    with pytest.raises(InvalidArgument, match="htpp"):
        load({"GIAOBAN_CONFIG": str(file)})


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        admin_password=Secret("mat-khau"),
        livekit_api_secret=Secret("khoa"),
        smtp_url="smtp://u:thu@h",
        redis_url="redis://:kho@h",
    )

    shown = f"{settings} {settings!r} {settings.admin_password} {settings.admin_password!r}"

    assert "****" in shown
    assert not any(secret in shown for secret in ("mat-khau", "khoa", "thu@", "kho@"))


def test_an_empty_metrics_setting_means_none() -> None:
    assert load({"GIAOBAN_METRICS": ""}).metrics is None


def test_a_site_may_begin_without_the_invented_province() -> None:
    assert load({}).demo is True
    assert load({"GIAOBAN_DEMO": "no"}).demo is False
    with pytest.raises(InvalidArgument, match="GIAOBAN_DEMO"):
        load({"GIAOBAN_DEMO": "nein"})


def test_the_room_pair_of_the_site_goes_before_our_own(tmp_path: Path) -> None:
    own = load({"GIAOBAN_HOME": str(tmp_path)}).key_folder().room_api_pair()
    site = load({"GIAOBAN_HOME": str(tmp_path), "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s"})

    assert site.key_folder().room_api_pair() == ("k", "s")
    assert own == load({"GIAOBAN_HOME": str(tmp_path)}).key_folder().room_api_pair()


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("", "Giao Ban", "giaoban@giaoban.tinh.gov.vn"),
        ("vanthu@tinh.gov.vn", "Giao Ban", "vanthu@tinh.gov.vn"),
        ("Văn phòng UBND tỉnh <vanthu@tinh.gov.vn>", "Văn phòng UBND tỉnh", "vanthu@tinh.gov.vn"),
        ('"Giao ban, tỉnh" <vanthu@tinh.gov.vn>', "Giao ban, tỉnh", "vanthu@tinh.gov.vn"),
    ],
)
def test_the_sender_of_mails_has_a_name_and_an_address(text: str, name: str, address: str) -> None:
    settings = load({"GIAOBAN_MAIL_FROM": text, "GIAOBAN_PUBLIC_URL": "https://giaoban.tinh.gov.vn"})

    assert settings.mail_sender == (name, address)


@pytest.mark.parametrize("text", ["Văn phòng", "Văn phòng <vanthu>", "<a@b> <c@d>", "A\nB <a@b.vn>", "x <a@b.vn"])
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="GIAOBAN_MAIL_FROM"):
        load({"GIAOBAN_MAIL_FROM": text})


def test_replies_by_mail_are_refused_as_not_built_yet() -> None:
    with pytest.raises(InvalidArgument, match="GIAOBAN_IMAP_URL: replies by mail are not read yet"):
        load({"GIAOBAN_IMAP_URL": "imaps://u:p@host"})
