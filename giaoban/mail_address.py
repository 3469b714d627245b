"""Which texts are mail addresses."""

import re
from typing import Final

_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LONGEST: Final = 254


def is_mail_address(address: str) -> bool:
    """Tells whether the address can be written to over plain SMTP (RFC 5321 §4.1.2, unquoted ASCII local part)."""
    if len(address) > _LONGEST or _ADDRESS.fullmatch(address) is None:
        return False
    local, _, domain = address.rpartition("@")
    return not any(part.startswith(".") or part.endswith(".") or ".." in part for part in (local, domain))
