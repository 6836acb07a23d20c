"""Two services that do nothing, to try how the house starts, awaits and stops services."""
