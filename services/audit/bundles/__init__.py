"""The bundle of a case: everything that the logs hold of it, proved, as one file for an auditor.

Form: docs/bundle.md, House: ADR-0020, ADR-0023. Read in this order: ``records`` (what the mirror has
of the case), ``proving`` (what the witness proves of it), ``disclosing`` (what the services say of
sealed fields), ``making`` (all of it together), ``recording`` (the event) and ``api``.
"""
