"""Who may see, change, conduct and attend a briefing."""

from collections.abc import Iterator
from datetime import datetime

from giaoban.errors import NotFound, PermissionDenied
from giaoban.names import BriefingId, briefing_name, parse_invitee
from giaoban.permissions import Permission
from giaoban.principal import Principal
from services.scheduler.domain.briefing_ports import BriefingReader, Sight
from services.scheduler.domain.briefings import Briefing, Invitee, Part, State

EDIT, CONDUCT, JOIN = "edit", "conduct", "join"


def sight_of(caller: Principal) -> Sight:
    """Which briefings the caller may see."""
    if caller.is_service:
        return Sight(everything=True)
    if caller.invitee is not None:
        return Sight(link=parse_invitee(caller.invitee).invitee)
    return Sight(person=caller.person or "", roots=tuple(dict.fromkeys(grant.unit_path for grant in caller.grants)))


def may_edit(caller: Principal, host_path: str) -> bool:
    """Whether the caller may book and change briefings held by the unit with that path."""
    return caller.may(Permission.BRIEFINGS_WRITE, host_path)


def conducts(caller: Principal, briefing: Briefing, own: Invitee | None) -> bool:
    """Whether the caller leads the briefing: by role on the host, or as its chair or secretary."""
    if caller.may(Permission.BRIEFINGS_CONDUCT, briefing.host_path):
        return True
    return own is not None and not own.removed and own.part in (Part.CHAIR, Part.SECRETARY)


def check_edit(caller: Principal, host_path: str, unit: str) -> None:
    """Refuses who may not book for that unit.

    Raises:
        PermissionDenied: `NO_PERMISSION`.
    """
    if not may_edit(caller, host_path):
        raise no_permission(Permission.BRIEFINGS_WRITE, unit)


def check_conducts(caller: Principal, briefing: Briefing, own: Invitee | None) -> None:
    """Refuses who does not lead the briefing.

    Raises:
        PermissionDenied: `NO_PERMISSION`.
    """
    if not conducts(caller, briefing, own):
        raise no_permission(Permission.BRIEFINGS_CONDUCT, briefing.plan.host_unit)


def no_permission(permission: Permission, unit: str) -> PermissionDenied:
    """The refusal of a caller without a permission on a unit."""
    return PermissionDenied(
        "NO_PERMISSION",
        f"This needs {permission} on {unit}; ask an administrator for the role.",
        permission=str(permission),
        unit=unit,
    )


def unknown_briefing(briefing: BriefingId) -> NotFound:
    """The same answer for briefings that do not exist and for those the caller may not see."""
    return NotFound(
        "UNKNOWN_BRIEFING", "There is no such briefing among those you may see.", name=briefing_name(briefing)
    )


async def own_invitee(reader: BriefingReader, caller: Principal, briefing: BriefingId) -> Invitee | None:
    """As whom the caller is invited: the holder of a link as the invitee it names, a person by its name."""
    if caller.invitee is not None:
        found = await reader.invitee(parse_invitee(caller.invitee).invitee)
        return found[1] if found is not None and found[0] == briefing and not found[1].removed else None
    if caller.person is None:
        return None
    return (await reader.own_invitees([briefing], caller.person)).get(briefing)


async def seen_briefing(reader: BriefingReader, caller: Principal, briefing: BriefingId) -> Briefing:
    """Reads a briefing for a caller.

    Raises:
        NotFound: `UNKNOWN_BRIEFING`, also when the caller may not see it.
    """
    found = await reader.briefing(briefing)
    if found is None or not await reader.is_seen(briefing, sight_of(caller)):
        raise unknown_briefing(briefing)
    return found


def allowed_actions(caller: Principal, briefing: Briefing, own: Invitee | None, now: datetime) -> tuple[str, ...]:
    """What the caller may do with a briefing at a moment; nothing once it is over."""

    def actions() -> Iterator[str]:
        if may_edit(caller, briefing.host_path):
            yield EDIT
        if conducts(caller, briefing, own):
            yield CONDUCT
        if own is not None:
            yield JOIN

    return () if briefing.standing(now) in (State.ENDED, State.CANCELLED) else tuple(actions())
