"""A whole certification, played through the public APIs as people would."""
