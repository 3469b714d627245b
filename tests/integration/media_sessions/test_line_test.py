"""The line test: a room that gives back what it gets, and is measured second by second."""

from briefing.v1 import quality_pb2
from giaoban.testing.fixtures import eventually
from services.media.domain.lines import LineTests
from services.media.rpc.quality_convert import sample_of
from tests.integration.media_sessions.clients import clients
from tests.integration.media_sessions.front import Front


async def test_a_loopback_room_measures_both_directions_and_dies_with_its_tester(front: Front) -> None:
    tests = LineTests()
    async with clients(1) as (anna,):
        await anna.join(front.url, front.token("people/anna", room="loopback-1", loopback=True, create=False))
        await anna.publish_tone()
        await anna.publish_video()

        def samples() -> list[quality_pb2.QualitySample]:
            return [quality_pb2.QualitySample.FromString(payload) for _, payload in front.facts.samples]

        def both_ways() -> bool:
            ups = [each for each in samples() if each.up.HasField("loss_percent") and each.up.bitrate_bps > 50_000]
            return len(ups) >= 4 and any(each.down.HasField("loss_percent") for each in samples())

        await eventually(both_ways, seconds=20)
    await eventually(lambda: not front.house.rooms.names)

    for sample in samples():
        tests.put(sample_of(sample))
    verdict = tests.judge("loopback-1")
    assert verdict.measured_seconds >= 4
    assert verdict.facts.up.loss is not None
    assert verdict.facts.up.loss < 0.05
    assert verdict.facts.down.loss is not None
    assert front.facts.events == []
