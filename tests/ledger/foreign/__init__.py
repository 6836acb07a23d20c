"""Verifiers that others wrote, each in an environment of its own: see ``environment``."""
