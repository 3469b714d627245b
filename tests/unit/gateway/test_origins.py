import pytest

from services.gateway.domain.origins import API_MEDIA_TYPES, may_write

OWN = {"https://giaoban.example", "http://127.0.0.1:8080"}


@pytest.mark.parametrize(
    "origin", [None, "https://giaoban.example", "HTTPS://GIAOBAN.EXAMPLE", "http://127.0.0.1:8080/"]
)
def test_our_own_pages_and_tools_may_write(origin: str | None) -> None:
    assert may_write(origin, OWN)


@pytest.mark.parametrize(
    "origin", ["null", "http://giaoban.example", "https://giaoban.example.evil", "https://evil", ""]
)
def test_foreign_pages_may_not(origin: str) -> None:
    assert not may_write(origin, OWN)


def test_no_form_of_a_foreign_page_can_send_an_accepted_media_type() -> None:
    assert not API_MEDIA_TYPES & {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
