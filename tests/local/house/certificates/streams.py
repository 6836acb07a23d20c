"""Being here is all that this file does: the house starts the role ``streams`` for it."""
