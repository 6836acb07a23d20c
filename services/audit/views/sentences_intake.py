"""The sentences of intake's events, in the order of the process."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

INTAKE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "InterestRegistered": (
            "{organisation_name} ({organisation_number}) anmälde intresse via {channel}.",
            "{organisation_name} ({organisation_number}) showed interest by {channel}.",
        ),
        "RequirementsDisclosed": (
            "Kraven, version {requirements}, visades för företaget.",
            "The requirements, version {requirements}, were disclosed to the firm.",
        ),
        "PreCertificationPassed": (
            "Företaget klarade förcertifieringen.",
            "The firm passed the pre-certification.",
        ),
        "PreCertificationFailed": (
            "Företaget klarade inte förcertifieringen.",
            "The firm did not pass the pre-certification.",
        ),
        "SurveyAnswered": (
            "Avsnittet {section} i webbenkäten {survey} besvarades.",
            "Section {section} of the web survey {survey} was answered.",
        ),
        "IndependenceReviewFlagged": (
            "Organisationsnumret tillhör den offentliga gruppen: oberoendet ska ses över.",
            "The organisation number is of the public group: independence must be looked at.",
        ),
        "SignatoryMandateDeclared": (
            "En firmatecknare förklarade sig behörig ({basis}).",
            "A signatory declared a mandate ({basis}).",
        ),
        "CommitmentDeclared": (
            "Firmatecknaren åtog sig {hours_per_month} timmar i månaden.",
            "The signatory committed {hours_per_month} hours a month.",
        ),
        "ApplicationSubmitted": (
            "{organisation_name} lämnade in sin ansökan till omgång {round_id}.",
            "{organisation_name} submitted its application to round {round_id}.",
        ),
        "ScreeningStarted": (
            "Prövningen började; {screener_id} prövar.",
            "Screening began; {screener_id} screens.",
        ),
        "ApplicantAdmitted": (
            "Ansökan godkändes och företaget antogs.",
            "The application was approved and the firm admitted.",
        ),
        "ApplicationDeferred": (
            "Företaget får återkomma, tidigast {return_on}; grund: {codes}.",
            "The firm may come back, at the earliest {return_on}; ground: {codes}.",
        ),
        "ApplicationRejected": ("Ansökan avslogs.", "The application was rejected."),
        "StandardDocumentAcquired": (
            "Företaget bekräftade att det har SIS-dokumentet.",
            "The firm confirmed that it has the SIS document.",
        ),
        "AgreementSigned": (
            "Firmatecknaren undertecknade avtalet, version {agreement}.",
            "The signatory signed the agreement, version {agreement}.",
        ),
        "AgreementCountersigned": (
            "SKOOPI undertecknade avtalet, som därmed gäller.",
            "SKOOPI countersigned the agreement, which is now in force.",
        ),
        "GroupPlaceTaken": (
            "Företaget fick sin plats i grupp {group_id}.",
            "The firm took its place in group {group_id}.",
        ),
        "ApplicantEnrolled": (
            "{organisation_name} skrevs in i omgång {round_id} under kriterierna {scheme}.",
            "{organisation_name} was enrolled in round {round_id} under criteria {scheme}.",
        ),
        "OpenApplicationRecorded": (
            "Organisationen {organisation_number} har nu en öppen ansökan.",
            "Organisation {organisation_number} now has an open application.",
        ),
        "OpenApplicationEnded": (
            "Organisationen {organisation_number} har inte längre någon öppen ansökan.",
            "Organisation {organisation_number} no longer has an open application.",
        ),
        "RoundDrafted": (
            (
                "Omgång {code} planerades: {places} platser, sista ansökningsdag "
                "{application_deadline_on}."
            ),
            (
                "Round {code} was planned: {places} places, application deadline "
                "{application_deadline_on}."
            ),
        ),
        "FeeScheduleSet": (
            "Avgiften sattes till {fee_ore} öre före moms ({vat_percent} %).",
            "The fee was set to {fee_ore} öre before VAT ({vat_percent} %).",
        ),
        "SchemeVersionBound": (
            "Omgången bands till kriterierna {scheme}.",
            "The round was bound to criteria {scheme}.",
        ),
        "RoundAnnounced": ("Omgång {code} utlystes.", "Round {code} was announced."),
        "RoundOpened": ("Omgången öppnades för ansökan.", "The round opened for applications."),
        "OrganisationInvited": (
            "Organisationen {organisation_number} inbjöds till omgången.",
            "Organisation {organisation_number} was invited to the round.",
        ),
        "RoundClosed": (
            "Sista ansökningsdagen gick ut {effective_at}.",
            "The application deadline passed at {effective_at}.",
        ),
        "PlaceOffered": (
            "Företaget erbjöds en plats, till och med {stands_until}.",
            "The firm was offered a place, until {stands_until}.",
        ),
        "WaitingListJoined": (
            "Platserna var slut och företaget ställdes i kö.",
            "All places were taken and the firm joined the waiting list.",
        ),
        "PlaceAccepted": (
            "Firmatecknaren tackade ja till platsen.",
            "The signatory accepted the place.",
        ),
        "RoundStarted": ("Omgången började.", "The round started."),
        "CohortGroupFormed": ("Grupp {group_id} bildades.", "Group {group_id} was formed."),
        "GroupMemberAdded": (
            "Organisationen {organisation_number} kom med i gruppen.",
            "Organisation {organisation_number} joined the group.",
        ),
        "GroupSizeDeviationApproved": (
            "Styrgruppen godkände en grupp med {members} medlemmar.",
            "The steering group approved a group of {members} members.",
        ),
        "SupervisorAssigned": (
            "{supervisor_id} utsågs till gruppens handledare.",
            "{supervisor_id} was assigned as the group's supervisor.",
        ),
        "TrainerAssigned": (
            "{trainer_id} utsågs till gruppens utbildare.",
            "{trainer_id} was assigned as the group's trainer.",
        ),
        "GroupStarted": (
            "Gruppen började, handledd av {supervisor_ids}.",
            "The group started, supervised by {supervisor_ids}.",
        ),
        "InvoiceIssued": (
            "Faktura {number} utfärdades på {net_ore} öre och {vat_ore} öre i moms.",
            "Invoice {number} was issued for {net_ore} öre and {vat_ore} öre VAT.",
        ),
        "PaymentRegistered": (
            "En betalning på {paid_ore} öre den {paid_on} registrerades.",
            "A payment of {paid_ore} öre on {paid_on} was registered.",
        ),
        "InvoiceSettled": ("Fakturan är slutbetald.", "The invoice is settled."),
        "InvoiceNumberTaken": (
            "Fakturanummer {number} togs i bruk.",
            "Invoice number {number} was taken.",
        ),
        "MandateNoted": (
            "Antagningen fick veta att {person_id} är {role} till och med {valid_until}.",
            "Intake heard that {person_id} is {role} until {valid_until}.",
        ),
        "TieNoted": (
            "Antagningen fick veta att {person_id} har en bindning till {organisation_number}.",
            "Intake heard that {person_id} has a tie to {organisation_number}.",
        ),
    }
)
