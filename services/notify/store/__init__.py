"""The ledger in SQL, on encrypted SQLite and on PostgreSQL alike; every method is one transaction.

`tables` and `migrations` are its shape, `outbox` the way of a message, `reminders` the due table, `books` what people read,
`rows` the translation.
"""
