from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.demo.meetings import make_plans
from services.scheduler.demo.province import make_province
from services.scheduler.domain.briefings import check_plan
from services.scheduler.domain.org_fields import person_problems, point_problems, unit_problems
from services.scheduler.domain.people import Role
from services.scheduler.domain.units import UnitTree
from services.scheduler.domain.working_days import VIETNAM


def test_the_province_has_the_size_of_a_real_one() -> None:
    made = make_province()

    assert Counter(unit.kind for unit in made.units) == {"tỉnh": 1, "sở, ban, ngành": 24, "huyện": 9, "xã": 137}
    assert Counter(point.unit for point in made.points) == Counter(unit.id for unit in made.units), "one point each"
    chairs = {person.unit for person in made.people if person.holds(Role.CHAIR)}
    secretaries = {person.unit for person in made.people if person.holds(Role.SECRETARY)}
    assert chairs == secretaries == {unit.id for unit in made.units}


def test_everything_in_the_province_could_have_been_typed_in() -> None:
    made = make_province()

    assert [each for unit in made.units for each in unit_problems(unit)] == []
    assert [each for point in made.points for each in point_problems(point)] == []
    assert [each for person in made.people for each in person_problems(person)] == []
    assert len(UnitTree([]).put(made.units)) == len(made.units)
    assert len({point.id for point in made.points}) == len(made.points)
    assert len({person.id for person in made.people}) == len(made.people)
    usernames = [person.username for person in made.people if person.username]
    assert len(set(usernames)) == len(usernames)
    assert all(point.line.down_kbps and point.line.it_contact_phone for point in made.points)


def test_the_province_is_the_same_each_time() -> None:
    assert make_province() == make_province()
    assert make_province() != make_province(seed=1)


@pytest.mark.parametrize("day", range(7))
def test_briefings_lie_on_both_sides_of_any_moment_and_not_on_weekends(day: int) -> None:
    now = datetime(2026, 11, 23, 1, 50, tzinfo=UTC) + timedelta(days=day, hours=3 * day)

    plans = make_plans(now)

    soon = min(plans, key=lambda plan: abs(plan.start - now))
    assert timedelta(minutes=10) <= soon.start - now <= timedelta(minutes=25)
    others = [plan for plan in plans if plan is not soon]
    assert sum(plan.end < now for plan in others) == 5
    assert len(others) == 12
    assert all(plan.start.astimezone(VIETNAM).weekday() < 5 for plan in others)
    assert len({plan.start.astimezone(VIETNAM).date() for plan in others}) == len(others)
    for plan in plans:
        check_plan(plan)
