"""What ``deploy/`` and ``docker-compose.yml`` say, read by the parsers that will read them."""
