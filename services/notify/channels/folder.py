"""Writing messages as `.eml` files, for a site that has no mail server yet."""

import asyncio
import os
import tempfile
from pathlib import Path

from giaoban.files import private_folder
from services.notify.domain.model import ClaimedDelivery, Fate, Outcome


class FolderChannel:
    """Writes each message to a file of its own, named for its Message-ID; half a file is never seen."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: made on the first message, for the owner's eyes only, because mails hold personal links."""
        self._folder = folder

    def lane(self) -> "FolderChannel":
        """Several may write at once."""
        return self

    async def rest(self) -> None:
        """Keeps nothing."""

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        """Writes the file; a disk that is full or not writable is a reason to try again later."""
        try:
            path = await asyncio.to_thread(self._write, delivery)
        except OSError as error:
            return Outcome(Fate.DEFERRED, "FILE_NOT_WRITTEN", error.strerror or type(error).__name__)
        return Outcome(Fate.ACCEPTED, "", path.name)

    def _write(self, delivery: ClaimedDelivery) -> Path:
        private_folder(self._folder)
        stem = "".join(letter for letter in delivery.message_id.partition("@")[0] if letter.isalnum())
        path = self._folder / f"{stem}.eml"
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(delivery.content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return path
