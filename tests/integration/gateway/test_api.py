import asyncio
import gzip
import io
import json
import struct
from typing import Any

import pytest
from redis.asyncio import Redis

from briefing.v1 import briefing_service_pb2
from services.gateway.domain.limits import SIGN_IN_FAILURES_PER_ACCOUNT, SIGN_IN_FAILURES_PER_ADDRESS
from services.gateway.domain.sessions import token_digest
from tests.integration.gateway.conftest import Face
from tests.integration.gateway.doubles import INVITEE, LINK_TOKEN, PASSWORD, SECRETARY

GET = "/api/briefing.v1.BriefingService/GetBriefing"
CREATE = "/api/briefing.v1.BriefingService/CreateBriefing"
WATCH = "/api/briefing.v1.BriefingService/WatchBriefing"
SIGN_IN = "/api/briefing.v1.AuthService/SignIn"
SESSION = "/api/briefing.v1.AuthService/GetSession"


async def sign_in(face: Face, password: str = PASSWORD) -> tuple[int, dict[str, Any]]:
    async with face.client.post(SIGN_IN, json={"username": SECRETARY.username, "password": password}) as response:
        return response.status, await response.json()


def reason(body: dict[str, Any]) -> str:
    return str(body["details"][0]["debug"]["reason"])


async def test_signing_in_sets_a_cookie_that_no_script_can_read(face: Face) -> None:
    async with face.client.post(SIGN_IN, json={"username": SECRETARY.username, "password": PASSWORD}) as response:
        cookie = response.headers["Set-Cookie"]
        body = await response.json()

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert body["session"]["person"]["displayName"] == SECRETARY.display_name
    assert "briefings.write" in body["session"]["permissions"]
    assert "org.write" not in body["session"]["permissions"]


async def test_a_session_acts_as_its_person_at_the_services(face: Face) -> None:
    await sign_in(face)

    async with face.client.post(GET, json={"name": "briefings/b1"}) as response:
        body = await response.json()

    assert body["briefing"]["title"] == SECRETARY.name
    assert body["briefing"]["revision"] == str(2**60 + 1)


async def test_the_access_token_works_without_cookies(face: Face) -> None:
    _, signed_in = await sign_in(face)
    face.client.session.cookie_jar.clear()

    async with face.client.post(
        SESSION, json={}, headers={"Authorization": f"Bearer {signed_in['accessToken']}"}
    ) as response:
        body = await response.json()

    assert body["session"]["person"]["name"] == SECRETARY.name


async def test_signing_out_ends_the_session_on_the_server(face: Face) -> None:
    _, signed_in = await sign_in(face)
    async with face.client.post("/api/briefing.v1.AuthService/SignOut", json={}) as response:
        assert response.status == 200

    async with face.client.post(
        SESSION, json={}, headers={"Authorization": f"Bearer {signed_in['accessToken']}"}
    ) as response:
        body = await response.json()

    assert response.status == 401
    assert reason(body) == "SIGNED_OUT"


async def test_a_person_who_left_is_signed_out(face: Face) -> None:
    await sign_in(face)
    face.credentials.retired = True
    face.clock.advance(60)

    async with face.client.post(SESSION, json={}) as response:
        assert response.status == 401


async def test_a_changed_password_ends_the_sessions_before_it_and_not_the_one_after(face: Face) -> None:
    _, before = await sign_in(face)
    face.credentials.password_version = "2"
    _, after = await sign_in(face)
    face.client.session.cookie_jar.clear()

    async def status(body: dict[str, Any]) -> int:
        async with face.client.post(
            SESSION, json={}, headers={"Authorization": f"Bearer {body['accessToken']}"}
        ) as answer:
            return answer.status

    assert await status(after) == 200
    face.clock.advance(60)
    assert await status(before) == 401
    assert await status(after) == 200


async def test_a_stranger_is_told_to_sign_in(face: Face) -> None:
    async with face.client.post(GET, json={"name": "briefings/b1"}) as response:
        body = await response.json()

    assert response.status == 401
    assert body["code"] == "unauthenticated"


async def test_guessing_is_slowed_down_and_keeps_the_owner_of_the_account_not_out(face: Face) -> None:
    loop = asyncio.get_running_loop()
    answers = [await sign_in(face, f"guess {number}") for number in range(SIGN_IN_FAILURES_PER_ACCOUNT)]
    began = loop.time()
    slow = [await sign_in(face, f"slow guess {number}") for number in range(3)]

    assert {(status, reason(body)) for status, body in (*answers, *slow)} == {(401, "WRONG_CREDENTIALS")}
    assert loop.time() - began >= 0.4, "a pause before the second and the third"
    assert (await sign_in(face))[0] == 200


async def test_a_burst_of_guesses_is_counted_before_the_first_is_answered(face: Face) -> None:
    face.credentials.gate.clear()

    guesses = [asyncio.create_task(sign_in(face, f"guess {number}")) for number in range(60)]
    await asyncio.wait(guesses, timeout=3, return_when=asyncio.FIRST_COMPLETED)
    at_once = face.credentials.verified
    owner = asyncio.create_task(sign_in(face))
    face.credentials.gate.set()
    answers = await asyncio.gather(*guesses)

    assert at_once <= SIGN_IN_FAILURES_PER_ACCOUNT + 1
    assert (await owner)[0] == 200
    refused = [reason(body) for status, body in answers if status == 429]
    assert refused
    assert set(refused) == {"TOO_MANY_ATTEMPTS"}


async def test_blanks_around_a_name_are_no_other_account(face: Face) -> None:
    names = [" " * number + SECRETARY.username for number in range(SIGN_IN_FAILURES_PER_ACCOUNT + 2)]
    loop = asyncio.get_running_loop()
    began = loop.time()

    for name in names:
        async with face.client.post(SIGN_IN, json={"username": name, "password": "guess"}) as response:
            assert response.status == 401

    assert loop.time() - began >= 0.2


async def test_right_passwords_and_failures_of_our_own_are_not_counted(face: Face) -> None:
    rounds = SIGN_IN_FAILURES_PER_ADDRESS + 1
    right = {(await sign_in(face))[0] for _ in range(rounds)}
    face.credentials.away = True
    away = {(await sign_in(face))[0] for _ in range(rounds)}
    face.credentials.away = False

    assert (right, away) == ({200}, {503})
    assert (await sign_in(face))[0] == 200


async def test_a_request_in_gzip_is_read_within_its_limit(face: Face) -> None:
    await sign_in(face)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    async def answer(body: bytes) -> tuple[int, str]:
        async with face.client.post(GET, data=body, headers=headers) as response:
            found = await response.json()
            return response.status, "" if response.status == 200 else reason(found)

    assert await answer(gzip.compress(b'{"name": "briefings/b1"}')) == (200, "")
    assert await answer(b'{"name": "briefings/b1"}') == (400, "BAD_REQUEST")
    assert await answer(gzip.compress(b'{"name": "briefings/b1"}')[:-9]) == (400, "BAD_REQUEST")
    assert await answer(gzip.compress(b" " * (64 << 20))) == (400, "REQUEST_TOO_LARGE")
    headers["Content-Encoding"] = "br"
    assert await answer(b"x") == (501, "COMPRESSION_NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"recurrence": "weekly"}, "recurrence"),
        ({"briefing": {"title": "Giao ban", "recurrence": {"rule": "FREQ=WEEKLY"}}}, "briefing.recurrence"),
        ({"briefing": {"agenda": [{"title": "x", "colour": 1}]}}, "briefing.agenda[0].colour"),
    ],
)
async def test_an_unknown_field_is_refused_by_its_name(face: Face, body: dict[str, Any], field: str) -> None:
    await sign_in(face)

    async with face.client.post(CREATE, json=body) as response:
        refused = await response.json()

    assert (response.status, reason(refused)) == (400, "UNKNOWN_FIELD")
    assert refused["details"][0]["debug"]["metadata"] == {"field": field}


async def test_what_a_stranger_may_send_is_small(face: Face) -> None:
    async with face.client.post(SIGN_IN, json={"username": "x", "password": "x" * 20_000}) as response:
        body = await response.json()

    assert (response.status, reason(body)) == (400, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]"])
async def test_a_request_for_another_host_is_misdirected(face: Face, host: str) -> None:
    for method, path in (("GET", "/"), ("POST", SESSION), ("GET", "/join/x"), ("GET", "/rtc/v1")):
        async with face.client.request(method, path, headers={"Host": host}) as response:
            assert response.status == 421, path
    async with face.client.get("/healthz", headers={"Host": host}) as response:
        assert response.status == 200


async def test_answers_of_the_api_are_not_stored_and_sockets_lead_to_this_host_alone(face: Face) -> None:
    async with face.client.post(SESSION, json={}) as response:
        headers = response.headers

    assert headers["Cache-Control"] == "no-store"
    [sources] = [each for each in headers["Content-Security-Policy"].split("; ") if each.startswith("connect-src")]
    assert sources == f"connect-src 'self' ws://{face.client.host}:{face.client.port}"


async def test_five_hundred_visitors_of_one_address_are_all_served(face: Face) -> None:
    await sign_in(face)

    async def visit() -> int:
        async with face.client.post(SESSION, json={}) as response:
            return response.status

    assert {*await asyncio.gather(*(visit() for _ in range(1000)))} == {200}


async def test_a_session_in_redis_cannot_be_written_or_moved(face: Face, redis: Redis) -> None:
    await sign_in(face)
    [key] = await redis.keys("session:*")
    value: Any = await redis.get(key)
    token = "stolen"
    await redis.set(f"session:{token_digest(token)}", value)

    async with face.client.post(SESSION, json={}, headers={"Authorization": f"Bearer {token}"}) as moved:
        assert moved.status == 401
    await redis.set(key, value.replace(b"people/", b"people/x"))
    async with face.client.post(SESSION, json={}) as changed:
        assert changed.status == 401
    await redis.set(key, b"{}")
    async with face.client.post(SESSION, json={}) as foreign:
        assert foreign.status == 401


async def test_an_error_of_a_service_arrives_with_its_reason_and_facts(face: Face) -> None:
    await sign_in(face)

    async with face.client.post(CREATE, json={"briefing": {"title": "Giao ban"}}) as response:
        body = await response.json()

    assert response.status == 409
    assert body["code"] == "already_exists"
    assert body["details"][0]["type"] == "google.rpc.ErrorInfo"
    assert body["details"][0]["debug"]["metadata"] == {"holder_title": "Giao ban tuần", "subject": "points/tan-lap"}


async def test_binary_messages_work_as_json_does(face: Face) -> None:
    await sign_in(face)
    request = briefing_service_pb2.GetBriefingRequest(name="briefings/b1")

    async with face.client.post(
        GET, data=request.SerializeToString(), headers={"Content-Type": "application/proto"}
    ) as response:
        answer = briefing_service_pb2.GetBriefingResponse.FromString(await response.read())

    assert response.content_type == "application/proto"
    assert answer.briefing.name == "briefings/b1"


def envelopes(body: bytes) -> list[tuple[int, dict[str, Any]]]:
    found = []
    while body:
        flags, size = struct.unpack_from("!BI", body)
        found.append((flags, json.loads(body[5 : 5 + size])))
        body = body[5 + size :]
    return found


async def watch(face: Face, name: str) -> list[tuple[int, dict[str, Any]]]:
    payload = json.dumps({"name": name}).encode()
    async with face.client.post(
        WATCH,
        data=struct.pack("!BI", 0, len(payload)) + payload,
        headers={"Content-Type": "application/connect+json"},
    ) as response:
        assert response.status == 200
        return envelopes(await response.read())


async def test_a_stream_brings_every_message_and_then_its_end(face: Face) -> None:
    await sign_in(face)

    messages = await watch(face, "briefings/b1")

    assert [body.get("position", "0") for flags, body in messages if flags == 0] == ["0", "1", "2"]
    assert messages[-1] == (2, {})


async def test_a_stream_that_fails_says_so_at_its_end(face: Face) -> None:
    await sign_in(face)

    messages = await watch(face, "briefings/gone")

    assert messages[-1][0] == 2
    assert messages[-1][1]["error"]["code"] == "not_found"
    assert reason(messages[-1][1]["error"]) == "UNKNOWN_BRIEFING"


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"\x0a\xff\xff\xff\xff\x0f", "application/proto", 400),
        (b"[" * 10_000, "application/json", 400),
        (b"name=briefings/b1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"x" * ((1 << 20) + 1), "application/json", 400),
    ],
)
async def test_garbage_is_refused_and_the_next_request_works(
    face: Face, body: bytes, media_type: str, status: int
) -> None:
    await sign_in(face)

    async with face.client.post(GET, data=io.BytesIO(body), headers={"Content-Type": media_type}) as response:
        assert response.status == status
    async with face.client.post(GET, json={"name": "briefings/b1"}) as response:
        assert response.status == 200


async def test_a_page_of_another_site_cannot_write(face: Face) -> None:
    await sign_in(face)

    async with face.client.post(GET, json={}, headers={"Origin": "https://evil.example"}) as response:
        assert response.status == 403


async def test_methods_for_services_are_not_public(face: Face) -> None:
    await sign_in(face)

    async with face.client.post("/api/briefing.v1.CredentialService/VerifyPassword", json={}) as response:
        assert response.status == 501


async def test_a_service_that_is_away_is_said_plainly(face: Face) -> None:
    await sign_in(face)

    async with face.client.post("/api/briefing.v1.DeliveryService/ListDeliveries", json={}) as response:
        body = await response.json()
    async with face.client.get("/readyz") as readiness:
        states = (await readiness.json())["services"]

    assert (response.status, reason(body)) == (503, "SERVICE_UNAVAILABLE")
    assert readiness.status == 503
    assert states == {"scheduler": "serving", "media": "serving", "notify": "not reachable"}


async def test_a_join_link_acts_as_its_invitee_and_leaves_no_token_in_the_address(face: Face) -> None:
    async with face.client.get(f"/join/{LINK_TOKEN}?tra-loi=co&x=1", allow_redirects=False) as response:
        location = response.headers["Location"]
    async with face.client.post(GET, json={"name": "briefings/b1"}, headers={"X-Giaoban-Link": "1"}) as as_invitee:
        body = await as_invitee.json()
    async with face.client.post(GET, json={"name": "briefings/b1"}) as as_person:
        pass

    assert location == "/vao-hop?tra-loi=co"
    assert body["briefing"]["title"] == INVITEE
    assert as_person.status == 401


@pytest.mark.parametrize("token", ["forged", "x" * 500])
async def test_a_bad_link_opens_the_page_that_explains_it(face: Face, token: str) -> None:
    async with face.client.get(f"/join/{token}", allow_redirects=False) as response:
        assert response.headers["Location"] == "/vao-hop?loi=LINK_INVALID"
        assert "Set-Cookie" not in response.headers


async def test_every_answer_carries_the_security_headers(face: Face) -> None:
    for path in ("/healthz", "/api/nothing/here", "/rtc"):
        async with face.client.get(path) as response:
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert "unsafe-eval" not in response.headers["Content-Security-Policy"]
            assert response.headers["Referrer-Policy"] == "no-referrer"
