"""How Sigill is set up and run: the local stack, containers, Kubernetes."""
