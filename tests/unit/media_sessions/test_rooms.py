"""Who is in a room, who gets what, and what time does."""

from typing import Any

import pytest

from giaoban.errors import ResourceExhausted
from services.media.domain.client import LeaveAction, LeaveReason
from services.media.domain.grants import Rights, Source
from services.media.domain.participants import Participant, TrackDescription
from services.media.domain.ports import Kind, PeerId, QualityFacts, RoomId, TrackId
from services.media.domain.relay import DataMessage
from services.media.domain.room import MAX_TRACKS
from services.media.domain.rooms import MAX_ROOMS
from services.media.domain.samples import LineSample
from services.media.domain.sampling import Sampler
from services.media.domain.transport import Channel
from tests.unit.media_sessions.fakes import FakeHouse, Sent, offer_text, offer_with

MICROPHONE = TrackDescription(("cid",), Kind.AUDIO, source=Source.MICROPHONE)


def _publish(house: FakeHouse, owner: Participant) -> TrackId:
    track = house.room.add_track(owner, MICROPHONE, muted=False)
    house.room.first_packet(track.sid)
    return track.sid


def test_a_track_is_told_of_when_its_first_packet_came() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    _, link = house.join("binh")
    link.calls.clear()

    track = house.room.add_track(anna, MICROPHONE, muted=False)
    before = list(link.names)
    house.room.first_packet(track.sid)

    assert before == []
    assert link.names == ["participants", "sections_wanted"]


def test_a_muted_track_is_told_of_at_once() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, _ = house.join("binh")

    track = house.room.add_track(anna, MICROPHONE, muted=True)

    assert track.sid in binh.subscriptions


def test_a_track_that_was_told_of_while_muted_stays_told_of_when_it_is_opened() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, link = house.join("binh")
    told: list[list[TrackId]] = []
    link.participants = lambda members: told.extend(
        [track.sid for track in member.tracks.values() if track.announced] for member in members
    )

    track = house.room.add_track(anna, MICROPHONE, muted=True)
    house.room.set_muted(track, False)
    chi, _ = house.join("chi")

    assert told[:2] == [[track.sid], [track.sid]]
    assert track.sid in binh.subscriptions
    assert track.sid in chi.subscriptions


def test_a_track_that_is_muted_before_its_first_packet_is_told_of_and_given_to_all() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, link = house.join("binh")
    track = house.room.add_track(anna, MICROPHONE, muted=False)
    link.calls.clear()

    house.room.set_muted(track, True)

    assert link.names == ["participants", "sections_wanted"]
    assert track.sid in binh.subscriptions


def test_nobody_receives_itself_but_in_a_loopback_room_nothing_else() -> None:
    house, mirror = FakeHouse(), FakeHouse()
    anna, _ = house.join("anna")
    track = _publish(house, anna)
    alone, _ = mirror.join("anna", loopback=True)
    other, link = mirror.join("binh", loopback=True)
    own = _publish(mirror, alone)

    assert track not in anna.subscriptions
    assert own in alone.subscriptions
    assert own not in other.subscriptions
    assert link.named("participants") == []


def test_who_unsubscribed_is_not_given_the_track_again() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, _ = house.join("binh")
    track = _publish(house, anna)

    binh.unwanted.add(track)
    house.room.unsubscribe(binh, track)
    house.room.set_muted(house.room.tracks[track], muted=True)
    house.room.set_muted(house.room.tracks[track], muted=False)

    assert track not in binh.subscriptions


def _camera(label: str = "camera") -> TrackDescription:
    return TrackDescription((label,), Kind.VIDEO, source=Source.CAMERA)


def test_who_announced_much_and_sent_nothing_may_still_publish() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    for number in range(MAX_TRACKS):
        house.room.ask_to_publish(anna, _camera(f"never-{number}"), muted=False)

    house.room.ask_to_publish(anna, _camera(), muted=False)
    house.room.offer(anna, offer_with(Sent("v", label="camera")), 1)

    assert link.named("track_refused") == []
    assert [label for label, _ in link.named("track_published")][-1] == "camera"
    assert [track.description.labels for track in anna.tracks.values() if track.mid] == [("camera",)]
    assert len(anna.tracks) == MAX_TRACKS


def test_who_sends_as_many_tracks_as_are_allowed_is_refused_one_more_and_told() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    sections = [Sent(f"v{number}", label=f"camera-{number}") for number in range(MAX_TRACKS)]
    for section in sections:
        house.room.ask_to_publish(anna, _camera(section.label), muted=False)
    house.room.offer(anna, offer_with(*sections), 1)

    house.room.ask_to_publish(anna, _camera("more"), muted=False)

    assert link.named("track_refused") == [("more",)]


@pytest.mark.parametrize("ended_first", [True, False], ids=["the offer ends it", "the offer goes on"])
def test_a_track_that_is_published_again_before_its_end_is_known_is_admitted_with_the_next_offer(
    ended_first: bool,
) -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    binh, _ = house.join("binh")
    house.room.ask_to_publish(anna, _camera(), muted=False)
    house.room.offer(anna, offer_with(Sent("v", label="camera")), 1)
    (first,) = anna.tracks
    house.room.first_packet(first)

    house.room.ask_to_publish(anna, _camera(), muted=False)
    before = len(link.named("track_published"))
    if ended_first:
        house.room.offer(anna, offer_with(Sent("v", label="camera", direction="inactive")), 2)
    house.room.offer(anna, offer_with(Sent("v", label="camera")), 3)
    (second,) = anna.tracks
    house.room.first_packet(second)

    assert (before, len(link.named("track_published"))) == (1, 2)
    assert second != first
    assert anna.tracks[second].mid == "v"
    assert set(binh.subscriptions) == {second}


def test_a_track_that_is_asked_for_twice_before_it_is_sent_is_one_track() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")

    for _ in range(2):
        house.room.ask_to_publish(anna, _camera(), muted=False)

    assert [track.sid for _, track in link.named("track_published")] == list(anna.tracks) * 2


def test_versions_grow_with_every_change() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    seen = [anna.version]

    for _ in range(3):
        house.room.rename(anna, attributes={"hand": "up"})
        seen.append(anna.version)

    assert seen == sorted(set(seen))


def test_attributes_merge_and_an_empty_one_goes_away() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    house.room.rename(anna, attributes={"a": "1", "b": "2"})

    house.room.rename(anna, attributes={"a": "", "c": "3"})

    assert {name: value for name, value in anna.attributes.items() if len(name) == 1} == {"b": "2", "c": "3"}


def test_the_same_identity_again_replaces_the_first_without_a_trace_of_its_tracks() -> None:
    house = FakeHouse()
    first, link = house.join("anna")
    binh, _ = house.join("binh")
    _publish(house, first)

    second, _ = house.join("anna")

    assert link.named("leave") == [(LeaveReason.DUPLICATE_IDENTITY, LeaveAction.STAY_OUT)]
    assert not house.room.tracks
    assert not binh.subscriptions
    assert house.room.members["anna"] is second  # type: ignore[index]  # a plain string reads better here


def test_a_participant_survives_its_signalling_for_twenty_seconds() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    house.room.connected(anna)
    house.room.cut(anna, link)

    house.clock.advance(19)
    house.rooms.tick()
    still = list(house.room.members)
    house.clock.advance(2)
    house.rooms.tick()

    assert still == ["anna"]
    assert house.watcher.left == [("anna", LeaveReason.TIMEOUT)]


def test_the_end_of_an_old_connection_means_nothing_after_a_resume() -> None:
    house = FakeHouse()
    anna, old = house.join("anna")
    _, new = FakeHouse().join("anna")
    house.room.resume(anna, new)

    house.room.cut(anna, old)

    assert new.names[-2:] == ["welcome_back", "room_changed"]
    assert old.names[-1] == "close"
    assert anna.link is new
    assert anna.absent_since is None


def test_who_never_gets_its_media_up_is_sent_to_try_again() -> None:
    house = FakeHouse()
    _, link = house.join("anna")

    house.clock.advance(21)
    house.rooms.tick()

    assert link.named("leave") == [(LeaveReason.TIMEOUT, LeaveAction.RECONNECT)]
    assert house.watcher.left == []


def test_a_loopback_room_dies_with_its_participant_or_after_a_minute() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna", loopback=True)
    house.clock.advance(1)

    house.room.remove(anna, LeaveReason.CLIENT)
    house.rooms.tick()
    gone = house.rooms.names
    house.join("anna", loopback=True)
    house.room.connected(next(iter(house.room.members.values())))
    house.clock.advance(61)
    house.rooms.tick()

    assert gone == ()
    assert house.rooms.names == ()


def test_an_opened_room_stays_empty_and_one_made_on_join_goes() -> None:
    house = FakeHouse()
    house.rooms.open(RoomId("opened"))
    anna, _ = house.join("anna")
    house.room.remove(anna, LeaveReason.CLIENT)

    house.clock.advance(301)
    house.rooms.tick()

    assert house.rooms.names == (RoomId("opened"),)


def test_a_room_that_found_no_place_is_not_among_the_opened() -> None:
    house = FakeHouse()
    for number in range(MAX_ROOMS):
        house.rooms.open(RoomId(f"r{number}"), keep=number == 0)

    with pytest.raises(ResourceExhausted, match="TOO_MANY_ROOMS"):
        house.rooms.open(RoomId("demo"))

    assert house.rooms.opened == ("r0",)


def test_rights_that_are_taken_end_what_they_allowed() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    binh, _ = house.join("binh")
    track = _publish(house, anna)

    house.room.permit(anna, Rights(publish=False))
    house.room.permit(binh, Rights(subscribe=False))

    assert link.named("track_unpublished") == [(track,)]
    assert not house.room.tracks
    assert not house.room.may_publish(anna, Source.MICROPHONE)


def test_muting_from_outside_holds_at_once_and_opening_is_only_asked() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    track = house.room.tracks[_publish(house, anna)]

    house.room.ask_mute(track, muted=True)
    muted = track.muted
    house.room.ask_mute(track, muted=False)

    assert muted
    assert track.muted
    assert link.named("ask_mute") == [(track.sid, True), (track.sid, False)]


def test_data_goes_to_its_destinations_once_and_is_repeated_after_a_resume() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, _ = house.join("binh")
    chi, _ = house.join("chi")
    first = DataMessage(Channel.RELIABLE, b"1", frozenset({"binh"}), 1)
    second = DataMessage(Channel.RELIABLE, b"2", frozenset(), 2)

    for message in (first, first, second):
        house.room.relay(anna, message)
    house.room.repeat_data(binh, {anna.sid: 1, PeerId("PA_unknown"): 0})

    sent = [member.transport.sent for member in (anna, binh, chi)]  # type: ignore[attr-defined]  # a fake
    assert sent == [
        [],
        [(Channel.RELIABLE, b"1"), (Channel.RELIABLE, b"2"), (Channel.RELIABLE, b"2")],
        [(Channel.RELIABLE, b"2")],
    ]


def test_an_offer_lays_out_what_is_waited_for_and_tells_the_plane() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, link = house.join("binh")
    track = _publish(house, anna)

    house.room.offer(binh, offer_text("native_join"), 7)

    (sdp, offer_id, by_mid) = link.named("answer")[0]
    ((_, subscribed, peer, media),) = house.plane.named("subscribe")
    assert (offer_id, by_mid) == (7, {media.mid: track})
    assert f"a=ssrc:{media.ssrc} " in sdp
    assert (subscribed, peer) == (track, binh.sid)


def test_lines_are_sampled_each_five_seconds_and_last_words_say_lost() -> None:
    house, samples = FakeHouse(), list[LineSample]()
    plane: Any = house.plane
    sampler = Sampler(house.rooms, plane, samples.append)
    anna, _ = house.join("anna")
    house.room.connected(anna)
    house.plane.facts[anna.sid] = QualityFacts(round_trip_ms=40)

    for _ in range(12):
        sampler.tick()
        house.clock.advance(1)
    sampler.farewell(anna, LeaveReason.TIMEOUT)

    assert [(sample.grade.value, sample.connected) for sample in samples] == [
        ("no_data", True),
        ("no_data", True),
        ("lost", False),
    ]
    assert len({sample.key for sample in samples}) == 3
