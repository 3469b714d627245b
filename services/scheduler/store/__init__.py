"""The SQL behind the domain's ports; nothing above this package knows a table.

* `base`: the metadata that all tables share, and the audit log that every change writes in its own transaction.
* `org_tables`, `org_rows`, `org_store`: units, points, people, roles, accounts.
* `briefing_tables`, `briefing_rows`, `briefing_reader`, `briefing_store`, `briefing_events`: briefings and their outbox.
* `briefing_guard`: the database's own guard against double booking; `working_day_seed`: holidays of the first start.
* `migrations`: Alembic's scripts. A batch migration of SQLite drops triggers silently: recreate them behind it.
"""
