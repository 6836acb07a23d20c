"""The local stack, tried for real."""
