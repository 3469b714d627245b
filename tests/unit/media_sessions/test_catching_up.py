"""What somebody hears on a new signalling connection, or on a first one, of what was said before."""

from typing import Any

import pytest

from services.media.domain.grants import Source
from services.media.domain.participants import Participant, TrackDescription
from services.media.domain.ports import Kind, StreamState, TrackId
from tests.unit.media_sessions.fakes import FakeHouse, Recorder

CAMERA = TrackDescription(("cid",), Kind.VIDEO, source=Source.CAMERA)


def _camera(house: FakeHouse, owner: Participant) -> TrackId:
    track = house.room.add_track(owner, CAMERA, muted=False)
    house.room.first_packet(track.sid)
    return track.sid


def _back(house: FakeHouse, me: Participant) -> Recorder:
    """Resumes on a link that remembers what it was told."""
    link = Recorder()
    heard: Any = link
    house.room.resume(me, heard)
    return link


def test_who_comes_back_is_told_which_layers_are_wanted_now() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    camera, screen = _camera(house, anna), _camera(house, anna)
    house.rooms.on_wanted_layers(camera, (False, False, False))
    house.room.cut(anna, link)

    house.rooms.on_wanted_layers(camera, (True, True, False))
    told = _back(house, anna).named("wanted_layers")

    assert [(track.sid, wanted) for track, wanted in told] == [(camera, (True, True, False))]
    assert house.room.tracks[screen].wanted is None


@pytest.mark.parametrize(
    ("before", "meanwhile"), [(StreamState.ACTIVE, StreamState.PAUSED), (StreamState.PAUSED, StreamState.ACTIVE)]
)
def test_who_comes_back_is_told_which_streams_flow_now(before: StreamState, meanwhile: StreamState) -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, link = house.join("binh")
    camera, _ = _camera(house, anna), _camera(house, anna)
    subscription = binh.subscriptions[camera].sid
    house.rooms.on_stream_state(subscription, before)
    house.room.cut(binh, link)

    house.rooms.on_stream_state(subscription, meanwhile)

    assert _back(house, binh).named("stream_state") == [(anna.sid, camera, meanwhile)]
