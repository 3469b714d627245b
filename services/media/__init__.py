"""Rooms, participants and the forwarding of their media.

Owns rooms (`room:{name}` in Redis), participants, tracks and the quality history; writes `events.media` and
`quality.samples`, reads `events.briefing`. It never decodes media, never keeps what must survive a node, and knows
neither the tree of units nor who is invited: tokens say that.

Map: `domain` decides without I/O (packets, layers, allocation, speakers, scores, rooms); `sfu` owns sockets, crypto and
the WebRTC libraries; `worker` is one process with one UDP port; `app` wires the control process.
"""
