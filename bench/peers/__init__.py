"""Programs for environments of their own: what others do. Nothing here is imported."""
