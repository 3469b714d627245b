"""`giaoban backup` and `giaoban restore`: a house's stores as of one moment, its keys wrapped apart, and the way back.

A backup is a folder: one file for each store, encrypted as it is in the house, and `manifest.json`, written last. The keys are
in a file of their own, wrapped with a passphrase: who finds one of the two has nothing.
"""

import base64
import hashlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.clock import SystemClock
from giaoban.config import Settings
from giaoban.errors import FailedPrecondition, InvalidArgument
from giaoban.files import private_folder
from giaoban.machine import sole_user
from giaoban.sql.copying import Snapshot, damage
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from services.notify.app import MIGRATIONS as NOTIFY_MIGRATIONS
from services.notify.domain.holding import Hold, HoldReason
from services.notify.store.tellings import SqlTellings
from services.scheduler.app import MIGRATIONS as SCHEDULER_MIGRATIONS
from services.scheduler.store.restored import raise_sequences

# What the ledger of mail knows, the scheduler must know, too: its snapshot is the younger one.
_STORES: Final = ("notify", "media", "scheduler")
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = "giaoban-backup/1"
_KEYS_FORMAT: Final = "giaoban-keys/1"
_SHORTEST_PASSPHRASE: Final = 12
_CHUNK_BYTES: Final = 1 << 20
# More changes of one briefing than a lost stretch of time will have seen: calendars take no update below what they have
# (RFC 5546 §2.1.4).
_SEQUENCE_STEP: Final = 1_000
_SCRYPT: Final = {"n": 2**17, "r": 8, "p": 1}

Say = Callable[[str], object]


def default_keys_file(folder: Path) -> Path:
    """Where the wrapped keys of a backup go when nothing is said: beside its folder, not in it."""
    return folder.with_name(f"{folder.name}.keys")


def backup(settings: Settings, folder: Path, keys_file: Path, passphrase: str, say: Say = sys.stdout.write) -> None:
    """Copies the stores of a house, running or not.

    Args:
        settings: Of the site.
        folder: The backup; must not exist or be empty.
        keys_file: The wrapped keys; must not exist.
        passphrase: Wraps them.
        say: Told how far it is.

    Raises:
        FailedPrecondition: `BACKUP_POSTGRESQL`, `BACKUP_EXISTS`, `DISK_FULL`, `NOTHING_TO_BACK_UP`; what a store has wrong.
        InvalidArgument: `PASSPHRASE_SHORT`.
    """
    _check_own_stores(settings)
    _check_passphrase(passphrase)
    if keys_file.exists() or (folder.exists() and any(folder.iterdir())):
        raise FailedPrecondition("BACKUP_EXISTS", f"{folder} or {keys_file} is there already; choose another name.")
    stores = [role for role in _STORES if _store(settings, role).exists()]
    if "scheduler" not in stores:
        raise FailedPrecondition("NOTHING_TO_BACK_UP", f"There are no stores in {settings.home}.")
    private_folder(folder)
    _check_space(settings, folder, stores)
    key = settings.key_folder().data_key()
    with ExitStack() as stack:
        snapshots = {role: stack.enter_context(Snapshot(_store(settings, role), key)) for role in stores}
        mark = datetime.now(UTC)
        for role, snapshot in snapshots.items():
            snapshot.copy_to(folder / f"{role}.db", _progress(role, say))
    files = {role: _described(folder / f"{role}.db") for role in stores}
    _write(keys_file, _wrapped(settings.keys_dir, passphrase))
    manifest = {"format": _FORMAT, "mark": mark.isoformat(), "stores": files, "keys": _sha256(keys_file)}
    _write(folder / _MANIFEST, json.dumps(manifest, indent=2).encode() + b"\n")
    say(f"Backup of {mark:%Y-%m-%d %H:%M:%S} UTC: {folder}\nIts keys, wrapped with your passphrase: {keys_file}\n")
    say("Keep the two apart: neither is of use without the other.\n")


def verify(folder: Path, keys_file: Path, passphrase: str, say: Say = sys.stdout.write) -> dict[str, Any]:
    """Checks a backup without touching the house: files, keys, every page of every store. Answers its manifest.

    Raises:
        FailedPrecondition: `BACKUP_INCOMPLETE`, `BACKUP_DAMAGED`, `KEYS_DAMAGED`; the message names the file.
    """
    manifest = _manifest(folder)
    keys = _unwrapped(keys_file, passphrase)
    for role, described in manifest["stores"].items():
        path = folder / f"{role}.db"
        if not path.exists() or _described(path) != described:
            raise FailedPrecondition("BACKUP_DAMAGED", f"{path} is not the file that was written; use another backup.")
        if wrong := damage(path, keys["data.key"]):
            raise FailedPrecondition("BACKUP_DAMAGED", f"{path} is damaged ({wrong[0]}); use another backup.")
        say(f"{role}: whole\n")
    return manifest


async def restore(
    settings: Settings, folder: Path, keys_file: Path, passphrase: str, say: Say = sys.stdout.write
) -> None:
    """Puts a backup in the place of what a stopped house has; that is kept beside it.

    Nothing of before the backup is mailed until an operator says so, and what is mailed then outranks what calendars hold.

    Raises:
        FailedPrecondition: As `verify`; `BACKUP_POSTGRESQL`; `ALREADY_RUNNING` while the house runs.
    """
    _check_own_stores(settings)
    private_folder(settings.home)
    with sole_user(settings.home):
        manifest = verify(folder, keys_file, passphrase, say)
        aside = settings.home / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        _set_aside(settings, aside, say)
        _put_keys(settings.keys_dir, _unwrapped(keys_file, passphrase))
        for role in manifest["stores"]:
            _copy(folder / f"{role}.db", _store(settings, role))
        await _fence(settings)
    mark = datetime.fromisoformat(manifest["mark"])
    say(f"The house is as of {mark:%Y-%m-%d %H:%M:%S} UTC. Start it; everyone signs in again.\n")
    say("All mail is held. Look at the briefings ahead, then say `giaoban mail release`.\n")


async def _fence(settings: Settings) -> None:
    key, clock = settings.key_folder().data_key(), SystemClock()
    for role, migrations in (("scheduler", SCHEDULER_MIGRATIONS), ("notify", NOTIFY_MIGRATIONS)):
        await upgrade(settings.database_url(role), key, migrations)
    engines: list[AsyncEngine] = [create_engine(settings.database_url(role), key) for role in ("scheduler", "notify")]
    try:
        await raise_sequences(engines[0], _SEQUENCE_STEP, clock.now())
        await SqlTellings(engines[1], clock).begin_hold(Hold(HoldReason.RESTORED, clock.now()))
    finally:
        for engine in engines:
            await engine.dispose()


def _check_own_stores(settings: Settings) -> None:
    if settings.database:
        raise FailedPrecondition(
            "BACKUP_POSTGRESQL",
            "This house keeps its stores in PostgreSQL: back up all its schemas in one pg_dump, and the folder of keys apart"
            " (docs/operations.md).",
        )


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        raise InvalidArgument(
            "PASSPHRASE_SHORT",
            f"The passphrase that wraps the keys needs {_SHORTEST_PASSPHRASE} characters at least.",
            field="passphrase",
        )


def _check_space(settings: Settings, folder: Path, stores: list[str]) -> None:
    files = [path for role in stores for path in settings.home.glob(f"{role}.db*")]
    needed, free = sum(path.stat().st_size for path in files), shutil.disk_usage(folder).free
    if free < needed:
        raise FailedPrecondition(
            "DISK_FULL", f"{folder} has {free >> 20} MB free, and the backup needs {(needed >> 20) + 1} MB."
        )


def _store(settings: Settings, role: str) -> Path:
    return settings.home / f"{role}.db"


def _progress(role: str, say: Say) -> Callable[[int, int], None]:
    last = [time.monotonic()]

    def told(remaining: int, total: int) -> None:
        if remaining == 0 or time.monotonic() - last[0] >= 1:
            last[0] = time.monotonic()
            say(f"{role}: {100 * (total - remaining) // max(1, total)} % of {total} pages\n")

    return told


def _described(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Path, target: Path) -> None:
    with (
        source.open("rb") as file,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy,
    ):
        shutil.copyfileobj(file, copy, _CHUNK_BYTES)
        copy.flush()
        os.fsync(copy.fileno())


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
        known = (
            manifest["format"] == _FORMAT
            and set(manifest["stores"]) <= set(_STORES)
            and "scheduler" in manifest["stores"]
        )
        datetime.fromisoformat(manifest["mark"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FailedPrecondition(
            "BACKUP_INCOMPLETE", f"{folder / _MANIFEST} cannot be read: this is no backup, or not a whole one."
        ) from error
    if not known:
        raise FailedPrecondition("BACKUP_INCOMPLETE", f"{folder} was written by another release; use that one.")
    return manifest


def _wrapped(keys: Path, passphrase: str) -> bytes:
    files = {
        path.name: base64.b64encode(path.read_bytes()).decode() for path in sorted(keys.iterdir()) if path.is_file()
    }
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, json.dumps(files).encode(), _KEYS_FORMAT.encode())
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    written = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    return json.dumps({"format": _KEYS_FORMAT, "scrypt": _SCRYPT, **written}, indent=2).encode() + b"\n"


def _unwrapped(path: Path, passphrase: str) -> dict[str, bytes]:
    try:
        written = json.loads(path.read_bytes())
        salt, nonce, sealed = (base64.b64decode(written[name]) for name in ("salt", "nonce", "sealed"))
        opened = AESGCM(_stretched(passphrase, salt)).decrypt(nonce, sealed, written["format"].encode())
        files: dict[str, str] = json.loads(opened)
        found = {Path(name).name: base64.b64decode(content) for name, content in files.items()}
    except InvalidTag as error:
        raise FailedPrecondition(
            "KEYS_DAMAGED", f"The passphrase does not open {path}, or the file was changed."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FailedPrecondition("KEYS_DAMAGED", f"{path} cannot be read as the wrapped keys of a backup.") from error
    if "data.key" not in found:
        raise FailedPrecondition("KEYS_DAMAGED", f"{path} holds no data key.")
    return found


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase.encode())


def _set_aside(settings: Settings, aside: Path, say: Say) -> None:
    # The streams of the lost time speak of revisions that will be others; what they would have told is found by comparing.
    found = [path for role in _STORES for path in settings.home.glob(f"{role}.db*")]
    found += [path for path in (settings.home / "streams", settings.keys_dir) if path.exists()]
    if not found:
        return
    private_folder(aside)
    for path in found:
        path.rename(aside / path.name)
    say(f"What was here is kept in {aside}\n")


def _put_keys(folder: Path, files: dict[str, bytes]) -> None:
    private_folder(folder)
    for name, content in files.items():
        _write(folder / name, content)
