from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.limits import TokenBuckets


def test_a_burst_passes_and_the_next_one_waits() -> None:
    buckets = TokenBuckets(rate_per_second=2.0, burst=3)

    waits = [buckets.take("10.0.0.1", now=100.0) for _ in range(4)]

    assert waits == [0.0, 0.0, 0.0, 0.5]


def test_one_client_does_not_slow_another() -> None:
    buckets = TokenBuckets(rate_per_second=1.0, burst=1)
    buckets.take("a", now=0.0)

    assert buckets.take("a", now=0.0) > 0
    assert buckets.take("b", now=0.0) == 0.0


def test_memory_is_bounded_and_the_most_recent_clients_are_remembered() -> None:
    buckets = TokenBuckets(rate_per_second=0.001, burst=1, max_keys=10)
    for number in range(100):
        buckets.take(f"client {number}", now=0.0)

    assert buckets.take("client 99", now=0.0) > 0
    assert buckets.take("client 0", now=0.0) == 0.0


@given(st.lists(st.floats(min_value=0.0, max_value=5.0), max_size=200))
def test_no_client_gets_more_than_burst_plus_rate_times_time(pauses: list[float]) -> None:
    rate, burst = 3.0, 5
    buckets = TokenBuckets(rate, burst)
    now, passed = 0.0, 0

    for pause in pauses:
        now += pause
        passed += buckets.take("client", now) == 0.0

    assert passed <= burst + rate * now + 1e-6
