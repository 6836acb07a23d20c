"""HTTP in: requests become commands, documents become answers. Decides nothing."""
