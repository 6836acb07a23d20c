"""The service notify, as thin as can be."""
