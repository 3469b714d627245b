"""Files that hold secrets: private folders, and content made once however many processes start together."""

import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from giaoban.errors import FailedPrecondition

if TYPE_CHECKING:
    from collections.abc import Callable


def private_folder(path: Path) -> Path:
    """Makes a folder of mode 0700, or checks that an existing one is ours alone.

    Raises:
        FailedPrecondition: `FOLDER_NOT_PRIVATE`: somebody else owns it; `FOLDER_NOT_WRITABLE`: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise FailedPrecondition(
            "FOLDER_NOT_WRITABLE", f"The folder {path} cannot be made: {error.strerror}.", path=str(path)
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise FailedPrecondition(
            "FOLDER_NOT_PRIVATE",
            f"The folder {path} belongs to somebody else; remove it or choose another.",
            path=str(path),
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)
    return path


def read_or_make(path: Path, make: "Callable[[], bytes]") -> bytes:
    """Reads a file of mode 0600, making it first when it is missing; of several makers one wins, and all read its content.

    Raises:
        FailedPrecondition: `FILE_NOT_WRITABLE`: it is missing and cannot be made.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        private_folder(path.parent)
    try:
        _place(path, make())
    except OSError as error:
        raise FailedPrecondition(
            "FILE_NOT_WRITABLE", f"The file {path} is missing and cannot be made: {error.strerror}.", path=str(path)
        ) from error
    return path.read_bytes()


def _place(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)  # unlike a rename it never replaces what another process placed first
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
