"""The services: strangers to each other, they meet on Kafka and over public APIs."""
