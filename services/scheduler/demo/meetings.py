"""Briefings of the demonstration: some are over, one begins within the hour, the rest are to come."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from giaoban.names import person_name, unit_name
from services.scheduler.demo.province import CHAIR, PROVINCE, SECRETARY
from services.scheduler.domain.briefings import AgendaItem, Plan
from services.scheduler.domain.working_days import VIETNAM

_FRIDAY: Final = 4
_DISTRICTS: Final = f"rule:{unit_name(PROVINCE)}/children?kind=huyện"
_COMMUNES: Final = f"rule:{unit_name(PROVINCE)}/children?kind=xã"


def _communes_of(district: str) -> str:
    return f"rule:{unit_name(district)}/children?kind=xã"


@dataclass(frozen=True, slots=True)
class _Draft:
    """A briefing so many working days away from today."""

    days: int
    at: time
    minutes: int
    title: str
    attendees: tuple[str, ...]
    host: str = PROVINCE
    chair: str = CHAIR
    agenda: tuple[str, ...] = ("Báo cáo tình hình tuần qua", "Ý kiến các điểm cầu", "Kết luận, giao nhiệm vụ")


_HEADS: Final = ("units/so-tai-chinh", "units/so-noi-vu", "units/van-phong-ubnd-tinh")
_DRAFTS: Final = (
    _Draft(-10, time(8), 90, "Giao ban UBND tỉnh với các huyện, thành phố", (_DISTRICTS, *_HEADS)),
    _Draft(-8, time(14), 60, "Triển khai phòng, chống thiên tai huyện Thượng Cốc", (_communes_of("huyen-thuong-coc"),)),
    _Draft(-5, time(8), 90, "Giao ban UBND tỉnh với các huyện, thành phố", (_DISTRICTS, *_HEADS)),
    _Draft(-3, time(9), 60, "Giao ban chuyển đổi số cấp xã, thị xã Tân Khê", (_communes_of("huyen-tan-khe"),)),
    _Draft(-1, time(14), 45, "Họp rà soát thu ngân sách", ("units/so-tai-chinh", "units/thue-tinh", _DISTRICTS)),
    _Draft(1, time(8), 90, "Giao ban UBND tỉnh với các huyện, thành phố", (_DISTRICTS, *_HEADS)),
    _Draft(2, time(14), 60, "Hướng dẫn dịch vụ công trực tuyến, huyện Bình Khê", (_communes_of("huyen-binh-khe"),)),
    _Draft(
        3,
        time(8),
        60,
        "Giao ban huyện Đông Lĩnh với các xã",
        (_communes_of("huyen-dong-linh"),),
        host="huyen-dong-linh",
        chair="chu-tich-huyen-dong-linh",
    ),
    _Draft(
        4, time(9), 45, "Giao ban khối sở, ban, ngành", (f"rule:{unit_name(PROVINCE)}/children?kind=sở, ban, ngành",)
    ),
    _Draft(5, time(14), 120, "Hội nghị trực tuyến toàn tỉnh về cải cách hành chính", (_DISTRICTS, _COMMUNES)),
    _Draft(6, time(8), 90, "Giao ban UBND tỉnh với các huyện, thành phố", (_DISTRICTS, *_HEADS)),
    _Draft(8, time(14), 60, "Họp phòng, chống dịch bệnh mùa đông", ("units/so-y-te", _DISTRICTS)),
)


def make_plans(now: datetime) -> list[Plan]:
    """The briefings around a moment, earliest first; the one that begins soon is not among the working days."""
    today = now.astimezone(VIETNAM).date()
    plans = [_plan(draft, _start(today, draft)) for draft in _DRAFTS]
    soon = _Draft(
        0, time(0), 60, "Kiểm tra đường truyền đầu giờ", ("units/huyen-ha-linh", _communes_of("huyen-ha-linh"))
    )
    return sorted([*plans, _plan(soon, _soon(now))], key=lambda plan: plan.start)


def _plan(draft: _Draft, start: datetime) -> Plan:
    return Plan(
        title=draft.title,
        host_unit=unit_name(draft.host),
        chair=person_name(draft.chair),
        secretary=person_name(SECRETARY),
        start=start,
        minutes=draft.minutes,
        agenda=tuple(AgendaItem(title, "", draft.minutes // len(draft.agenda)) for title in draft.agenda),
        attendees=draft.attendees,
        notes="Đề nghị các điểm cầu kiểm tra đường truyền trước giờ họp 15 phút.",
    )


def _start(today: date, draft: _Draft) -> datetime:
    day, step = today, timedelta(days=1 if draft.days > 0 else -1)
    for _ in range(abs(draft.days)):
        day += step
        while day.weekday() > _FRIDAY:
            day += step
    return datetime.combine(day, draft.at, VIETNAM)


def _soon(now: datetime) -> datetime:
    """The next quarter of an hour that leaves ten minutes to come."""
    earliest = now + timedelta(minutes=10)
    return earliest.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=15 * (earliest.minute // 15 + 1))
