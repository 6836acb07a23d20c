"""Days and deadlines in Sweden: people see Europe/Stockholm, the log keeps UTC (SV-6, SV-7)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONTHS_PER_YEAR = 12


def local_day(at: datetime) -> date:
    """SV-6: return the day that it is in Stockholm at ``at``."""
    return at.astimezone(STOCKHOLM).date()


def end_of_day(day: date) -> datetime:
    """SV-6: return 24:00 Stockholm of ``day``, in UTC: the first instant that is too late."""
    return start_of_day(day + timedelta(days=1))


def start_of_day(day: date) -> datetime:
    """SV-6: return 00:00 Stockholm of ``day``, in UTC."""
    return datetime.combine(day, time(), STOCKHOLM).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """SV-7: return ``day`` plus ``months``, clipped to the last day of the month."""
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_years(day: date, years: int) -> date:
    """SV-7: return ``day`` plus ``years``; 29 February becomes 28 February."""
    return add_months(day, years * MONTHS_PER_YEAR)
