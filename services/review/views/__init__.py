"""What can be read of review: pure documents, one module for each view."""
