"""Room tokens: JWT (HS256) with the grants of the client protocol, so that foreign clients and tools can make them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt

from giaoban.errors import PermissionDenied, Unauthenticated
from services.media.domain.grants import ADMISSION, CREATE, KIND, LOOPBACK, UNIT_PATH, Rights, RoomToken, Source

_LONGEST_TOKEN: Final = 8192
_LONGEST_IDENTITY: Final = 256
_LONGEST_ROOM: Final = 128
_LONGEST_TEXT: Final = 16_384
_MOST_ATTRIBUTES: Final = 64
_LEEWAY_SECONDS: Final = 10
_METADATA: Final = "metadata"
_EVERYTHING: Final = Rights()


def mint_room_token(
    pair: tuple[str, str],
    *,
    room: str,
    identity: str,
    expire_time: datetime,
    display_name: str = "",
    unit_path: str = "",
    kind: str = "",
    rights: Rights = _EVERYTHING,
    loopback: bool = False,
    create: bool = False,
    admission: int = 0,
) -> str:
    """Makes a token that admits one identity to one room.

    Args:
        pair: Key and secret of the room API (`KeyFolder.room_api_pair()`).
        room: Name of the room.
        identity: Unique in the room, for example `points/x`.
        expire_time: When it admits no more; who is in the room stays.
        display_name: What to show.
        unit_path: Path of the participant's unit.
        kind: `point`, `person` or `guest`.
        rights: What it allows.
        loopback: The room returns to each participant its own media.
        create: The room is made on first join.
        admission: How often the identity was sent out before.
    """
    chosen = {
        UNIT_PATH: unit_path,
        KIND: kind,
        LOOPBACK: "1" if loopback else "",
        CREATE: "1" if create else "",
        ADMISSION: str(admission) if admission > 0 else "",
    }
    token = RoomToken(
        identity=identity,
        expire_time=expire_time,
        room=room,
        join=True,
        display_name=display_name,
        attributes={name: value for name, value in chosen.items() if value},
        rights=rights,
    )
    return write_room_token(pair, token)


def write_room_token(pair: tuple[str, str], token: RoomToken) -> str:
    """Signs a token as it is."""
    key, secret = pair
    rights = token.rights
    video: dict[str, object] = {
        "roomJoin": token.join,
        "room": token.room,
        "canPublish": rights.publish,
        "canSubscribe": rights.subscribe,
        "canPublishData": rights.data,
        "canUpdateOwnMetadata": rights.own_metadata,
        "roomAdmin": rights.admin,
    }
    if rights.sources:
        video["canPublishSources"] = sorted(rights.sources)
    extra = {"hidden": rights.hidden, "roomCreate": token.room_create, "roomList": token.room_list}
    video |= {name: True for name, given in extra.items() if given}
    claims = {
        "iss": key,
        "sub": token.identity,
        "name": token.display_name,
        "exp": int(token.expire_time.timestamp()),
        "video": video,
        "attributes": token.attributes,
    }
    if token.metadata:
        claims[_METADATA] = token.metadata
    return jwt.encode(claims, secret, algorithm="HS256")


def verify_room_token(pair: tuple[str, str], text: str) -> RoomToken:
    """Verifies a token of the room API, whether it admits to a room or not.

    Raises:
        Unauthenticated: `TOKEN_EXPIRED`, or `TOKEN_INVALID` for all else that is wrong with it.
    """
    key, secret = pair
    if not text or len(text) > _LONGEST_TOKEN:
        raise Unauthenticated("TOKEN_INVALID", "The room token is missing or too long.")
    try:
        claims = jwt.decode(
            text,
            secret,
            algorithms=["HS256"],
            issuer=key,
            leeway=_LEEWAY_SECONDS,
            options={"verify_aud": False, "require": ["exp", "iss"]},
        )
        return _token(claims)
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("TOKEN_EXPIRED", "The room token has expired; ask for a new one.") from error
    except (jwt.PyJWTError, ValueError, OverflowError) as error:
        raise Unauthenticated("TOKEN_INVALID", "The room token was not issued here.") from error


def verify_join_token(pair: tuple[str, str], text: str) -> RoomToken:
    """Verifies a token that admits to a room.

    Raises:
        Unauthenticated: `TOKEN_EXPIRED` or `TOKEN_INVALID`.
        PermissionDenied: `TOKEN_NO_JOIN`: it is genuine and admits to no room.
    """
    token = verify_room_token(pair, text)
    if not token.join or not token.room or not token.identity:
        raise PermissionDenied("TOKEN_NO_JOIN", "The room token does not admit to a room.")
    return token


def _token(claims: Mapping[str, Any]) -> RoomToken:
    video = claims.get("video") or {}
    attributes = claims.get("attributes") or {}
    if not isinstance(video, dict) or not isinstance(attributes, dict) or len(attributes) > _MOST_ATTRIBUTES:
        raise ValueError("malformed grants")
    return RoomToken(
        identity=_text(claims.get("sub"), _LONGEST_IDENTITY),
        expire_time=datetime.fromtimestamp(int(claims["exp"]), UTC),
        room=_text(video.get("room"), _LONGEST_ROOM),
        join=video.get("roomJoin") is True,
        display_name=_text(claims.get("name"), _LONGEST_IDENTITY),
        metadata=_text(claims.get("metadata"), _LONGEST_TEXT),
        attributes={_text(name, 256): _text(value, _LONGEST_TEXT) for name, value in attributes.items()},
        rights=_rights(video),
        room_create=video.get("roomCreate") is True,
        room_list=video.get("roomList") is True,
    )


def _rights(video: Mapping[str, Any]) -> Rights:
    # Publishing, subscribing and data are allowed unless the grant says no; all else only if it says yes.
    listed = video.get("canPublishSources") or []
    known = {each.value for each in Source}
    return Rights(
        publish=video.get("canPublish") is not False,
        subscribe=video.get("canSubscribe") is not False,
        data=video.get("canPublishData") is not False,
        sources=frozenset(Source(each) for each in listed if isinstance(each, str) and each in known),
        own_metadata=video.get("canUpdateOwnMetadata") is True,
        hidden=video.get("hidden") is True,
        admin=video.get("roomAdmin") is True,
    )


def _text(value: object, longest: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError("malformed text")
    return value
