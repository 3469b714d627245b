"""What a site may choose, from the environment or the TOML file named by `GIAOBAN_CONFIG`; nothing set works.

A variable `GIAOBAN_HTTP` is the key `http` in the file and the field `http` here; the environment goes before the file.
"""

import hashlib
import ipaddress
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from typing_extensions import override

from giaoban.errors import InvalidArgument
from giaoban.keys import KeyFolder
from giaoban.mail_address import is_mail_address

ROLES: Final = ("scheduler", "media", "notify", "gateway")
_PREFIX: Final = "GIAOBAN_"
_VARIABLES: Final = {  # where the variable is not the prefix and the field's name
    "keys_dir": "GIAOBAN_KEYS",
    "database": "GIAOBAN_DATABASE_URL",
    "livekit_api_key": "LIVEKIT_API_KEY",
    "livekit_api_secret": "LIVEKIT_API_SECRET",
}
_HOST: Final = re.compile(r"[\w.:-]+")  # names of any script and addresses
_SOCKET_PATH_BYTES: Final = 100  # sun_path holds 108 with the closing zero; gRPC appends nothing, valkey a little
_LONGEST_NAME: Final = 100
_SENDER_NAME: Final = "Giao Ban"
_LONGEST_SOCKET: Final = "scheduler-00.sock"


class Secret(SecretStr):
    """Text that prints as `****`; `get_secret_value()` tells it."""

    @override
    def _display(self) -> str:
        return "****" if self.get_secret_value() else ""


class Address(NamedTuple):
    """A host and a port."""

    host: str
    port: int

    @override
    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class MediaAddress(NamedTuple):
    """An address bound by media sockets, and the one announced for it to clients (another one behind NAT).

    With `local` only clients of this machine are served there.
    """

    bound: str
    announced: str
    local: bool = False


def _address(value: object) -> Address:
    if isinstance(value, Address):
        return value
    host, separator, port = str(value).rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("must read host:port, for example 127.0.0.1:8080")
    return Address(host.strip("[]") or "127.0.0.1", int(port))


def _words(value: object) -> object:
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _media_addresses(value: object) -> object:
    words = _words(value)
    if not isinstance(words, tuple | list):
        return words
    return tuple(_media_address(word) for word in words)


def _media_address(word: object) -> MediaAddress:
    if isinstance(word, tuple):
        return MediaAddress(*word)
    bound, separator, announced = str(word).partition("=")
    for host in (bound, announced) if separator else (bound,):
        if ipaddress.ip_address(host).is_unspecified:
            raise ValueError("a wildcard address cannot be announced; name the machine's own addresses")
    return MediaAddress(bound, announced or bound)


def _network(word: str) -> str:
    try:
        ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise ValueError(f"{word[:60]!r} is no address or network, for example 10.0.0.5 or 10.0.0.0/8") from None
    return word


def _web_address(url: str) -> str:
    """Refuses what no browser can open or no link can begin with; ports out of range raise by themselves."""
    parts = urlsplit(url)
    known = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.hostname or "")
    if not known or parts.port == 0 or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must read https://host or http://host:port, for example https://giaoban.tinh.gov.vn")
    return url


class Mailbox(NamedTuple):
    """A display name, which may be empty, and a mail address (RFC 5322 §3.4)."""

    name: str
    address: str


def _mailbox(text: str) -> str:
    if text and _parsed_mailbox(text) is None:
        raise ValueError("must read Giao ban tỉnh <giaoban@tinh.gov.vn> or giaoban@tinh.gov.vn")
    return text


def _parsed_mailbox(text: str) -> Mailbox | None:
    before, bracket, rest = text.strip().rpartition("<")
    name, address = (
        (before.strip().strip('"').strip(), rest.removesuffix(">").strip()) if bracket else ("", rest.strip())
    )
    well_formed = len(name) <= _LONGEST_NAME and name.isprintable() and not set(name) & set('<>"')
    if bracket and not rest.endswith(">"):
        return None
    return Mailbox(name, address) if well_formed and is_mail_address(address) else None


def _not_built(url: str) -> str:
    if url:
        raise ValueError("replies by mail are not read yet; leave it unset, people answer by the buttons in their mail")
    return url


def _helo(name: str) -> str:
    if name and not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|\[[0-9A-Fa-f.:]+\]|\[IPv6:[0-9A-Fa-f:.]+\]", name):
        raise ValueError("must be a full host name such as mail.tinh.gov.vn, or an address such as [10.0.0.5]")
    return name


def own_addresses() -> tuple[str, ...]:
    """Lists the machine's own IPv4 addresses but loopback and link-local ones; 127.0.0.1 when it has no other."""
    import ifaddr  # noqa: PLC0415 - asked only where the site names no address

    found = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    usable = [
        ip for ip in found if not (ipaddress.ip_address(ip).is_loopback or ipaddress.ip_address(ip).is_link_local)
    ]
    return tuple(usable) or ("127.0.0.1",)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _default_media_addresses(chosen: dict[str, Any]) -> tuple[MediaAddress, ...]:
    http: Address = chosen["http"]
    own = own_addresses()
    if not _is_loopback(http.host):
        return tuple(MediaAddress(host, host) for host in own)
    # Firefox gathers no loopback candidate: on the same machine it calls from another address, and only to such a one.
    others = [MediaAddress(host, host, local=True) for host in own[:1] if host != "127.0.0.1"]
    return (MediaAddress("127.0.0.1", "127.0.0.1"), *others)


def _default_public_url(chosen: dict[str, Any]) -> str:
    http: Address = chosen["http"]
    scheme, usual = ("https", 443) if chosen.get("tls_cert") else ("http", 80)
    host = own_addresses()[0] if http.host in {"0.0.0.0", "::"} else http.host  # noqa: S104 - compared, not bound
    shown = Address(host, http.port)
    return f"{scheme}://{str(shown).rpartition(':')[0] if http.port == usual else shown}"


def _runtime_dir(home: Path) -> Path:
    inside = home / "run"
    if len(os.fsencode(inside / _LONGEST_SOCKET)) <= _SOCKET_PATH_BYTES:
        return inside
    mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"giaoban-{os.geteuid()}-{mark}"


def _embedded_redis_url(chosen: dict[str, Any]) -> str:
    return f"unix://{_runtime_dir(chosen['home']) / 'valkey.sock'}"


class Settings(BaseModel):
    """The choices of a site; immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)

    home: Path = Field(default=Path("var"), description="Data folder.")
    role: str = Field(default="", description="The role of this process; set by the command line, not by sites.")
    http: Annotated[Address, BeforeValidator(_address)] = Field(
        default=Address("127.0.0.1", 8080), description="Listening address of the gateway."
    )
    tls_cert: Path | None = Field(default=None, description="PEM chain: the gateway speaks HTTPS.")
    tls_key: Path | None = Field(default=None, description="PEM key of `tls_cert`.")
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_words)] = Field(
        default=(), description="Addresses or networks whose `Forwarded` headers count."
    )
    public_url: Annotated[str, AfterValidator(_web_address)] = Field(
        default_factory=_default_public_url, description="What links in mails say."
    )
    hosts: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        default=(), description="Further host names that the gateway answers for."
    )
    media_udp: int = Field(default=7882, ge=1, le=65535, description="First UDP port; worker i uses port + i.")
    media_addresses: Annotated[tuple[MediaAddress, ...], BeforeValidator(_media_addresses)] = Field(
        default_factory=_default_media_addresses, description="Addresses bound and announced by media sockets."
    )
    media_workers: int = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, le=64, description="Media worker processes."
    )
    grpc: Annotated[Address | None, BeforeValidator(lambda value: _address(value) if value else None)] = Field(
        default=None, description="gRPC address of this role in split mode; media worker i uses port + 1 + i."
    )
    peer_scheduler: str = Field(default="", description="gRPC target of scheduler in split mode.")
    peer_notify: str = Field(default="", description="gRPC target of notify in split mode.")
    peer_media: str = Field(default="", description="gRPC target of media's control in split mode.")
    keys_dir: Path = Field(
        default_factory=lambda chosen: chosen["home"] / "keys", description="Folder of keys, mode 0700."
    )
    database: str = Field(default="", repr=False, description="PostgreSQL; none: SQLite files in the data folder.")
    redis_url: str = Field(default_factory=_embedded_redis_url, repr=False, description="Redis; none: our own server.")
    smtp_url: str = Field(default="", repr=False, description="Mail server; none: files in the data folder.")
    smtp_helo: Annotated[str, AfterValidator(_helo)] = Field(
        default="", description="Name in EHLO; none: that of this machine, else its address."
    )
    mail_from: Annotated[str, AfterValidator(_mailbox)] = Field(
        default="", description="Sender of mails with display name; none: giaoban@ and the public host."
    )
    archive_imap_url: str = Field(
        default="", repr=False, description="Mailbox that gets a copy of each message; none: unknown fates stay so."
    )
    imap_url: Annotated[str, AfterValidator(_not_built)] = Field(
        default="", repr=False, description="Kept for replies by mail, which are not read yet: must not be set."
    )
    admin_password: Secret = Field(default=Secret(""), description="First password of `admin`; none: made and printed.")
    demo: bool = Field(default=True, description="Whether a new data folder is filled with the invented province.")
    metrics: Annotated[Address | None, BeforeValidator(lambda value: _address(value) if value else None)] = Field(
        default=Address("127.0.0.1", 9090), description="Prometheus page; empty: none."
    )
    livekit_api_key: str = Field(default="", description="Key of the room API.")
    livekit_api_secret: Secret = Field(default=Secret(""), description="Secret of the room API.")

    @field_validator("home", "keys_dir", "tls_cert", "tls_key")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, **changes: Any) -> Self:  # noqa: ANN401 - any field
        """Reads the environment and the TOML file it names; `changes` go before both.

        Raises:
            InvalidArgument: `BAD_SETTING` with the variable in `field` and what it must look like.
        """
        environ = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        if path := environ.get(f"{_PREFIX}CONFIG"):
            values = _read_file(Path(path))
        known = {_variable(name): name for name in cls.model_fields}
        values |= {
            known[variable]: value
            for variable, value in environ.items()
            if variable in known and (value or variable == "GIAOBAN_METRICS")
        }
        try:
            return cls(**(values | changes))
        except ValidationError as error:
            first = error.errors()[0]
            variable = _variable(str(first["loc"][0]) if first["loc"] else "")
            problem = first["msg"].removeprefix("Value error, ")
            raise InvalidArgument("BAD_SETTING", f"{variable}: {problem}.", field=variable) from None

    @property
    def runtime_dir(self) -> Path:
        """Folder of sockets: in the data folder, or a short one where the paths would pass 100 bytes."""
        return _runtime_dir(self.home)

    @property
    def mail_sender(self) -> Mailbox:
        """Returns the sender of mails.

        An address of numbers has no mail, so a site without a name gets one of `.local` (RFC 6762), which leads nowhere.
        """
        chosen = _parsed_mailbox(self.mail_from) if self.mail_from else None
        if chosen is not None:
            return Mailbox(chosen.name or _SENDER_NAME, chosen.address)
        host = urlsplit(self.public_url).hostname or ""
        named = "." in host and not host.replace(".", "").isdigit()
        return Mailbox(_SENDER_NAME, f"giaoban@{host if named else 'giaoban.local'}")

    @property
    def embedded_redis(self) -> bool:
        """Whether the supervisor starts the embedded server."""
        return self.redis_url == _embedded_redis_url({"home": self.home})

    def key_folder(self) -> KeyFolder:
        """Opens the folder of keys; the room API's pair comes from the settings where the site set it."""
        secret = self.livekit_api_secret.get_secret_value()
        return KeyFolder(self.keys_dir, (self.livekit_api_key, secret) if self.livekit_api_key and secret else None)

    def database_url(self, role: str) -> str:
        """Answers the SQLAlchemy URL of a role's store: its own SQLite file, or its schema of the site's PostgreSQL."""
        if not self.database:
            return f"sqlite+aiosqlite:///{self.home / f'{role}.db'}"
        return f"{self.database}{'&' if '?' in self.database else '?'}schema={role}"

    def grpc_target(self, role: str, worker: int | None = None) -> str:
        """Answers where a role (or a media worker) listens and is called: `unix:…` or `host:port`."""
        if self.grpc is not None and self.role == role:
            return self._own_target(self.grpc, worker)
        peer = {"scheduler": self.peer_scheduler, "notify": self.peer_notify, "media": self.peer_media}.get(role, "")
        if peer and worker is None:
            return peer
        name = role if worker is None else f"{role}-{worker}"
        return f"unix:{self.runtime_dir / name}.sock"

    @staticmethod
    def _own_target(grpc: Address, worker: int | None) -> str:
        if worker is None:
            return str(grpc)
        # Workers announce this target to the gateway, and nobody can call a wildcard.
        wildcard = grpc.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        return str(Address(own_addresses()[0] if wildcard else grpc.host, grpc.port + 1 + worker))


def _variable(field: str) -> str:
    return _VARIABLES.get(field, _PREFIX + field.upper())


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidArgument("BAD_SETTING", f"{_PREFIX}CONFIG: {path}: {error}.", field=f"{_PREFIX}CONFIG") from error
    fields = {_variable(name).removeprefix(_PREFIX).lower(): name for name in Settings.model_fields}
    if unknown := sorted(set(content) - set(fields)):
        raise InvalidArgument("BAD_SETTING", f"{path} has an unknown key {unknown[0]}.", field=unknown[0])
    return {fields[key]: value for key, value in content.items()}


load = Settings.load
