"""What a process has loaded once it works: code, models, routes. It stays until the end."""

import gc


def leave_what_is_loaded() -> None:
    """Let the garbage collector look only at what is made from now on.

    Looking through all of it again and again took a seventh of a request's processor time, and a
    quarter of what it takes to build a view.
    """
    gc.collect()
    gc.freeze()
