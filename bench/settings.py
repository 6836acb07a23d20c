"""How large the measurements are. Read from the environment, with the prefix ``SIGILL_BENCH_``."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class BenchSettings(BaseSettings):
    """What can be made smaller, to look at something quickly.

    Attributes:
        rounds: Of each pair; the figure is the median of their ratios.
        asked: How many questions of a kind are asked at each size; the p99 is of so many.
        history_events: How many events the mirror has in the end, whose history is read.
        journeys: How many pilot rounds of three firms are played side by side.
        tail_events: How many events a tail follows while sixteen write.
    """

    model_config = SettingsConfigDict(env_prefix="SIGILL_BENCH_", frozen=True, extra="ignore")

    rounds: Annotated[int, Field(ge=1, le=101)] = 5
    asked: Annotated[int, Field(ge=100, le=100_000)] = 1_000
    history_events: Annotated[int, Field(ge=10_000, le=10_000_000)] = 1_000_000
    journeys: Annotated[int, Field(ge=1, le=100)] = 1
    tail_events: Annotated[int, Field(ge=1_600, le=100_000_000)] = 1_000_000
