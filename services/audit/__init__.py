"""The audit service: one history over all services, kept apart from those who wrote it.

Process   all steps; whoever must explain a decision years later begins here
Streams   finding-{finding_id}
Hears     asf.<service>.events.v1      every record of every service, byte for byte
Says      asf.audit.events.v1          TamperSuspected
Serves    /v1/history, /v1/mirrors, /v1/findings      auditors
"""
