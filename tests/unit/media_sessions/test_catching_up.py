"""What somebody hears on a new signalling connection, or on a first one, of what was said before."""

from typing import Any

import pytest

from services.media.domain.client import GradeChange, LeaveReason
from services.media.domain.grades import LineGrade
from services.media.domain.grants import Rights, Source
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


def _graded(member: Participant, grade: LineGrade, score: float = 40.0) -> GradeChange:
    return GradeChange(member.sid, grade, score)


def test_a_newcomer_hears_how_lines_are_once_its_media_flow() -> None:
    house = FakeHouse()
    anna, _ = house.join("anna")
    binh, _ = house.join("binh")
    ghost, _ = house.join("ghost", rights=Rights(hidden=True))
    house.room.grades([_graded(anna, LineGrade.GOOD), _graded(binh, LineGrade.LOST), _graded(ghost, LineGrade.POOR)])
    house.room.grades([_graded(anna, LineGrade.POOR)])

    chi, link = house.join("chi")
    house.room.connected(chi)

    assert link.named("grades") == [([_graded(anna, LineGrade.POOR), _graded(binh, LineGrade.LOST)],)]


def test_who_comes_back_hears_how_lines_are_but_not_that_its_own_is_lost() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    binh, _ = house.join("binh")
    house.room.cut(anna, link)
    house.room.grades([_graded(anna, LineGrade.LOST), _graded(binh, LineGrade.FAIR)])

    back = _back(house, anna)
    house.room.grades([_graded(anna, LineGrade.POOR)])
    again = _back(house, anna)

    assert back.names[0] == again.names[0] == "welcome_back"
    assert back.named("grades")[0] == ([_graded(binh, LineGrade.FAIR)],)
    assert again.named("grades") == [([_graded(anna, LineGrade.POOR), _graded(binh, LineGrade.FAIR)],)]


def test_where_no_line_is_known_nothing_is_said_of_lines() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")

    house.room.connected(anna)

    assert link.named("grades") == _back(house, anna).named("grades") == []


def test_who_comes_back_is_told_once_who_went_meanwhile_and_before_who_is_there() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    binh, _ = house.join("binh")
    ghost, _ = house.join("ghost", rights=Rights(hidden=True))
    house.room.cut(anna, link)

    house.clock.advance(1)
    passing, _ = house.join("passing")
    for each in (ghost, passing):
        house.room.remove(each, LeaveReason.CLIENT)
    again, _ = house.join("binh")
    first, second = _back(house, anna), _back(house, anna)

    assert first.named("welcome_back")[0][0] == [binh, anna, again]
    assert second.named("welcome_back")[0][0] == [anna, again]


def test_who_was_muted_while_away_is_asked_to_mute_when_it_is_back() -> None:
    house = FakeHouse()
    anna, link = house.join("anna")
    camera, other = _camera(house, anna), _camera(house, anna)
    house.room.ask_mute(house.room.tracks[other], muted=True)
    house.room.cut(anna, link)

    house.room.ask_mute(house.room.tracks[camera], muted=True)
    first, second = _back(house, anna), _back(house, anna)

    assert first.named("ask_mute") == [(camera, True)]
    assert second.named("ask_mute") == []
