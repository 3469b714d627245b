"""Fixtures that the tests of more than one service use; real servers, no imitations.

A test folder's `conftest.py` names them: `from giaoban.testing.fixtures import keys, redis, redis_server, …`.
"""
