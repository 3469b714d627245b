"""The scheduler's rules, without I/O.

* `units`: the tree of units; paths, protocol order, validity dates, moves without cycles.
* `points`, `people`: meeting points with their lines; people with their roles.
* `access`: who may see or change which part of the tree.
* `organisation`: the use cases that change units, points and people.
* `directory`: finding things by words, and turning selectors of a briefing into points and people.
* `import_table`, `import_columns`, `import_plan`: a file of the organisation, read all or nothing.
* `accounts`, `passwords`: signing in.
* `audit`: the hash chain of the audit log.
* `org_ports`: what the store must offer for the above.
"""
