"""``sigill-verify``: whether a log, a record, a case or a decision is what it is said to be. Offline.

A second implementation, written from docs/ledger.md and docs/bundle.md alone: it imports nothing of
the house, only Python's standard library and ``cryptography``. House: ADR-0020. Read in this order:
``forms``, ``tree``, ``note``, ``policy``, ``checkpoint``, ``proof``, ``heads``, ``record``,
``container``, ``bundle``, ``decision``.
"""
