"""Tells people: invitations, changes, cancellations and reminders, each message once.

It owns the SQL store `notify` (what was said to whom, what is still to be said) and reads the stream `events.briefing`; it
writes no stream. It asks the scheduler for the content of a revision and never keeps briefings of its own. It must never
send a message twice without a person's word, and never anything that is not in the ledger.

`domain` holds rules and use cases, `consumers` read streams, `peers` the scheduler, `store` the ledger, `channels` hand messages
over, `rpc` shows the mail log; `app` wires them.
"""
