"""The rules: when may be issued, what a certificate is, whose a number is."""
