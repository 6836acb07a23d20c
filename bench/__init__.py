"""Measurements against peers and limits; every one prints a ratio and its condition."""
