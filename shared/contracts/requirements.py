"""What taking part requires and costs, and the agreement: versioned data (Q-071, K-01)."""

from typing import Final

from shared.contracts.base import Value


class Requirements(Value):
    """One version of what an ASF is told before it applies (APP-3).

    Attributes:
        own_hours: What preparation usually takes, in hours; no part of the cost.
        points_sv: In the order in which they are told.
    """

    version: str
    own_hours: int
    points_sv: tuple[str, ...]
    points_en: tuple[str, ...]


REQUIREMENTS_V1: Final = Requirements(
    version="1",
    own_hours=80,
    points_sv=(
        "Ni är ett arbetsintegrerande socialt företag enligt SKOOPI:s definition.",
        "Ni har minst ett avslutat räkenskapsår och en fastställd årsredovisning.",
        "Firmatecknaren ansöker och avsätter den tid som arbetet kräver.",
        "Ni skaffar själva SIS-dokumentet, som SIS säljer.",
        "Ni arbetar i grupp med andra ASF och redovisar inom fyra månader.",
        "Ni prövas på nio kravområden och tre frågor; 3.1, 3.3 och 3.5 väger tyngst.",
    ),
    points_en=(
        "You are a work-integrating social enterprise by SKOOPI's definition.",
        "You have closed at least one financial year and have an approved annual report.",
        "The signatory applies, and sets aside the time that the work takes.",
        "You acquire the SIS document yourselves; SIS sells it.",
        "You work in a group with other enterprises and account for it within four months.",
        "You are assessed in nine areas and three questions; 3.1, 3.3 and 3.5 weigh most.",
    ),
)
"""The requirements in force."""

AGREEMENT_V1: Final = "1"
"""The version of the certification agreement that is in force (K-01)."""
