"""Decisions of the media service, without I/O: time, randomness and packets come in, decisions go out as values.

The words: `ports` (what the plane and the rooms say to each other), `outcome` (what the core decided).
The wire: `sequence`, `rtp`, `vp8`, `rtcp`, `twcc` parse and write with limits; `packet` is what is left of one.
Upwards: `demux` finds a packet's layer; `track` and `layer` receive it; `arrival` counts, measures and reports a stream;
`nack` asks for gaps; `history` keeps packets; `keyframes` spaces requests; `uplink` estimates for REMB.
Downwards: `subscription` sends; `rewrite` renumbers; `resend` answers NACKs; `downlink` estimates; `allocation` decides
and `sharing` applies who gets which layer.
RTCP: `reading` acts on what peers report; `reports` writes what we do, and when.
Rooms' view: `speakers` finds who talks; `score` and `quality` judge lines.
`core` holds them together: one call for each packet, one for each tick; `peer` is what it keeps of each.

Sessions: `rooms` and `room` say who is where and gets what, `participants` are the objects, `tools` what rooms work with;
`client` and `transport` are the ports towards one client; `sdp` and `negotiation` answer its offers; `relay` passes data on;
`grants` is what a token allows; `budget` limits a sender.
Lines: `grades` gives colours, `sampling` takes samples, `samples` are kept, `lines` are watched and tested.
`placement` finds a worker for a room.
"""
