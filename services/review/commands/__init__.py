"""What may be asked of review, one module for each aggregate."""
