"""What a mail server's refusal of a recipient or a message is about (RFC 5321 §4.2, RFC 3463, RFC 7505).

A refusal that names the mailbox ends that message: nobody reads it however often it comes. One that names us, our rights or a
rule is worth another try, because people mend settings and quotas pass.
"""

import re
from enum import StrEnum
from typing import Final

_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
_ABOUT_SENDER: Final = frozenset({"1.7", "1.8"})
# Without an enhanced code, words decide; servers that know none of these mean the mailbox by 550 at RCPT.
_ABOUT_US: Final = re.compile(
    r"\b(sender|from|relay\w*|spam|policy|block\w*|black\w*|helo|ehlo|spf|dkim|dmarc|quota exceeded|sending quota|rate|reputation|"
    r"authenticat\w*|authoriz\w*|access denied|client host|greylist\w*)\b",
    re.IGNORECASE,
)
_NOBODY: Final = re.compile(
    r"user unknown|unknown user|no such (user|mailbox|recipient|address)|does not exist|mailbox (not found|unavailable)",
    re.IGNORECASE,
)


class About(StrEnum):
    """Whom a refusal concerns."""

    MAILBOX = "MAILBOX"
    PASSING = "PASSING"
    US = "US"


def about(code: int, text: str, *, of_message: bool) -> About:
    """Reads a refusal.

    Args:
        code: The reply code, from 400.
        text: What came with it, the enhanced status code first if there is one.
        of_message: Whether it answered the message rather than the recipient.
    """
    if code < 500:
        return About.PASSING
    enhanced = _ENHANCED.match(text.lstrip())
    if enhanced is not None and enhanced[1] == "5":
        return _by_enhanced(int(enhanced[2]), f"{enhanced[2]}.{enhanced[3]}")
    return _by_words(code, text, of_message=of_message)


def mark(code: int, text: str) -> str:
    """What makes two refusals the same one."""
    enhanced = _ENHANCED.match(text.lstrip())
    return f"{code} {enhanced[0]}" if enhanced else str(code)


def _by_enhanced(subject: int, detail: str) -> About:
    if detail in _ABOUT_SENDER:
        return About.US
    # 1: address, 2: mailbox, 4: the way to the recipient's domain, 3.4 and 6: this message.
    return About.MAILBOX if subject in (1, 2, 4) or detail == "3.4" else About.US


def _by_words(code: int, text: str, *, of_message: bool) -> About:
    if code in (551, 552, 556):
        return About.MAILBOX
    if code in (550, 553) and not of_message:
        return About.US if _ABOUT_US.search(text) and not _NOBODY.search(text) else About.MAILBOX
    if code in (550, 553, 554) and _NOBODY.search(text):
        return About.MAILBOX
    return About.US
