"""A member that says what it should not: its own session may suffer, nobody else's."""

from typing import Any

import pytest
from livekit.protocol import models, rtc

from services.media.domain.client import LeaveReason
from services.media.domain.participants import Participant
from services.media.domain.ports import RoomId
from services.media.rpc.signal_convert import description_of
from services.media.rpc.signal_link import SignalLink
from services.media.rpc.signalling import Conversation
from tests.unit.media_sessions.fakes import PLAIN, FakeHouse, Recorder, offer_text, token


class _Breaking(Recorder):
    """A link that breaks when a test says so: then nothing can be told on it."""

    broken = False

    def participants(self, _changed: object) -> None:
        self._tell()

    def leave(self, _reason: object, _action: object) -> None:
        self._tell()

    def _tell(self) -> None:
        if self.broken:
            raise ValueError("cannot be written")


def _spoken(house: FakeHouse, identity: str) -> tuple[Participant, Conversation]:
    """Joins with a connection that really writes messages."""
    link = SignalLink(lambda _me: "token", house.clock.now)
    me = house.rooms.join(token(identity), PLAIN, link)
    plane: Any = house.plane
    return me, Conversation(house.room, me, link, plane, house.clock)


def _say(conversation: Conversation, request: rtc.SignalRequest) -> None:
    conversation.take(request.SerializeToString())


@pytest.mark.parametrize("quality", [-1, 3, 7, -(2**31)])
def test_a_layer_of_a_quality_that_is_none_closes_the_room_to_nobody(quality: int) -> None:
    house = FakeHouse()
    mallory, words = _spoken(house, "mallory")
    layer: Any = models.VideoLayer()
    layer.quality = quality

    request = rtc.AddTrackRequest(cid="c", type=models.TrackType.VIDEO, muted=True, layers=[layer])
    _say(words, rtc.SignalRequest(add_track=request))
    anna, _ = _spoken(house, "anna")

    (track,) = mallory.tracks.values()
    assert track.description.layers == ()
    assert track.sid in anna.subscriptions
    assert not words.link.ended


def test_numbers_that_name_nothing_are_passed_over() -> None:
    wild: Any = [-1, 99]
    request = rtc.AddTrackRequest(cid="c", muted=True, audio_features=wild, type=wild[0], source=wild[1])
    house = FakeHouse()
    _, words = _spoken(house, "mallory")

    _say(words, rtc.SignalRequest(add_track=request))
    settings = rtc.UpdateTrackSettings(track_sids=["TR_none"], quality=wild[0])
    _say(words, rtc.SignalRequest(track_setting=settings))
    anna, _ = _spoken(house, "anna")

    assert not words.link.ended
    assert len(anna.subscriptions) == 1


def _joined_on(house: FakeHouse, identity: str, link: Recorder) -> Participant:
    heard: Any = link
    me = house.rooms.join(token(identity), PLAIN, heard)
    house.room.connected(me)
    return me


def test_who_goes_is_gone_even_if_nobody_can_be_told() -> None:
    house, link = FakeHouse(), _Breaking()
    _joined_on(house, "mallory", link)
    anna = _joined_on(house, "anna", Recorder())
    transport: Any = anna.transport
    link.broken = True

    with pytest.raises(ValueError, match="cannot be written"):
        house.room.remove(anna, LeaveReason.CLIENT)

    assert transport.closed
    assert house.watcher.left == [("anna", LeaveReason.CLIENT)]


def test_a_room_that_closes_ends_every_member_whatever_one_of_them_raises() -> None:
    house, link = FakeHouse(), _Breaking()
    members = [_joined_on(house, "mallory", link), _joined_on(house, "anna", Recorder())]
    transports: list[Any] = [member.transport for member in members]
    link.broken = True

    with pytest.raises(ExceptionGroup):
        house.rooms.close(RoomId("demo"))

    assert [each.closed for each in transports] == [True, True]
    assert [identity for identity, _ in house.watcher.left] == ["mallory", "anna"]
    assert house.watcher.closed == ["demo"]


def test_time_passes_for_everybody_whatever_one_member_raises() -> None:
    house, link = FakeHouse(), _Breaking()
    members = [_joined_on(house, identity, Recorder()) for identity in ("mallory", "anna")]
    binh = _joined_on(house, "binh", link)
    for member in members:
        member.link, member.absent_since = None, house.clock.monotonic()
    link.broken = True
    house.clock.advance(21)

    with pytest.raises(ExceptionGroup):
        house.rooms.tick()

    assert list(house.room.members.values()) == [binh]


@pytest.mark.parametrize("stream", ["a b", "a\r\nb", "a\n", "\x00", "đài", "x" * 49, 'a"b', "(a)"])
def test_a_stream_that_is_no_word_of_a_description_is_dropped(stream: str) -> None:
    assert description_of(rtc.AddTrackRequest(cid="c", stream=stream)).group == ""


@pytest.mark.parametrize("stream", ["camera", "{9e107d9d-372b-4b6a-8b52-0a5f6d1c2e3f}", "x" * 48])
def test_the_streams_that_clients_name_are_kept(stream: str) -> None:
    assert description_of(rtc.AddTrackRequest(cid="c", stream=stream)).group == stream


def test_nobody_writes_lines_into_the_description_of_another() -> None:
    house = FakeHouse()
    _, words = _spoken(house, "mallory")
    anna, link = house.join("anna")
    stream = "s\r\na=candidate:1 1 udp 1 192.0.2.66 6 typ host\r\na=x:"

    _say(words, rtc.SignalRequest(add_track=rtc.AddTrackRequest(cid="c", muted=True, stream=stream)))
    house.room.offer(anna, offer_text("chromium_join"), 1)

    ((sdp, _, tracks_by_mid),) = link.named("answer")
    assert len(tracks_by_mid) == 1
    assert "192.0.2.66" not in sdp
