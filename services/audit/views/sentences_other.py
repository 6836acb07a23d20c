"""The sentences of the events of certificates, notify and audit, and of all, in the order of the process."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OTHER: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "GrantNoted": (
            "Certifikattjänsten fick veta att certifieringen är godkänd.",
            "The certificates service heard that certification is approved.",
        ),
        "GateNoted": (
            "Certifikattjänsten fick veta att ett villkor är uppfyllt: {gate}.",
            "The certificates service heard that a gate is met: {gate}.",
        ),
        "IssuanceCleared": (
            "Beslut, avtal och avgift är på plats: certifikatet kan utfärdas.",
            "Decision, agreement and fee are in place: the certificate can be issued.",
        ),
        "CertificatePrepared": (
            "Ett certifikat för {organisation_name} förbereddes.",
            "A certificate for {organisation_name} was prepared.",
        ),
        "NumberTaken": ("Numret {number} togs i bruk.", "The number {number} was taken."),
        "CertificateIssued": (
            (
                "Certifikat {number} utfärdades för {organisation_name}, giltigt {valid_from} till "
                "och med {valid_until}."
            ),
            (
                "Certificate {number} was issued to {organisation_name}, valid {valid_from} to "
                "{valid_until}."
            ),
        ),
        "ListingConsentGiven": (
            "Innehavaren lät namnet stå i det öppna registret.",
            "The holder consented to being listed.",
        ),
        "ListingConsentWithdrawn": (
            "Innehavaren tog bort namnet ur det öppna registret.",
            "The holder withdrew from the public list.",
        ),
        "CertificateExpired": (
            "Certifikat {number} löpte ut {effective_at}.",
            "Certificate {number} expired at {effective_at}.",
        ),
        "NotificationPlanned": (
            "Ett brev ({letter}) till {recipient_role} planerades.",
            "A letter ({letter}) to the {recipient_role} was planned.",
        ),
        "NotificationSent": (
            "Brevet skickades, på försök {attempt}.",
            "The letter was sent, at attempt {attempt}.",
        ),
        "NotificationFailed": (
            "Försök {attempt} att skicka brevet misslyckades: {cause}.",
            "Attempt {attempt} to send the letter failed: {cause}.",
        ),
        "NotificationMerged": (
            "Personen har redan samma brev i en annan roll; det skickades inte igen.",
            "The person has the same letter already, in another role; it was not sent again.",
        ),
        "NotificationGivenUp": (
            "Brevet gick inte att skicka på {attempts} försök: en uppgift för registeransvarig.",
            "The letter could not be sent in {attempts} attempts: a task for the registrar.",
        ),
        "TamperSuspected": (
            "Loggen {log} och dess spegel skiljer sig vid {position}: {finding}.",
            "The log {log} and its mirror disagree at {position}: {finding}.",
        ),
        "ExportMade": (
            "{records} poster togs ut ({format}).",
            "{records} records were exported ({format}).",
        ),
        "PersonalDataErased": (
            (
                "Personuppgifter om {subject_id} raderades, {texts} texter: {basis}. Det beslutades "
                "av {decided_by}; posterna och deras bevis står kvar."
            ),
            (
                "Personal data about {subject_id} was erased, {texts} texts: {basis}. It was decided "
                "by {decided_by}; the records and their proofs stay."
            ),
        ),
        "LegalHoldPlaced": (
            (
                "Personuppgifter om {subject_id} får inte raderas så länge något är öppet: {ground}. "
                "Det beslutades av {decided_by}."
            ),
            (
                "Personal data about {subject_id} may not be erased while something is open: {ground}. "
                "It was decided by {decided_by}."
            ),
        ),
        "LegalHoldLifted": (
            (
                "Det som hindrade radering av personuppgifter om {subject_id} är avslutat. Det "
                "beslutades av {decided_by}."
            ),
            (
                "What held up the erasure of personal data about {subject_id} is closed. It was "
                "decided by {decided_by}."
            ),
        ),
        "RedriveOrdered": (
            (
                "Det som {consumer} inte hade kunnat använda ur {topic} prövades igen (antal "
                "meddelanden: {messages}): {reason}. Det beslutades av {decided_by}."
            ),
            (
                "What {consumer} had not been able to apply of {topic} was tried again (number of "
                "messages: {messages}): {reason}. It was decided by {decided_by}."
            ),
        ),
        "ResendOrdered": (
            (
                "Loggen sändes en gång till på {topic}, till och med {position}: {reason}. Det "
                "beslutades av {decided_by}."
            ),
            (
                "The log was sent once more on {topic}, up to {position}: {reason}. It was decided by "
                "{decided_by}."
            ),
        ),
    }
)
