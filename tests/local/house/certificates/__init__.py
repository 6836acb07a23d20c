"""The service certificates, as thin as can be."""
