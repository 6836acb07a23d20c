"""What can be read of intake: pure documents, one module for each view."""
