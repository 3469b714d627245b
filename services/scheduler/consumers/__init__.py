"""What runs beside the calls: reading media's events, and keeping rooms open at the right time.

* `media_events`: joins and leaves become attendance.
* `room_clock`: opens rooms before briefings and closes them after.
"""
