"""What the web survey of step 1 asks, as versioned data; and what an answer must be like.

In our own words, in Swedish and in English, with help for each question (Q-072 to Q-074). An
application keeps the version that it was answered in.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import assert_never

from shared.contracts.base import Value

AnswerValue = bool | int | str


class QuestionKind(StrEnum):
    """What an answer is."""

    YES_NO = "yes_no"
    NUMBER = "number"
    CHOICE = "choice"
    ORGANISATION_NUMBER = "organisation_number"


class Gate(StrEnum):
    """Which rule of screening an answer belongs to; it must be ``true`` for admission."""

    DEFINITION = "definition"  # APP-8
    OPERATING_TIME = "operating_time"  # APP-9


class Option(Value):
    """One choice."""

    code: str
    text_sv: str
    text_en: str


class Question(Value):
    """One question.

    Attributes:
        code: Never reused for another question.
        help_sv: What it means and where to look, in plain words.
        gate: The rule that reads the answer; ``None`` where none does.
        minimum: Of a number, inclusive; as ``maximum``.
        options: Of a choice.
    """

    code: str
    kind: QuestionKind
    text_sv: str
    text_en: str
    help_sv: str
    help_en: str
    gate: Gate | None = None
    minimum: int = 0
    maximum: int = 0
    options: tuple[Option, ...] = ()

    def accepts(self, value: AnswerValue) -> bool:
        """Return whether ``value`` is an answer to this question. Total."""
        match self.kind:
            case QuestionKind.YES_NO:
                return isinstance(value, bool)
            case QuestionKind.NUMBER:
                whole = isinstance(value, int) and not isinstance(value, bool)
                return whole and self.minimum <= int(value) <= self.maximum
            case QuestionKind.CHOICE:
                return value in {option.code for option in self.options}
            case QuestionKind.ORGANISATION_NUMBER:
                return isinstance(value, str)
            case _:
                assert_never(self.kind)


class Section(Value):
    """Questions that are answered together.

    Attributes:
        questions: In the order in which they are asked; at least one.
    """

    code: str
    title_sv: str
    title_en: str
    questions: tuple[Question, ...]


class Survey(Value):
    """One version of the survey.

    Attributes:
        version: Never reused.
        sections: In the order in which they are shown.
    """

    version: str
    sections: tuple[Section, ...]

    def section(self, code: str) -> Section | None:
        """Return the section named ``code``; ``None`` when there is none."""
        return next((each for each in self.sections if each.code == code), None)

    def missing(self, answered: Iterable[str]) -> tuple[str, ...]:
        """Return the codes of the questions that are not among ``answered``, in order."""
        known = frozenset(answered)
        return tuple(q.code for s in self.sections for q in s.questions if q.code not in known)

    def not_met(self, gate: Gate, answers: Mapping[str, AnswerValue]) -> tuple[str, ...]:
        """Return the questions of ``gate`` whose answer is not ``true``, in order."""
        return tuple(
            q.code
            for s in self.sections
            for q in s.questions
            if q.gate is gate and answers.get(q.code) is not True
        )


def _yes_no(
    code: str, texts: tuple[str, str], help_: tuple[str, str], gate: Gate | None = None
) -> Question:
    """Return a question that is answered with yes or no."""
    return Question(
        code=code,
        kind=QuestionKind.YES_NO,
        text_sv=texts[0],
        text_en=texts[1],
        help_sv=help_[0],
        help_en=help_[1],
        gate=gate,
    )


def _number(
    code: str, texts: tuple[str, str], help_: tuple[str, str], between: tuple[int, int]
) -> Question:
    """Return a question that is answered with a whole number."""
    return Question(
        code=code,
        kind=QuestionKind.NUMBER,
        text_sv=texts[0],
        text_en=texts[1],
        help_sv=help_[0],
        help_en=help_[1],
        minimum=between[0],
        maximum=between[1],
    )


def _choice(
    code: str, texts: tuple[str, str], help_: tuple[str, str], *options: tuple[str, str, str]
) -> Question:
    """Return a question that is answered with one of ``options``: code, Swedish, English."""
    return Question(
        code=code,
        kind=QuestionKind.CHOICE,
        text_sv=texts[0],
        text_en=texts[1],
        help_sv=help_[0],
        help_en=help_[1],
        options=tuple(Option(code=c, text_sv=sv, text_en=en) for c, sv, en in options),
    )


_ORGANISATION = Section(
    code="organisation",
    title_sv="Företaget",
    title_en="The enterprise",
    questions=(
        Question(
            code="organisation_number",
            kind=QuestionKind.ORGANISATION_NUMBER,
            text_sv="Vilket är ert organisationsnummer?",
            text_en="What is your organisation number?",
            help_sv="Tio siffror, som i registreringsbeviset. Skriv aldrig ett personnummer här.",
            help_en="Ten digits, as in the registration certificate. Never a personal number.",
        ),
        _choice(
            "legal_form",
            ("Vilken är er företagsform?", "What is your legal form?"),
            (
                "Enskild firma kan inte certifieras, eftersom den inte är skild från en person.",
                "A sole trader cannot be certified, as it is not separate from a person.",
            ),
            ("economic_association", "Ekonomisk förening", "Economic association"),
            ("non_profit_association", "Ideell förening", "Non-profit association"),
            ("foundation", "Stiftelse", "Foundation"),
            ("limited_company", "Aktiebolag", "Limited company"),
            ("restricted_company", "Aktiebolag (svb)", "Limited company with profit limits"),
            ("trading_partnership", "Handelsbolag", "Trading partnership"),
        ),
        _choice(
            "owners",
            ("Vem äger eller styr företaget?", "Who owns or governs the enterprise?"),
            (
                "Välj den grupp som har flest röster.",
                "Choose the group that has the most votes.",
            ),
            ("coworkers", "Medarbetarna", "The co-workers"),
            ("members", "Medlemmar", "Members"),
            ("organisations", "Idéburna organisationer", "Idea-based organisations"),
            ("private", "Privata ägare", "Private owners"),
            ("public", "Stat, region eller kommun", "State, region or municipality"),
        ),
    ),
)

_DEFINITION = Section(
    code="definition",
    title_sv="Är ni ett ASF?",
    title_en="Are you a work-integrating social enterprise?",
    questions=(
        _yes_no(
            "work_integration_aim",
            (
                (
                    "Driver ni näringsverksamhet för att människor som har svårt att få arbete ska "
                    "komma in i arbetsliv och samhälle?"
                ),
                (
                    "Do you run a business so that people who have difficulty in finding work come "
                    "into working life and society?"
                ),
            ),
            (
                "Det ska vara ert främsta mål och stå i stadgarna eller i ett beslut.",
                "It must be your main aim and stand in the bylaws or in a decision.",
            ),
            Gate.DEFINITION,
        ),
        _yes_no(
            "coworker_participation",
            (
                (
                    "Är medarbetarna delaktiga genom ägande, anställning eller på annat sätt som ni "
                    "kan visa?"
                ),
                (
                    "Do co-workers take part through ownership, employment or in another way that you "
                    "can show?"
                ),
            ),
            (
                "Till exempel medlemskap, arbetsplatsmöten med beslut eller platser i styrelsen.",
                "For example membership, staff meetings that decide, or seats on the board.",
            ),
            Gate.DEFINITION,
        ),
        _yes_no(
            "profit_reinvested",
            (
                "Återinvesterar ni i huvudsak vinsten i egna eller liknande verksamheter?",
                "Do you put your profit mainly back into your own or similar work?",
            ),
            (
                "Se resultatdispositionen i årsredovisningen.",
                "See how the result was used in the annual report.",
            ),
            Gate.DEFINITION,
        ),
        _yes_no(
            "independent_of_public",
            (
                "Är företaget fristående från offentlig verksamhet?",
                "Is the enterprise independent of the public sector?",
            ),
            (
                "Stat, region eller kommun får inte äga eller styra företaget, men kan vara kund.",
                "State, region or municipality may not own or govern it, but may be a customer.",
            ),
            Gate.DEFINITION,
        ),
    ),
)

_OPERATION = Section(
    code="operation",
    title_sv="Verksamhet och ekonomi",
    title_en="Operation and economy",
    questions=(
        _yes_no(
            "closed_financial_year",
            ("Har ni minst ett avslutat räkenskapsår?", "Have you closed one financial year?"),
            (
                "Räkenskapsåret ska ha löpt ut, inte bara börjat.",
                "The financial year must have ended, not only begun.",
            ),
            Gate.OPERATING_TIME,
        ),
        _yes_no(
            "annual_report_approved",
            ("Finns en fastställd årsredovisning?", "Is there an approved annual report?"),
            (
                "Den ska vara fastställd av årsmötet eller stämman.",
                "It must be approved by the annual meeting.",
            ),
            Gate.OPERATING_TIME,
        ),
        _yes_no(
            "f_tax",
            ("Är ni godkända för F-skatt?", "Are you approved for F-tax?"),
            (
                "En uppgift som vi ber er styrka senare.",
                "A statement that we ask you to confirm later.",
            ),
        ),
        _number(
            "coworkers",
            ("Hur många medarbetare har ni?", "How many co-workers have you?"),
            (
                "Anställda och deltagare sammanlagt.",
                "Employees and participants together.",
            ),
            (1, 100_000),
        ),
        _number(
            "wage_ratio_tenths",
            (
                "Hur stor är den högsta lönen i tiondelar av den lägsta?",
                "How large is the highest wage, in tenths of the lowest?",
            ),
            (
                "25 betyder 2,5 gånger. SKOOPI:s riktmärke är högst 25; svaret hindrar er inte.",
                "25 means 2.5 times. SKOOPI's guide value is 25 at most; your answer is no bar.",
            ),
            (10, 1_000),
        ),
    ),
)

_PROSPECTS = Section(
    code="prospects",
    title_sv="Förutsättningar",
    title_en="Prospects",
    questions=(
        _yes_no(
            "board_decision",
            (
                "Har styrelsen beslutat att ni ska certifiera er?",
                "Has the board decided that you are to be certified?",
            ),
            (
                "Certifieringen kräver arbete i hela företaget.",
                "The certification takes work in the whole enterprise.",
            ),
        ),
        _yes_no(
            "responsible_person",
            ("Finns en person som leder arbetet?", "Is there a person who leads the work?"),
            (
                "Någon som har tid och förtroende att samla underlaget.",
                "Somebody who has the time and the trust to gather the evidence.",
            ),
        ),
        _choice(
            "written_policies",
            (
                "Hur mycket av era arbetssätt finns i skrift?",
                "How much of the way you work is in writing?",
            ),
            (
                "Till exempel delegationsordning, arbetsmiljöpolicy och personalhandbok.",
                "For example a delegation order, a work environment policy and a handbook.",
            ),
            ("none", "Inget ännu", "Nothing yet"),
            ("some", "En del", "Some"),
            ("most", "Det mesta", "Most of it"),
        ),
        _yes_no(
            "earlier_training",
            (
                "Har någon av er gått en utbildning i ASF-Akademin?",
                "Has anyone of you taken a course at the ASF Academy?",
            ),
            ("Det är inget krav.", "It is not required."),
        ),
    ),
)

_READINESS = Section(
    code="readiness",
    title_sv="Teknik",
    title_en="Technical needs",
    questions=(
        _yes_no(
            "computer",
            ("Har ni en dator att arbeta vid?", "Have you a computer to work with?"),
            (
                "Saknar ni något här hjälper vi er på annat sätt, till exempel per telefon.",
                "If you lack something here we help in another way, for example by telephone.",
            ),
        ),
        _yes_no(
            "screen",
            (
                "Har ni en skärm som flera kan se samtidigt?",
                "Have you a screen that several people can see at once?",
            ),
            ("Till möten på nätet.", "For meetings on line."),
        ),
        _yes_no(
            "internet",
            (
                "Har ni internet som klarar videomöten?",
                "Have you internet that can carry video meetings?",
            ),
            ("Ungefär 5 Mbit/s räcker.", "About 5 Mbit/s is enough."),
        ),
    ),
)

SURVEY_V1 = Survey(
    version="1", sections=(_ORGANISATION, _DEFINITION, _OPERATION, _PROSPECTS, _READINESS)
)

SURVEYS = {SURVEY_V1.version: SURVEY_V1}
"""Every version of the survey, by its name."""
