"""Sockets, crypto and the libraries of WebRTC; what decides is in `services.media.domain`.

`rtp_tap` holds every private name of aiortc and pylibsrtp; `batch` sends many datagrams in one system call;
`forwarder` owns the UDP sockets and the SRTP sessions; `plane` joins the forwarder to the core and keeps its time.
"""
