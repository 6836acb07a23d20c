"""The rules of review, one module for each aggregate."""
