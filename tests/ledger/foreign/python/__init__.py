"""Programs for environments of their own; nothing here is imported by tests."""
