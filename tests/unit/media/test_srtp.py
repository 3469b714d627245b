"""Our use of libsrtp against pylibsrtp's own wrapper as oracle."""

import os
import struct
from collections.abc import Callable

import pylibsrtp
import pytest

from services.media.domain.ports import SrtpProfile
from services.media.sfu.rtp_tap import SrtpSession, ffi

NUMBERS = {
    SrtpProfile.AEAD_AES_128_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SrtpProfile.AEAD_AES_256_GCM: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    SrtpProfile.AES128_CM_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
MEMORY = ffi.new("unsigned char[]", 2048)
VIEW = ffi.buffer(MEMORY)


def oracle(profile: SrtpProfile, key: bytes, kind: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(pylibsrtp.Policy(key, kind, srtp_profile=NUMBERS[profile]))


def worked(step: Callable[[object, int], int], data: bytes) -> bytes | None:
    VIEW[0 : len(data)] = data
    length = step(MEMORY, len(data))
    return None if length < 0 else bytes(VIEW[0:length])


def media(sequence: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, 1, 5) + sequence.to_bytes(4, "big") * 20


@pytest.mark.parametrize("profile", list(SrtpProfile))
def test_packets_survive_both_ways_while_the_counter_rolls_over_twice(profile: SrtpProfile) -> None:
    key = os.urandom(60)
    ours_out, ours_in = SrtpSession(profile, key, sending=True), SrtpSession(profile, key, sending=False)
    theirs_in = oracle(profile, key, pylibsrtp.Policy.SSRC_ANY_INBOUND)
    theirs_out = oracle(profile, key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)

    for sequence in range(30_000, 140_000, 17):
        sealed = worked(ours_out.protect, media(sequence))
        assert sealed is not None
        assert theirs_in.unprotect(sealed) == media(sequence)
        assert worked(ours_in.unprotect, theirs_out.protect(media(sequence))) == media(sequence)


def test_a_forged_or_repeated_packet_is_refused_and_the_session_lives() -> None:
    profile, key = SrtpProfile.AEAD_AES_128_GCM, os.urandom(28)
    inward = SrtpSession(profile, key, sending=False)
    outward = oracle(profile, key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    sealed = outward.protect(media(1))

    assert worked(inward.unprotect, sealed[:-1] + bytes((sealed[-1] ^ 1,))) is None
    assert worked(inward.unprotect, os.urandom(100)) is None
    assert worked(inward.unprotect, sealed) == media(1)
    assert worked(inward.unprotect, sealed) is None
    assert worked(inward.unprotect, outward.protect(media(2))) == media(2)


def test_a_repeat_on_the_same_stream_is_sealed_within_the_window_only() -> None:
    session = SrtpSession(SrtpProfile.AEAD_AES_128_GCM, os.urandom(28), sending=True)
    for sequence in range(1000):
        assert worked(session.protect, media(sequence)) is not None

    assert worked(session.protect, media(880)) is not None
    assert worked(session.protect, media(800)) is None


def test_a_forgotten_stream_is_kept_no_more_and_the_others_are() -> None:
    session = SrtpSession(SrtpProfile.AEAD_AES_128_GCM, os.urandom(28), sending=True)
    other = struct.pack("!BBHII", 0x80, 96, 5, 1, 6) + bytes(40)
    for sequence in range(1000):
        assert worked(session.protect, media(sequence)) is not None
    assert worked(session.protect, other) is not None

    session.forget(6)
    session.forget(7)
    assert worked(session.protect, media(800)) is None
    session.forget(5)

    assert worked(session.protect, media(800)) is not None


def test_reports_survive_both_ways() -> None:
    profile, key = SrtpProfile.AES128_CM_SHA1_80, os.urandom(30)
    report = struct.pack("!BBHI", 0x80, 201, 1, 7)

    sealed = worked(SrtpSession(profile, key, sending=True).protect_rtcp, report)
    assert sealed is not None
    assert oracle(profile, key, pylibsrtp.Policy.SSRC_ANY_INBOUND).unprotect_rtcp(sealed) == report
    sealed = oracle(profile, key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND).protect_rtcp(report)
    assert worked(SrtpSession(profile, key, sending=False).unprotect_rtcp, sealed) == report


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="key must contain"):
        SrtpSession(SrtpProfile.AEAD_AES_256_GCM, bytes(20), sending=True)
