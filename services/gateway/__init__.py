"""The only public HTTP face: browser sessions, the API for browsers, signalling, join links and the web application.

It keeps no facts of its own but sessions and counters in Redis, reads and writes everything else through the other
services' gRPC, and must never decide what a person may do: it says who is asking, the owner of the data decides.

`domain` holds the rules (what a session is, how fast one may ask, which origin may write), `store` their place in
Redis, `peers` the channels to the other services, `http` everything that is a request, `ws` the signalling proxy.
`app` wires them.
"""
