"""Shared kit of the services: mechanism, no business rule.

`errors`, `names`, `ids`, `clock`, `principal`, `permissions` are plain values; `config` and `keys` read what a site
chose; `rpc` carries calls between roles, `sql` and `streams` keep and pass on facts; `logs`, `metrics`, `lifecycle`
run a process; `testing` serves tests only. Nothing here imports a service.
"""
