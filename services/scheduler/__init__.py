"""The scheduler: who there is, who meets when, and who came.

It owns units, points, people, accounts, briefings with their claims, invitees, attendance and speaking order, and the
audit log, all in the SQL store `scheduler`. It writes the stream `events.briefing` through an outbox and reads
`events.media`. It never forwards media, never sends mail and never reads another service's store.

* `config`: what this service takes from the settings.
* `app`: the wiring; `running(settings)` starts everything in order and stops it in reverse.
* `demo`: an invented province for a first look; stands above `app`.
* `consumers`: what runs beside the calls; `peers`: the media service as the domain sees it.
* `rpc`: the gRPC face; translates between messages and the domain, decides nothing.
* `store`: the SQL behind the domain's ports, and the migrations.
* `domain`: the rules; imports no library that touches a network or a disk.
"""
