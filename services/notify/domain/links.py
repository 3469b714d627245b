"""Addresses that a mail leads to."""

from dataclasses import dataclass
from enum import StrEnum


class AnswerChoice(StrEnum):
    """Values of the query parameter `tra-loi` of a join link; the web client offers that answer first."""

    ATTEND = "tham-du"
    SUBSTITUTE = "cu-nguoi-du-thay"
    ABSENT = "vang-mat"


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one invitee: joining, and one for each answer."""

    join: str
    attend: str
    substitute: str
    absent: str


def links_of(public_url: str, join_path: str) -> Links | None:
    """Makes the links of a personal join path, None when the invitee has none.

    Args:
        public_url: What browsers reach the gateway by, without a slash at the end.
        join_path: `/join/{token}`.
    """
    if not join_path.startswith("/"):
        return None
    join = public_url.rstrip("/") + join_path
    separator = "&" if "?" in join_path else "?"

    def answer(choice: AnswerChoice) -> str:
        return f"{join}{separator}tra-loi={choice}"

    return Links(join, answer(AnswerChoice.ATTEND), answer(AnswerChoice.SUBSTITUTE), answer(AnswerChoice.ABSENT))
