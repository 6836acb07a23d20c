"""The audit service as a witness: it cosigns what it computed itself, and nothing else.

House: ADR-0022. Read in this order: ``known`` (which logs, by which keys), ``recomputing`` (their
trees, from the mirror), ``judging`` (what follows from a signed checkpoint), ``stalling`` (what
follows from none), ``cosigner`` (the key, and what it signed last), ``evidence`` (what speaks against
a log, as a file), ``witnessing`` (all of it together), ``remembering`` (whether it can go on),
``watching`` (the loop that asks the logs) and ``api`` (who asks us). ``proofs`` is for whoever makes
bundles.
"""
