"""What was said while somebody's signalling was cut, or before it came: told as it is now."""

from collections.abc import Mapping

from services.media.domain.participants import Participant, Track
from services.media.domain.ports import TrackId


def tell_streams(me: Participant, tracks: Mapping[TrackId, Track]) -> None:
    """Tells which layers of its tracks are wanted, and which of the tracks it receives flow.

    What was never said is not said now either: clients begin with every layer wanted and every stream flowing.
    """
    if me.link is None:
        return
    for track in me.tracks.values():
        if track.wanted is not None:
            me.link.wanted_layers(track, track.wanted)
    for subscription in me.subscriptions.values():
        received = tracks.get(subscription.track)
        if received is not None and subscription.state is not None:
            me.link.stream_state(received.owner, received.sid, subscription.state)
