"""Adapters of the wire: gRPC servicers, room tokens, and the client protocol.

`tokens` mints and verifies room tokens. The client protocol's messages are known to `signal_*`, `data_packets` and
`room_api*` only: `signal_join` parses how a connection begins, `signal_convert` turns domain objects into messages,
`signal_link` speaks to a client, `signalling` listens to it.
`worker_servicer` serves one worker; `room_servicer` and `quality_servicer` serve the control process.
"""
