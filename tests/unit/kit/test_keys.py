"""The folder of keys: private, made once, the same ever after."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from giaoban.errors import FailedPrecondition
from giaoban.keys import KeyFolder

ROLES = ("scheduler", "gateway")


def test_keys_are_private_and_stay(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.make_all(ROLES)
    again = KeyFolder(tmp_path / "keys")

    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()} == {0o600}
    assert (folder.data_key(), folder.link_secret()) == (again.data_key(), again.link_secret())
    assert len(folder.data_key()) == 32
    assert folder.data_key() != folder.link_secret()
    assert folder.admin_password() == again.admin_password()


def test_a_signature_of_one_role_is_none_of_another(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    signature = folder.signing_key("scheduler").sign(b"text")

    folder.public_key("scheduler").verify(signature, b"text")
    with pytest.raises(InvalidSignature):
        folder.public_key("gateway").verify(signature, b"text")


def test_roles_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: KeyFolder(tmp_path / "keys").data_key(), range(32)))

    assert len(keys) == 1
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["data.key"]


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    KeyFolder(tmp_path / "keys").make_all(ROLES)

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_cut_key_is_refused(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.data_key()
    (tmp_path / "keys" / "data.key").write_bytes(b"short")

    with pytest.raises(FailedPrecondition, match="32 bytes"):
        folder.data_key()


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "keys").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FailedPrecondition) as caught:
        KeyFolder(tmp_path / "keys").make_all(ROLES)

    assert caught.value.reason == "FOLDER_NOT_PRIVATE"
