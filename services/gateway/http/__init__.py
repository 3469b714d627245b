"""Everything that arrives as an HTTP request.

`callers` finds who asks, `connect` serves the gRPC services in the Connect protocol from their descriptors, `auth` is the
gateway's own service, `join` opens join links, `pages` serves the web application, `health` answers probes,
`middleware` sets headers and limits, `room_api` carries the room API of the client protocol, `tls` keeps the certificate fresh.
"""
