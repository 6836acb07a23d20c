"""What may be asked of certificates: of an issuance, of a certificate, of a number."""
