"""Media sockets: who is heard."""

import socket
from contextlib import closing

from services.media.sfu.forwarder import open_udp_socket


def _sender(host: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((host, 0))
    return opened


def test_a_local_socket_hears_its_own_address_only() -> None:
    with (
        closing(open_udp_socket("127.0.0.1", 0, local=True)) as here,
        _sender("127.0.0.2") as elsewhere,
        _sender("127.0.0.1") as same,
    ):
        here.settimeout(5)
        for sender, word in (
            (elsewhere, b"from elsewhere"),
            (same, b"x" * 1500),
            (elsewhere, b"again"),
            (same, b"end"),
        ):
            sender.sendto(word, here.getsockname())

        assert [here.recv(2000), here.recv(2000)] == [b"x" * 1500, b"end"]
        here.sendto(b"answer", same.getsockname())
        same.settimeout(5)
        assert same.recv(2000) == b"answer"
