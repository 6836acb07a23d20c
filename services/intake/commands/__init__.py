"""What may be asked of intake, one module for each aggregate."""
