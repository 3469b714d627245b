"""What was decided about participants holds, whatever their clients do."""

from dataclasses import replace

import pytest

from giaoban.errors import PermissionDenied
from services.media.domain.client import LeaveReason
from services.media.domain.grants import ADMISSION, Rights, Source
from services.media.domain.participants import ClientFacts, TrackDescription
from services.media.domain.policy import Microphone, RoomPolicy, Standing
from services.media.domain.ports import Kind, RoomId
from tests.unit.media_sessions.fakes import FakeHouse, Recorder, token

MICROPHONE = TrackDescription(("mic",), Kind.AUDIO, source=Source.MICROPHONE)
NAMELESS = TrackDescription(("any",), Kind.AUDIO)
SCREEN = TrackDescription(("screen",), Kind.VIDEO, source=Source.SCREEN_SHARE)
HELD = Standing(microphone=Microphone.HELD)


def policy(version: int = 1, *, locked: bool = False, **standings: Standing) -> RoomPolicy:
    return RoomPolicy(version, locked, standings)


def test_who_is_sent_out_is_out_at_once_and_comes_in_with_a_newer_token_only() -> None:
    house = FakeHouse()
    _, link = house.join("anna")  # never connected its media
    old = token("anna")

    house.room.govern(policy(anna=Standing(admission=1)))

    assert [args[0] for args in link.named("leave")] == [LeaveReason.REMOVED]
    link_of_rejoin = Recorder()
    with pytest.raises(PermissionDenied, match="REMOVED_FROM_ROOM"):
        house.rooms.join(old, ClientFacts(), link_of_rejoin)
    newer = replace(old, attributes=old.attributes | {ADMISSION: "1"})
    assert house.rooms.join(newer, ClientFacts(), link_of_rejoin).identity == "anna"


def test_a_policy_comes_before_those_it_is_about() -> None:
    house = FakeHouse()
    house.rooms.open(RoomId("demo")).govern(policy(anna=Standing(admission=2)))

    with pytest.raises(PermissionDenied):
        house.join("anna")


def test_an_older_policy_changes_nothing() -> None:
    house = FakeHouse()
    house.join("binh")
    house.room.govern(policy(2, anna=Standing(admission=1)))

    house.room.govern(policy(1))

    with pytest.raises(PermissionDenied):
        house.join("anna")


@pytest.mark.parametrize("description", [MICROPHONE, NAMELESS])
def test_a_held_microphone_stays_muted_whatever_it_is_called(description: TrackDescription) -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    track = house.room.add_track(anna, description, muted=False)
    house.room.first_packet(track.sid)

    house.room.govern(policy(anna=HELD))
    asked = link.named("ask_mute")
    house.room.set_muted(track, muted=False)

    assert track.muted
    assert house.plane.named("set_muted")[-1] == (track.sid, True)
    assert asked == [(track.sid, True)]
    assert link.named("ask_mute")[-1] == (track.sid, True), "its client hears that it is still muted"


def test_a_held_microphone_stays_muted_over_a_full_rejoin() -> None:
    house = FakeHouse()
    house.join("anna")
    house.room.govern(policy(anna=HELD))
    again, _ = house.join("anna")

    track = house.room.add_track(again, MICROPHONE, muted=False)
    house.room.set_muted(track, muted=False)
    held = track.muted
    house.room.govern(policy(2))
    house.room.set_muted(track, muted=False)

    assert (held, track.muted) == (True, False)


def test_locked_microphones_open_for_who_leads_and_who_is_freed() -> None:
    house = FakeHouse()
    open_now = {}
    for identity, rights in (("chair", Rights(admin=True)), ("anna", Rights()), ("binh", Rights())):
        member, _ = house.join(identity, rights=rights)
        open_now[identity] = house.room.add_track(member, MICROPHONE, muted=False)

    house.room.govern(policy(locked=True, binh=Standing(microphone=Microphone.FREED)))
    for track in open_now.values():
        house.room.set_muted(track, muted=False)

    assert {identity: track.muted for identity, track in open_now.items()} == {
        "chair": False,
        "anna": True,
        "binh": False,
    }


def test_a_camera_is_muted_and_a_shared_screen_ends_when_who_leads_stops_it() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    camera = house.room.add_track(anna, TrackDescription(("c",), Kind.VIDEO, source=Source.CAMERA), muted=False)
    microphone = house.room.add_track(anna, MICROPHONE, muted=False)
    screen = house.room.add_track(anna, SCREEN, muted=False)

    stopped = [house.room.stop(anna, {source}) for source in (Source.CAMERA, Source.CAMERA, Source.SCREEN_SHARE)]

    assert stopped == [1, 0, 1]
    assert (camera.muted, microphone.muted, screen.sid in house.room.tracks) == (True, False, False)
    house.room.set_muted(camera, False)
    assert not camera.muted, "its owner may start it again"


def test_pictures_of_a_held_one_go_on_and_who_may_not_share_stops() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    camera = house.room.add_track(anna, TrackDescription(("c",), Kind.VIDEO, source=Source.CAMERA), muted=False)
    screen = house.room.add_track(anna, SCREEN, muted=False)

    house.room.govern(policy(anna=replace(HELD, may_share=False)))

    assert not camera.muted
    assert list(anna.tracks) == [camera.sid]
    assert screen.sid not in house.room.tracks
    assert [house.room.may_publish(anna, source) for source in Source] == [False, True, True, False, False]
