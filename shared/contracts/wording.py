"""Whether a text says anything: what cannot be seen is no reason, no name and no answer."""


def shows_something(text: str) -> bool:
    """GEN-2: return whether anything of ``text`` can be seen. Spaces and zero-width marks cannot."""
    return any(sign.isprintable() and not sign.isspace() for sign in text)
