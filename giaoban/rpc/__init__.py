"""Calls between roles: `server` and `client` carry them, `tokens` say who calls, `interceptors` decide whether they may.

`status` is the only place that knows how a `DomainError` looks on the wire.
"""
