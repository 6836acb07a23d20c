"""What the local stack cannot do, said in one line for a person."""


class StackError(Exception):
    """Something is missing, taken or broken; the message says what, and what to do."""
