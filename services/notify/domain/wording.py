"""Days, times and the fixed words of mails in Vietnamese and English."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from services.notify.domain.model import Language, Purpose

# Never a fixed offset: icalendar writes a `datetime.timezone` as a TZID without a VTIMEZONE.
LOCAL_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

_WEEKDAYS: Final[Mapping[Language, Sequence[str]]] = MappingProxyType(
    {
        Language.VIETNAMESE: ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
        Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of a mail in one language."""

    subjects: Mapping[Purpose, str]
    headlines: Mapping[Purpose, str]
    leads: Mapping[Purpose, str]
    late_lead: str
    uninvited_lead: str
    dear: str
    when: str
    where: str
    online: str
    host: str
    chair: str
    secretary: str
    agenda: str
    minutes: str
    presenter: str
    notes: str
    cancel_reason: str
    join: str
    join_hint: str
    answer: str
    attend: str
    substitute: str
    absent: str
    answer_hint: str
    contact: str
    it_officer: str
    office: str
    link: str
    personal: str
    automatic: str
    calendar_file: str
    changes: str
    changed: str
    title: str


_VIETNAMESE: Final = Words(
    subjects=MappingProxyType(
        {
            Purpose.INVITATION: "Thông báo mời họp",
            Purpose.UPDATE: "Thay đổi",
            Purpose.CANCELLATION: "Hủy",
            Purpose.REMINDER: "Nhắc họp",
        }
    ),
    headlines=MappingProxyType(
        {
            Purpose.INVITATION: "Thông báo mời họp giao ban trực tuyến",
            Purpose.UPDATE: "Cuộc họp có thay đổi",
            Purpose.CANCELLATION: "Cuộc họp đã hủy",
            Purpose.REMINDER: "Sắp đến giờ họp",
        }
    ),
    leads=MappingProxyType(
        {
            Purpose.INVITATION: "Trân trọng kính mời tham dự cuộc họp giao ban trực tuyến.",
            Purpose.UPDATE: "Thông tin cuộc họp đã thay đổi. Đề nghị xem lại thời gian và nội dung dưới đây.",
            Purpose.CANCELLATION: "Cuộc họp dưới đây sẽ không diễn ra. Trân trọng thông báo.",
            Purpose.REMINDER: "Trân trọng nhắc lịch cuộc họp giao ban trực tuyến.",
        }
    ),
    late_lead="Thư nhắc này đến muộn hơn dự kiến; cuộc họp vẫn diễn ra đúng giờ dưới đây.",
    uninvited_lead="Thành phần tham dự đã thay đổi: không còn mời dự cuộc họp dưới đây. Trân trọng thông báo.",
    dear="Kính gửi",
    when="Thời gian",
    where="Địa điểm",
    online="Họp trực tuyến",
    host="Đơn vị chủ trì",
    chair="Chủ tọa",
    secretary="Thư ký",
    agenda="Chương trình họp",
    minutes="phút",
    presenter="Trình bày",
    notes="Yêu cầu, ghi chú",
    cancel_reason="Lý do",
    join="VÀO HỌP",
    join_hint="Phòng họp mở trước giờ bắt đầu 30 phút.",
    answer="Xác nhận tham dự",
    attend="Tham dự",
    substitute="Cử người dự thay",
    absent="Vắng mặt",
    answer_hint="Xin trả lời bằng các nút này, không trả lời trong lịch hay thư; có thể đổi câu trả lời cho đến giờ họp.",
    contact="Liên hệ",
    it_officer="Cán bộ kỹ thuật của điểm cầu",
    office="Thư ký cuộc họp",
    link="Nếu nút không mở được, chép địa chỉ này vào trình duyệt",
    personal="Đường dẫn này dành riêng cho nơi nhận ghi trên; đề nghị không chuyển tiếp.",
    automatic="Thư gửi tự động từ hệ thống họp giao ban trực tuyến.",
    calendar_file="moi-hop.ics",
    changes="Nội dung thay đổi",
    changed="đã thay đổi, xem dưới đây",
    title="Tên cuộc họp",
)

_ENGLISH: Final = Words(
    subjects=MappingProxyType(
        {
            Purpose.INVITATION: "Invitation",
            Purpose.UPDATE: "Changed",
            Purpose.CANCELLATION: "Cancelled",
            Purpose.REMINDER: "Reminder",
        }
    ),
    headlines=MappingProxyType(
        {
            Purpose.INVITATION: "Invitation to an online briefing",
            Purpose.UPDATE: "The briefing has changed",
            Purpose.CANCELLATION: "The briefing is cancelled",
            Purpose.REMINDER: "The briefing begins soon",
        }
    ),
    leads=MappingProxyType(
        {
            Purpose.INVITATION: "You are cordially invited to an online briefing.",
            Purpose.UPDATE: "The briefing has changed. Please look at its time and content again.",
            Purpose.CANCELLATION: "The briefing below will not take place.",
            Purpose.REMINDER: "A reminder of the online briefing.",
        }
    ),
    late_lead="This reminder comes later than planned; the briefing still takes place at the time below.",
    uninvited_lead="The list of attendees has changed: you are no longer expected at the briefing below.",
    dear="To",
    when="Time",
    where="Place",
    online="Online",
    host="Host unit",
    chair="Chair",
    secretary="Secretary",
    agenda="Agenda",
    minutes="min",
    presenter="Presented by",
    notes="Requirements and notes",
    cancel_reason="Reason",
    join="JOIN",
    join_hint="The room opens 30 minutes before the start.",
    answer="Your answer",
    attend="I attend",
    substitute="I send a substitute",
    absent="I cannot attend",
    answer_hint="Please answer by these buttons, not from your calendar or by mail; you can change your answer until the briefing begins.",
    contact="Contact",
    it_officer="IT officer of the meeting point",
    office="Secretary of the briefing",
    link="If the button does not open, copy this address into a browser",
    personal="This link is meant for the addressee above alone; please do not pass it on.",
    automatic="Sent automatically by the online briefing system.",
    calendar_file="invitation.ics",
    changes="What has changed",
    changed="changed, see below",
    title="Title",
)

WORDS: Final[Mapping[Language, Words]] = MappingProxyType(
    {Language.VIETNAMESE: _VIETNAMESE, Language.ENGLISH: _ENGLISH}
)


def day_and_time(start: datetime, end: datetime, language: Language) -> str:
    """Returns a span as people here read it, for example `Thứ Hai, 23/11/2026 · 08:00–09:30`."""
    first, last = start.astimezone(LOCAL_ZONE), end.astimezone(LOCAL_ZONE)
    if first.date() == last.date():
        return f"{_day(first, language)} · {first:%H:%M}–{last:%H:%M}"
    return f"{_day(first, language)} · {first:%H:%M} – {_day(last, language)} · {last:%H:%M}"


def span_change(before: tuple[datetime, datetime], after: tuple[datetime, datetime], language: Language) -> str:
    """Returns how a span moved, for example `08:00–09:30 → 09:00–10:30`; with the days where they differ."""
    days = {moment.astimezone(LOCAL_ZONE).date() for moment in (*before, *after)}
    if len(days) > 1:
        return f"{day_and_time(*before, language)} → {day_and_time(*after, language)}"
    return " → ".join(
        f"{start.astimezone(LOCAL_ZONE):%H:%M}–{end.astimezone(LOCAL_ZONE):%H:%M}" for start, end in (before, after)
    )


def short_start(start: datetime) -> str:
    """Returns the start for a subject line, for example `08:00 23/11/2026`."""
    return f"{start.astimezone(LOCAL_ZONE):%H:%M %d/%m/%Y}"


def _day(moment: datetime, language: Language) -> str:
    weekday = _WEEKDAYS[language][moment.weekday()]
    return f"{weekday}, {moment:%d/%m/%Y}"
