"""How much data one participant, and all of a room, may have relayed."""

from typing import Any

from livekit.protocol import models

from services.media.domain.transport import Channel
from services.media.rpc.signalling import Signalling
from tests.unit.media_sessions.fakes import FakeHouse

PACKET = models.DataPacket(user=models.UserPacket(payload=bytes(15_000))).SerializeToString()


def _house() -> tuple[FakeHouse, Signalling]:
    house = FakeHouse()
    plane: Any = house.plane
    return house, Signalling(house.rooms, ("key", "secret"), plane, house.clock)


def test_who_sends_too_much_is_cut_off_and_others_are_heard() -> None:
    house, signalling = _house()
    noisy, _ = house.join("noisy")
    quiet, _ = house.join("quiet")
    listener: Any = house.join("listener")[0].transport

    for _ in range(300):
        signalling.on_data(noisy.sid, Channel.RELIABLE, PACKET)
    of_noisy = len(listener.sent)
    signalling.on_data(quiet.sid, Channel.RELIABLE, PACKET)
    of_quiet = len(listener.sent) - of_noisy
    house.clock.advance(60)
    signalling.on_data(noisy.sid, Channel.RELIABLE, PACKET)

    assert 0 < of_noisy * len(PACKET) <= 512 * 1024
    assert of_quiet == 1
    assert len(listener.sent) == of_noisy + 2


def test_all_of_a_room_together_stay_below_what_removes_a_slow_listener() -> None:
    house, signalling = _house()
    senders = [house.join(f"sender-{number}")[0] for number in range(12)]
    listener: Any = house.join("listener")[0].transport

    for sender in senders:
        for _ in range(60):
            signalling.on_data(sender.sid, Channel.RELIABLE, PACKET)

    assert 0 < len(listener.sent) * len(PACKET) <= 2 * 1024 * 1024
