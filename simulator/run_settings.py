"""How a run is simulated: horizon, paths, seed, precision, further draws, memory."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simulator.free_memory import bytes_of
from simulator.reading.periods import months_between
from simulator.timeline import Timeline
from simulator.validation import Frozen

_MONTHS: Final = frozenset(months_between("1900-01", "2199-12"))


def _calendar_month(text: str) -> str:
    if text not in _MONTHS:
        raise ValueError("must be a month as YYYY-MM")
    return text


def _memory_size(found: object) -> object:
    if found is not None:
        bytes_of(str(found))
    return found


MemorySize = Annotated[str | None, BeforeValidator(_memory_size)]
CalendarMonth = Annotated[str, AfterValidator(_calendar_month)]


LEAST_BOOKS: Final = 5
"""Draws of the borrowers below which their scatter tells too little (assumption)."""


class Precision(Frozen):
    """How narrow an interval is asked: the largest half width, as a share of the mean
    (``relative``) or in the figure's unit (``absolute``)."""

    relative: float | None = Field(default=None, gt=0, le=1)
    absolute: float | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _number_is_relative(cls, found: object) -> object:
        return {"relative": found} if isinstance(found, int | float) else found

    @model_validator(mode="after")
    def _one_of_both(self) -> "Precision":
        if (self.relative is None) == (self.absolute is None):
            raise ValueError("must be a share of the mean, or {absolute: NUMBER}")
        return self

    def of(self, mean: float) -> float:
        """The largest half width that is asked, in the unit of ``mean``."""
        if self.absolute is not None:
            return self.absolute
        assert self.relative is not None
        return self.relative * abs(mean)


class RunSettings(Frozen):
    """Horizon (months), number of Monte Carlo paths, seed."""

    paths: int = Field(default=100, ge=1, le=1_000_000)
    """Monte Carlo paths."""
    draws_per_path: int = Field(default=1, ge=1, le=10_000)
    """Idiosyncratic draws per path of the economy; must divide ``paths``."""
    months: int = Field(default=24, ge=1, le=600)
    """Reported months."""
    runoff_months: int | None = Field(default=0, ge=0, le=600)
    """Simulated beyond ``months`` without new lending; None: until by contract at most 2 % of the
    balance is left, at most 60."""
    seed: int = Field(default=20260101, ge=0, le=2**63 - 1)
    """Of all random numbers."""
    threads: int = Field(default=0, ge=0, le=1024)
    """Worker threads; 0 takes the processors that this process may use."""
    path_batch: int = Field(default=10, ge=1, le=100_000)
    """Paths in a work unit; changes no result."""
    start_month: CalendarMonth = "2026-01"
    """Calendar month of month 1, for scenarios that do not fix their own."""
    adjust: bool = True
    """Whether means are adjusted for the economy's draws (docs/model.md, section 14.4)."""
    precision: dict[str, Precision] = Field(default_factory=dict, max_length=50)
    """Figures of the whole horizon and the precision that each is simulated to: more paths than
    ``paths`` until all have it (docs/model.md, section 14.6)."""
    most_paths: int = Field(default=5_000, ge=50, le=1_000_000)
    """Paths at which a run with a ``precision`` ends in any case."""
    book_draws: int = Field(default=0, ge=0, le=200)
    """Further draws of the borrowers that are simulated, to tell what another draw of the book
    would bring (docs/model.md, section 14.5); 0: none. Only of drawn books and sampled tapes."""
    book_paths: int = Field(default=5, ge=2, le=10_000)
    """Paths of each of them: the run's first ones."""
    parameter_draws: str | None = Field(default=None, min_length=1, max_length=4096)
    """Fit whose parameters are drawn, to tell what its doubt adds to intervals (docs/model.md,
    section 14.11): the folder of a finished fit, or the name of a shipped one; None: none."""
    draws: int = Field(default=30, ge=10, le=1_000)
    """Draws of the parameters."""
    draw_paths: int = Field(default=5, ge=2, le=10_000)
    """Paths of each of them: the run's first ones."""
    tail: Literal["plain", "shifted"] = "plain"
    """Value at risk and expected shortfall from the run's paths alone, or from as many more whose
    economy is shifted towards large losses (docs/model.md, section 14.10)."""
    keep_blocks: bool = True
    """Whether blocks of paths stay in the folder of a run that has ended well, for a later one
    with more paths or policies; those of an interrupted run stay in any case."""
    most_memory: MemorySize = None
    """Memory that the process is to keep to, as 4GB; None: what is free. Where sums of all paths
    take more they stay in the blocks; changes no result."""
    history_borrowers: int = Field(default=0, ge=0, le=1_000_000)
    """Borrowers (the first by permanent id) whose history on path 0 goes to history.parquet."""

    @model_validator(mode="after")
    def _draws_divide(self) -> "RunSettings":
        if self.paths % self.draws_per_path:
            raise ValueError(
                f"run.draws_per_path must divide run.paths; got {self.draws_per_path}"
                f" and {self.paths}"
            )
        return self

    @model_validator(mode="after")
    def _enough_books(self) -> "RunSettings":
        if 0 < self.book_draws < LEAST_BOOKS:
            raise ValueError(
                f"run.book_draws must be 0 or in [{LEAST_BOOKS}, 200]; got {self.book_draws}"
            )
        return self

    @model_validator(mode="after")
    def _room_for_precision(self) -> "RunSettings":
        if self.precision and self.paths > self.most_paths:
            raise ValueError(
                f"run.most_paths must be at least run.paths; got {self.most_paths} and {self.paths}"
            )
        return self

    @property
    def most_bytes(self) -> int | None:
        """``most_memory`` in bytes."""
        return None if self.most_memory is None else bytes_of(self.most_memory)

    @property
    def macro_draws(self) -> int:
        """Number of draws of the economy."""
        return self.paths // self.draws_per_path

    @property
    def further_paths(self) -> int:
        """About how many paths are simulated beside its own, under every scenario and policy."""
        drawn = self.draws * self.draw_paths if self.parameter_draws else 0
        shifted = self.paths if self.tail == "shifted" else 0
        return self.book_draws * self.book_paths + drawn + shifted

    @property
    def has_runoff(self) -> bool:
        """Whether months are simulated beyond the reported ones."""
        return self.runoff_months is None or self.runoff_months > 0

    @property
    def timeline(self) -> Timeline:
        """The calendar of the run; its run-off must be a number by now."""
        if self.runoff_months is None:
            raise ValueError("the run-off hangs on the book: settle it first")
        return Timeline(self.start_month, self.months, self.runoff_months)
