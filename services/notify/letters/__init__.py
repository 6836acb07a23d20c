"""How a planned letter becomes mail: who gets it, what it says, how it is sent."""
