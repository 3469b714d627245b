"""What was said while somebody's signalling was cut, or before it came: told as it is now."""

from collections.abc import Iterable, Mapping

from services.media.domain.client import GradeChange
from services.media.domain.grades import LineGrade
from services.media.domain.participants import Participant, Track
from services.media.domain.ports import TrackId


def tell_streams(me: Participant, tracks: Mapping[TrackId, Track]) -> None:
    """Tells which of its tracks are to be muted, which layers of them are wanted, and which of the tracks it receives flow.

    What was never said is not said now either: clients begin with every layer wanted and every stream flowing.
    """
    if me.link is None:
        return
    for track in me.tracks.values():
        if track.unheard_mute is not None:
            # Without this word a browser opens again what it did not mute itself.
            me.link.ask_mute(track.sid, track.unheard_mute)
            track.unheard_mute = None
        if track.wanted is not None:
            me.link.wanted_layers(track, track.wanted)
    for subscription in me.subscriptions.values():
        received = tracks.get(subscription.track)
        if received is not None and subscription.state is not None:
            me.link.stream_state(received.owner, received.sid, subscription.state)


def tell_grades(me: Participant, members: Iterable[Participant]) -> None:
    """Tells how the lines of members were judged last."""
    tell_changes(me, [member.grade for member in members if member.grade is not None])


def tell_changes(me: Participant, changes: Iterable[GradeChange]) -> None:
    """Tells how lines are judged.

    Nobody hears of itself that its line is lost: a browser told so for 10 s throws its connection away.
    """
    told = [each for each in changes if each.participant != me.sid or each.grade is not LineGrade.LOST]
    if me.link is not None and told:
        me.link.grades(told)
