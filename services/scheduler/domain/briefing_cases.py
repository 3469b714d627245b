"""All use cases of briefings, over one store."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from giaoban.clock import Clock
from services.scheduler.domain.attending import Attending, Media
from services.scheduler.domain.booking import Booking
from services.scheduler.domain.briefing_ports import BriefingStore, LineJudge, Rooms
from services.scheduler.domain.briefing_reading import BriefingReading, LinkVerifier
from services.scheduler.domain.briefings import Organizer
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.choosing import DirectoryReader
from services.scheduler.domain.conducting import Conducting
from services.scheduler.domain.links import Links
from services.scheduler.domain.room_keeping import RoomKeeper
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


def briefing_cases(store: BriefingStore, around: Surroundings) -> BriefingCases:
    """Puts the use cases together."""
    changes = Changes()
    clock = around.clock
    return BriefingCases(
        booking=Booking(store, around.directory, clock, around.organizer, changes),
        reading=BriefingReading(store, clock, around.links),
        attending=Attending(store, around.support, clock, Media(around.rooms, around.judge), changes),
        conducting=Conducting(store, clock, around.rooms, changes),
        questions=TimeQuestions(store, around.directory, clock),
        keeper=RoomKeeper(store, clock, around.rooms, changes),
        verifier=LinkVerifier(store, clock, around.links),
        changes=changes,
    )


def organizer_at(public_url: str) -> Organizer:
    """Whom calendar programs see as organiser: an address at the site's own domain.

    An address of numbers has no mail, so a site without a name gets one of `.local` (RFC 6762), which leads nowhere.
    """
    host = urlsplit(public_url).hostname or ""
    named = "." in host and not host.replace(".", "").isdigit()
    return Organizer(f"giaoban@{host if named else 'giaoban.local'}", "Giao Ban")
