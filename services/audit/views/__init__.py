"""What can be read in audit: the history in sentences, and the findings."""
