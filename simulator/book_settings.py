"""Which loans a run takes: settings of the book, and which of them each kind of book reads."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from simulator.validation import Frozen

_OF_A_TAPE: Final = ("path", "mapping", "panel", "rejected", "rejected_share")
_OF_NEW_LENDING: Final = ("products", "second_loan_share", "applicants_monthly_share")
_SETTLED_FROM: Final = ("regions", "region_shares", "burn_in_months", "donors")
UNREAD_BY_KIND: Final[dict[str, tuple[str, ...]]] = {
    "synthetic": _OF_A_TAPE,
    "tape": ("opening_overdue", "opening_parameters"),
    "lending_club": (
        *_OF_A_TAPE,
        *_OF_NEW_LENDING,
        *_SETTLED_FROM,
        "borrowers",
        "opening_overdue",
        "opening_parameters",
    ),
    "tw_cards": (
        *_OF_A_TAPE,
        "applicants_monthly_share",
        "borrowers",
        "opening_overdue",
        "opening_parameters",
    ),
}
"""Keys that a kind of book does not read; to set one is refused."""
_STATIC: Final[Mapping[str, object]] = {"new_lending": "none"}
_OWN_DEFAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "tape": {
        **_STATIC,
        "borrowers": 0,
        "products": {},
        "second_loan_share": 0.0,
        "applicants_monthly_share": None,
    },
    "lending_club": _STATIC,
    "tw_cards": _STATIC,
}
"""Defaults of a kind of book where they differ from a synthetic one's."""


PathText = Annotated[str, Field(max_length=4096)]


class BookSettings(Frozen):
    """Which loans: drawn from segment distributions or read from a tape."""

    kind: Literal["synthetic", "tape", "lending_club", "tw_cards"] = "synthetic"
    """Drawn, a user's file, or a data set that ships."""
    jurisdiction: Literal["cn", "us", "tw"] = "cn"
    """Whose law and reference income hold; gives the currency."""
    borrowers: int = Field(default=10_000, ge=0, le=20_000_000)
    """Synthetic: opening borrowers. Tape: size of the sample; 0, or null, takes all borrowers,
    which is a tape's default."""
    path: PathText | tuple[PathText, ...] | None = None
    """Tape: its file, a pattern such as ``tapes/2025-*.csv``, or several of them."""
    mapping: str | dict[str, object] | None = None
    """Tape: a YAML file, or its keys, that tells which column is which, and in which unit."""
    panel: str | None = Field(default=None, max_length=4096)
    """Tape: file of monthly statuses (loan_id, month, status or dpd) that ends at the tape's month;
    it tells since when each loan is overdue."""
    rejected: Literal["refuse", "drop"] = "refuse"
    """Tape with rows that break a rule: refused, or opened without them; rejected.csv lists
    them."""
    rejected_share: float = Field(default=0.01, ge=0, le=1)
    """Largest share of rows, and of balance, that ``drop`` may leave out; above it the tape is
    refused."""
    new_lending: Literal["replace", "none"] = "replace"
    """Whether new customers come, and old ones come back: a synthetic book's default. Without, that
    of a tape and of the shipped data sets, the book is a static pool that runs off."""
    products: dict[str, float] = Field(default_factory=lambda: {"cash_loan": 1.0})
    """Share of each product in new loans (and in a synthetic opening book); sums to 1. Of a tape
    without any, what keeps the mix of its loans."""
    second_loan_share: float = Field(default=0.15, ge=0, le=1)
    """Applicants, and customers of a synthetic book, with a second loan (assumption)."""
    regions: tuple[str, ...] = Field(
        default=("east", "central", "west", "northeast"), max_length=60
    )
    """Names of regions."""
    region_shares: tuple[float, ...] = (0.4, 0.25, 0.25, 0.1)
    """Share of borrowers in each region; sums to 1."""
    applicants_monthly_share: float | None = Field(default=0.05, ge=0, le=1)
    """Applicants a month over opening borrowers; None, a tape's default, is as many as keep the
    number of its loans."""
    opening_overdue: bool = True
    """Synthetic: whether the opening is a settled book; if not, all are current and in work."""
    opening_parameters: dict[str, float] = Field(default_factory=dict)
    """Synthetic: values of the catalogue under which the opening's loans stand as they do, where
    they differ from the run's. A sensitivity keeps its base's observed opening by telling here the
    base's values of what it changes; only what the lender cannot see is then drawn anew."""
    burn_in_months: int = Field(default=48, ge=1, le=240)
    """Months of calm under the current policy that settle the book behind an opening."""
    donors: int = Field(default=20_000, ge=50, le=1_000_000)
    """Borrowers with whom that begins (assumption: many enough for 90+ by band)."""

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_kind(cls, values: object) -> object:
        """What is not given, or null, has the default of its kind of book."""
        if not isinstance(values, dict):
            return values
        own = _OWN_DEFAULTS.get(str(values.get("kind")), {})
        may_be_null = {"borrowers", "new_lending", "products", "applicants_monthly_share"}
        given = {k: v for k, v in values.items() if v is not None or k not in may_be_null}
        return {**own, **given}

    @field_validator("mapping", mode="before")
    @classmethod
    def _mapping_is_a_file_or_keys(cls, value: object) -> object:
        if value is None or (isinstance(value, str) and 0 < len(value) <= 4096):
            return value
        if isinstance(value, Mapping):
            return {str(key): item for key, item in value.items()}
        raise ValueError("must be the path of a YAML file, or keys and values")

    @model_validator(mode="after")
    def _shares(self) -> "BookSettings":
        if len(self.regions) != len(self.region_shares):
            raise ValueError("book.region_shares must have one share for each of book.regions")
        shares = {"book.region_shares": self.region_shares}
        if self.products or self.kind != "tape":
            shares["book.products"] = tuple(self.products.values())
        for name, found in shares.items():
            if any(s < 0 for s in found) or abs(sum(found) - 1.0) > 1e-9:
                raise ValueError(f"{name} must be shares that sum to 1; got {found}")
        return self

    @model_validator(mode="after")
    def _of_the_kind(self) -> "BookSettings":
        if self.opening_parameters and (self.kind != "synthetic" or not self.opening_overdue):
            raise ValueError(
                "book.opening_parameters: only the settled opening of a synthetic book uses"
                " parameters; leave it empty"
            )
        if self.kind == "tape" and not self.path:
            raise ValueError("book.path must name the file of the tape when book.kind is tape")
        if self.kind == "synthetic" and not self.borrowers:
            raise ValueError("book.borrowers must be at least 1 when book.kind is synthetic; got 0")
        if self.kind in ("lending_club", "tw_cards") and self.new_lending == "replace":
            raise ValueError(
                f"book.new_lending must be none for the closed accounts of {self.kind}; got replace"
            )
        # The file of a synthetic book holds its flow of applicants, whether they come or not.
        kept = {"applicants_monthly_share"} if self.kind == "synthetic" else set()
        unread = [
            f"book.{why}"
            for name, why in self.unread.items()
            if name not in kept and self._is_set(name)
        ]
        if unread:
            raise ValueError("\n".join(unread))
        nobody = self.new_lending == "replace" and self.applicants_monthly_share == 0.0
        if self.kind == "tape" and nobody:
            raise ValueError(
                "book.applicants_monthly_share must be above 0 when book.new_lending is"
                " replace; got 0 - leave it out for as many as keep the number of loans"
            )
        return self

    @property
    def unread(self) -> dict[str, str]:
        """Key -> why this choice does not read it, for each that it does not."""
        found = {
            name: f"{name} is not read when book.kind is {self.kind}; {_instead(name)}"
            for name in UNREAD_BY_KIND[self.kind]
        }
        if self.kind == "tape" and self.new_lending == "none":
            why = "is not read without new lending; set book.new_lending=replace, or leave it out"
            found |= {name: f"{name} {why}" for name in _OF_NEW_LENDING}
        elif self.new_lending == "none":
            name = "applicants_monthly_share"
            why = "is not read when book.new_lending is none; leave it out"
            found.setdefault(name, f"{name} {why}")
        return found

    def _is_set(self, name: str) -> bool:
        """Whether ``name`` was given another value than nothing and its default."""
        value, field = getattr(self, name), type(self).model_fields[name]
        usual = field.get_default(call_default_factory=True, validated_data={})
        usual = _OWN_DEFAULTS.get(self.kind, {}).get(name, usual)
        return name in self.model_fields_set and bool(value or usual is True) and value != usual

    @property
    def most_rejected(self) -> float | None:
        """Largest share of a tape's rows that may be left out; None refuses any."""
        return self.rejected_share if self.rejected == "drop" else None

    @property
    def new_customers_monthly_share(self) -> float:
        """Applicants a month over opening borrowers; 0 in a static pool."""
        return 0.0 if self.new_lending == "none" else self.applicants_monthly_share or 0.0


def _instead(name: str) -> str:
    """What to do with a key of the wrong kind of book."""
    if name in _OF_A_TAPE:
        return "choose book=tape, or leave it out"
    return "leave it out"
