"""The read models: the public register, what each holder holds, and what will expire."""
