"""The audit service: one history over all services, kept apart from those who wrote it.

Process   all steps; whoever must explain a decision years later begins here
Streams   finding-{finding_id}, export-{export_id}, erasure-{subject_id}, hold-{subject_id}
Hears     asf.<service>.events.v1      every record of every service, byte for byte
Says      asf.audit.events.v1          TamperSuspected, ExportMade
Serves    /v1/history, /v1/decisions, /v1/involvement, /v1/exports, /v1/mirrors, /v1/findings: auditors
          /add-checkpoint, /v1/witness: anyone; it cosigns the checkpoints of every log (witness/)
"""
