import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from giaoban.errors import InvalidArgument
from giaoban.rpc.times import civil_date, instant, timestamp


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z"]
)
def test_a_time_at_the_ends_of_the_calendar_is_refused_with_its_field(text: str) -> None:
    value = Timestamp()
    value.FromJsonString(text)

    with pytest.raises(InvalidArgument) as refused:
        instant(value, "briefing.start_time")

    assert (refused.value.reason, refused.value.metadata["field"]) == ("BAD_FIELD", "briefing.start_time")


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1))
def test_any_timestamp_is_read_or_refused(seconds: int, nanos: int) -> None:
    try:
        moment = instant(Timestamp(seconds=seconds, nanos=nanos), "time")
    except InvalidArgument as refused:
        assert refused.reason == "BAD_FIELD"  # noqa: PT017 -- either end is right
    else:
        assert timestamp(moment).seconds == seconds


def test_the_day_that_stands_for_no_end_is_a_day() -> None:
    assert civil_date("9999-12-31", "unit.valid_to_date").year == 9999


@pytest.mark.parametrize("text", ["", "20261123", "2026-W47-1", "2026-02-30", "10000-01-01"])
def test_other_spellings_of_a_day_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        civil_date(text, "valid_date")

    assert refused.value.metadata["field"] == "valid_date"
