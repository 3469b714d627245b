"""What media keeps: the registry of rooms and workers in Redis, the quality history in SQL.

`registry` is the only place with the names of keys in Redis; `streams` the only one with names of streams.
"""
