"""The gRPC face of the scheduler: translates messages and values, decides nothing.

* `org`, `credential`, `report`: units, points, people, import, directory; passwords and links; the audit log.
* `briefing`, `point`, `calendar`: briefings, joining them, questions about times.
* `*_convert`: messages ⇄ values; `org_paging`: page sizes and tokens; `*_servicers`: what a server takes.
"""
