"""Programs for an environment of their own; tests import nothing of it."""
