"""How values are said to people: codes in words, instants in Swedish time, lists with commas."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, cast
from uuid import UUID

from shared.contracts.swedish_time import STOCKHOLM

Language = Literal["sv", "en"]

SHORT_ID = 8
LISTED_MAX = 6

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "agreement": "avtalet",
        "alone": "ensam",
        "appeal": "överklagande",
        "approve": "godkännande",
        "authority_order": "beslut av myndighet",
        "board": "styrelseuppdrag",
        "certifier": "certifieringsrevisor",
        "chain": "bruten kedja",
        "competence": "kompetens",
        "complaint": "klagomål",
        "conforms": "uppfyller",
        "conforms_with_recommendation": "uppfyller, med rekommendation",
        "consent_withdrawn": "återkallat samtycke",
        "customer": "kundförhållande",
        "difference": "skillnad",
        "documents": "handlingar",
        "employment": "anställning",
        "family": "släktskap",
        "fee": "avgiften",
        "fork": "förgrening",
        "gap": "lucka",
        "heads": "andra ärendeslut",
        "initial": "ny",
        "jointly": "i förening",
        "mail": "e-post",
        "major_nonconformity": "större avvikelse",
        "minor_nonconformity": "mindre avvikelse",
        "not_applicable": "inte tillämpligt",
        "on_site": "besök",
        "ownership": "ägande",
        "person_request": "begäran av den uppgifterna rör",
        "pilot": "pilot",
        "power_of_attorney": "fullmakt",
        "preparedness": "förberedelse",
        "project_leader": "projektledare",
        "recipient_unknown": "mottagaren är okänd",
        "refuse": "avslag",
        "refused": "servern tog inte emot",
        "regular": "ordinarie",
        "remote_interview": "intervju på distans",
        "renewal": "omcertifiering",
        "retention_ended": "bevarandetiden är slut",
        "review": "granskning",
        "reviewer": "granskare",
        "screener": "prövande",
        "rollback": "tillbakarullning",
        "root": "annan rot",
        "signatory": "firmatecknare",
        "signature": "okänd underskrift",
        "applicant": "sökande",
        "steering_group": "styrgrupp",
        "supervision": "tillsyn",
        "supervisor": "handledare",
        "supplier": "leverantörsförhållande",
        "support": "stöd",
        "trainer": "utbildare",
        "training": "utbildning",
        "unlawful_processing": "otillåten behandling",
        "unreachable": "servern svarade inte",
        "unsealed": "utan försegling",
        "unwritable": "brevet kunde inte skrivas",
        "web": "webben",
    }
)
"""Swedish for the codes of the contracts; a code without a word stands as it is."""


def in_words(value: object, language: Language) -> str:
    """Return ``value`` as a person reads it."""
    match value:
        case None:
            return "-"
        case bool():
            return {"sv": ("nej", "ja"), "en": ("no", "yes")}[language][value]
        case StrEnum() | str():
            return _code(str(value), language)
        case datetime():
            return value.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)[:SHORT_ID]
        case tuple():
            return _list(cast("tuple[object, ...]", value), language)
        case _:
            return str(value)


def _code(code: str, language: Language) -> str:
    """Return the word for ``code``."""
    if language == "sv":
        return WORDS.get(code, code)
    return code.replace("_", " ") if code in WORDS else code


def _list(values: tuple[object, ...], language: Language) -> str:
    """Return ``values`` with commas between; a long list by its length."""
    if not values:
        return {"sv": "inget", "en": "nothing"}[language]
    if len(values) > LISTED_MAX:
        return {"sv": f"{len(values)} stycken", "en": f"{len(values)} of them"}[language]
    return ", ".join(in_words(value, language) for value in values)
