"""Whole öre: how VAT is computed, wherever a sum is asked for or shown."""


def vat(net_ore: int, percent: int) -> int:
    """INV-1, SV-5: return the VAT on one line in whole öre, rounded half up."""
    return (net_ore * percent + 50) // 100
