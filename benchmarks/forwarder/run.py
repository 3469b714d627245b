"""What the Python forwarder costs beside the bare system call, in one run on one machine.

One publisher's packets go to N subscribers over loopback: once through core, SRTP and batches, once as raw `sendmmsg`
of equal datagrams without crypto and copies (the ceiling). Rounds alternate, so that a busy machine slows both.

Run: make bench NAME=forwarder [QUICK=1]
"""

import argparse
import json
import os
import platform
import socket
import statistics
import struct
import time
from pathlib import Path as FilePath

from services.media.domain import rtp
from services.media.domain.core import MediaCore
from services.media.domain.ports import (
    Codec,
    ExtensionIds,
    Kind,
    Path,
    PeerId,
    PublishedMedia,
    RoomId,
    SrtpKeys,
    SrtpProfile,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.sfu.batch import Destination, SendBatch
from services.media.sfu.forwarder import Forwarder, open_udp_socket

SPEAKER, TRACK = PeerId("speaker"), TrackId("track")
IDS = ExtensionIds(mid=4, abs_send_time=2)


class Silent:
    """Hears nothing: the benchmark hands packets to the core itself."""

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Ignores."""

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        """Ignores."""

    def on_rtp(self, peer: PeerId, packet: bytes) -> None:
        """Ignores."""

    def on_rtcp(self, peer: PeerId, packet: bytes) -> None:
        """Ignores."""

    def on_batch_end(self) -> None:
        """Ignores."""


def refuse(error: Exception) -> None:
    """Ends the benchmark: nothing may go wrong in it."""
    raise error


class FanOut:
    """One publisher and N subscribers behind sinks that nobody reads."""

    def __init__(self, subscribers: int, size: int, kind: Kind) -> None:
        self.sinks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(subscribers)]
        for sink in self.sinks:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sink.bind(("127.0.0.1", 0))
        self.socket = open_udp_socket("127.0.0.1", 0)
        self.forwarder = Forwarder([self.socket], Silent(), refuse)
        self.core = MediaCore(lambda bits: (1 << bits) // 3)
        self.core.add_peer(SPEAKER, RoomId("room"), 0.0)
        codec = Codec.VP8 if kind is Kind.VIDEO else Codec.OPUS
        self.core.publish(TRACK, SPEAKER, PublishedMedia(kind, codec, "1", 96, extensions=IDS))
        for index, sink in enumerate(self.sinks):
            self._subscribe(PeerId(f"p{index}"), index, sink)
        self.sequence = 0
        self.block = rtp.extension_block([(IDS.mid, b"1"), (IDS.abs_send_time, bytes(3))])
        descriptor = b"\x90\xe0\x81\x23\x05\x00\x01"
        self.body = descriptor + os.urandom(size - len(descriptor) - 12 - len(self.block))
        self.key = descriptor[:-1] + b"\x00" + self.body[len(descriptor) :]

    def _subscribe(self, peer: PeerId, index: int, sink: socket.socket) -> None:
        keys = SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, os.urandom(28), os.urandom(28))
        self.forwarder.add_peer(peer)
        self.forwarder.select(peer, Path(0, *sink.getsockname()))
        self.forwarder.start_srtp(peer, keys)
        self.core.add_peer(peer, RoomId("room"), 0.0)
        self.core.connect_peer(peer, 0.0)
        media = SubscribedMedia("3", 1000 + index, 97, extensions=ExtensionIds(abs_send_time=2, mid=3))
        self.core.subscribe(SubscriptionId(f"s{index}"), TRACK, peer, media, 0.0)

    def forward(self, packets: int) -> float:
        """Sends packets to everyone; answers thread CPU seconds for each packet that left."""
        begun = time.thread_time()
        for _ in range(packets):
            self.sequence += 1
            body = self.key if self.sequence == 1 else self.body
            header = struct.pack("!BBHII", 0x90, 0xE0, self.sequence & 0xFFFF, self.sequence * 3000 & 0xFFFFFFFF, 9)
            self.core.on_rtp(SPEAKER, header + self.block + body, self.sequence / 1000)
            self.forwarder.send_rtp(self.core.take_rtp())
            self.forwarder.flush()
        return (time.thread_time() - begun) / (packets * len(self.sinks))

    def raw(self, packets: int) -> float:
        """Sends equal datagrams without crypto and copies; answers thread CPU seconds for each."""
        batch = SendBatch(self.socket)
        destinations = [Destination(socket.AF_INET, *sink.getsockname()) for sink in self.sinks]
        length = 12 + len(self.block) + len(self.body) + 16
        begun = time.thread_time()
        for _ in range(packets):
            for at in range(0, len(destinations), 64):
                chunk = destinations[at : at + 64]
                for destination in chunk:
                    batch.commit(destination, length)
                batch.flush()
        spent = time.thread_time() - begun
        prepared = self._preparing(destinations, length, packets)
        return (spent - prepared) / (packets * len(self.sinks))

    def _preparing(self, destinations: list[Destination], length: int, packets: int) -> float:
        """Measures filling the message list alone, which the ceiling must not pay for."""
        batch = SendBatch(self.socket)
        begun = time.thread_time()
        for _ in range(packets):
            for at in range(0, len(destinations), 63):
                for destination in destinations[at : at + 63]:
                    batch.commit(destination, length)
                batch.discard()
        return time.thread_time() - begun

    def close(self) -> None:
        """Closes all sockets."""
        self.forwarder.close()
        for sink in self.sinks:
            sink.close()


def measure(subscribers: int, size: int, kind: Kind, packets: int, rounds: int) -> float:
    """Runs one cell of the table."""
    scene = FanOut(subscribers, size, kind)
    count = max(4, packets * 10 // subscribers)
    ours, ceiling = [], []
    scene.forward(4)
    for _ in range(rounds):
        ours.append(scene.forward(count))
        ceiling.append(scene.raw(count))
    scene.close()
    mine, raw = statistics.median(ours) * 1e6, statistics.median(ceiling) * 1e6
    print(
        f"| {size} B | {subscribers} | {mine:.1f} | {1e3 / mine:.0f}k | {raw:.1f} | {1e3 / raw:.0f}k | {raw / mine:.0%} |",
        flush=True,
    )
    return raw / mine


def main() -> None:
    """Prints a table for README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    quick = os.environ.get("QUICK") == "1"
    parser.add_argument("--packets", type=int, default=400, help="datagrams for each cell and round, in tens")
    parser.add_argument("--rounds", type=int, default=2 if quick else 5)
    chosen = parser.parse_args()
    model = next(
        (
            line.split(":")[1].strip()
            for line in FilePath("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    print(f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}, Python {platform.python_version()}\n")
    print("| size | subscribers | forwarder, µs/out | out/s | raw sendmmsg, µs/out | out/s | share of ceiling |")
    print("|---|---|---|---|---|---|---|")
    shares: dict[str, float] = {}
    for kind, size in ((Kind.VIDEO, 1200), (Kind.AUDIO, 160)):
        for subscribers in (10, 100, 250):
            share = measure(subscribers, size, kind, chosen.packets, chosen.rounds)
            shares[f"share_of_ceiling_{size}_{subscribers}"] = round(share, 3)
    print(json.dumps(shares))


if __name__ == "__main__":
    main()
