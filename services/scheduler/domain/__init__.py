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

Briefings:

* `briefings`: the values, and what a plan must look like; `guests`: from a choice to who is invited.
* `booking`: book, change, cancel, end; `itip`: who is told what; `conflicts`: who is taken; `links`: join links.
* `briefing_reading`, `time_questions`: what is only read; `briefing_access`: who may see and do what.
* `attending`, `conducting`: what invitees do, what those who lead do; `speaking`, `line_tests`, `support` beside them.
* `room_keeping`, `attendance`: rooms in their time, and who was in them; `changes`: wakes those who watch.
* `working_days`: holidays and notice; `briefing_ports`: what the store and media must offer.
* `briefing_cases`: all of it put together.
"""
