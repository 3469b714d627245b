"""All use cases of briefings, over one store."""

from dataclasses import dataclass

from giaoban.clock import Clock
from services.scheduler.domain.attending import Attending, Media
from services.scheduler.domain.booking import Booking
from services.scheduler.domain.briefing_ports import BriefingStore, LineJudge, Rooms
from services.scheduler.domain.briefing_reading import BriefingReading, LinkVerifier
from services.scheduler.domain.briefings import Organizer
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.choosing import DirectoryReader
from services.scheduler.domain.conducting import Conducting
from services.scheduler.domain.leaving import Leaving
from services.scheduler.domain.links import Links
from services.scheduler.domain.room_keeping import RoomKeeper
from services.scheduler.domain.room_rules import RoomRules
from services.scheduler.domain.support import Support
from services.scheduler.domain.time_questions import TimeQuestions


@dataclass(frozen=True, slots=True)
class BriefingCases:
    """What servicers and tasks call; `changes.close()` ends all watching."""

    booking: Booking
    reading: BriefingReading
    attending: Attending
    conducting: Conducting
    questions: TimeQuestions
    leaving: Leaving
    keeper: RoomKeeper
    verifier: LinkVerifier
    changes: Changes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the use cases need besides the store."""

    directory: DirectoryReader
    support: Support
    clock: Clock
    organizer: Organizer
    links: Links
    rooms: Rooms
    judge: LineJudge


def briefing_cases(store: BriefingStore, around: Surroundings, changes: Changes) -> BriefingCases:
    """Puts the use cases together."""
    clock, rooms = around.clock, around.rooms
    rules = RoomRules(store, rooms, clock)
    return BriefingCases(
        booking=Booking(store, around.directory, clock, around.organizer, rules.enforce, changes),
        reading=BriefingReading(store, clock, around.links),
        attending=Attending(store, around.support, clock, Media(rooms, rules, around.judge), changes),
        conducting=Conducting(store, clock, rooms, rules, changes),
        questions=TimeQuestions(store, around.directory, clock),
        leaving=Leaving(around.directory),
        keeper=RoomKeeper(store, clock, rooms, rules, changes),
        verifier=LinkVerifier(store, clock, around.links),
        changes=changes,
    )
