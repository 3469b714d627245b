"""Fixtures every test may use; they live in the kit, so that services' tests share them."""

from giaoban.testing.fixtures import engines, keys, peers, redis, redis_server, socket_folder

__all__ = ["engines", "keys", "peers", "redis", "redis_server", "socket_folder"]
