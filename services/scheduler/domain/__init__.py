"""The scheduler's rules, without I/O.

The organisation:

* `units`: the tree of units; paths, protocol order, validity dates, moves without cycles.
* `points`, `people`: meeting points with their lines; people with their roles; `org_views`: both with their units.
* `access`, `org_rights`: who may see which part of the tree; what a change needs. `org_fields`: what fields may hold.
* `organisation`: changing units, points and people; `org_reading`: listing them.
* `directory`: turning selectors of a briefing into points and people; `directory_search`: finding by words.
* `org_import`: a file, all or nothing; `import_table`, `import_columns`, `import_plan`, `import_problems`: its steps.
* `accounts`, `passwords`: signing in; `audit`: the hash chain of the log.
* `org_ports`: what the store must offer; `org_cases`: all of it put together.

Briefings:

* `briefings`: the values, and what a plan must look like; `guests`: from a choice to who is invited.
* `booking`: book, change, cancel, end; `itip`: who is told what; `conflicts`: who is taken; `links`: join links.
* `briefing_reading`, `time_questions`: what is only read; `briefing_access`: who may see and do what.
* `attending`, `conducting`: what invitees do, what those who lead do; `speaking`, `line_tests`, `support` beside them.
* `room_keeping`, `attendance`: rooms in their time, and who was in them; `changes`: wakes those who watch.
* `working_days`: holidays and notice; `briefing_ports`: what the store and media must offer.
* `briefing_cases`: all of it put together.
"""
