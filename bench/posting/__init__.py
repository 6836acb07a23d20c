"""Both sides of ``bench.post``: a durable service and a bare one, and who asks them."""
