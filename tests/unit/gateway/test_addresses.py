import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from services.gateway.http.addresses import ClientAddresses

PROXY, OUTER_PROXY, CLIENT = "10.0.0.1", "10.0.0.2", "203.0.113.7"


def request(remote: str, *forwarded_for: str) -> web.Request:
    """A request as a proxy passes it on, with one header line for each value."""
    headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded_for])
    return make_mocked_request("GET", "/", headers=headers).clone(remote=remote)


@pytest.mark.parametrize(
    "lines",
    [
        (CLIENT,),
        (f"198.51.100.1, {CLIENT}",),
        ("198.51.100.1", CLIENT),
        ("198.51.100.1, 198.51.100.2", CLIENT, OUTER_PROXY),
        ("198.51.100.1", f"{CLIENT}, {OUTER_PROXY}"),
    ],
    ids=" | ".join,
)
def test_what_a_client_claims_before_the_line_of_the_proxy_does_not_count(lines: tuple[str, ...]) -> None:
    assert ClientAddresses(["10.0.0.0/24"]).of(request(PROXY, *lines)) == CLIENT


def test_a_stranger_cannot_forward() -> None:
    assert ClientAddresses([PROXY]).of(request(CLIENT, "198.51.100.1", "198.51.100.2")) == CLIENT


def test_a_proxy_that_forwards_for_nobody_asks_for_itself() -> None:
    assert ClientAddresses([PROXY]).of(request(PROXY)) == PROXY
