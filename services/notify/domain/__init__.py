"""What is said to whom, and when. No I/O but through the ports.

`model` holds the values, `ports` what the outside must offer. `cleaning` and `wording` prepare words, `calendar_object`
writes the iCalendar object, `page` the HTML and plain parts, `message` the MIME message around them: pure functions, so
that the same facts always give the same bytes. `planning` decides who gets a message of a revision, `reminders` when a
reminder is due and whether it still counts, `retry` what an answer of a mail server means. `inviting`, `reminding` and
`dispatching` are the three use cases that run these rules against the ports.
"""
