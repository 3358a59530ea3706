"""The words of the model: enumerations and bucket edges, each defined once.

Numbers in these enums travel into compiled kernels and result files, so every enum is
append-only: never renumber, never reuse.
"""

from enum import IntEnum
from typing import Final

DAYS_PER_MONTH: Final = 30
MAX_DUE_DAY: Final = 28

BUCKETS: Final = ("M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7")
"""Days past due at month end: M0 = 0, M1 = 1-30 ... M6 = 151-180, M7 = over 180."""
N_BUCKETS: Final = len(BUCKETS)

DPD_THRESHOLDS: Final = (1, 30, 60, 90)
"""k of the overdue rates: balance with DPD >= k over balance."""
DPD_FIRST_BUCKETS: Final = (1, 2, 3, 4)
"""First bucket that counts for each threshold; month-end DPD is a multiple of 30 only where a tape
says so, and then of the later bucket."""

TIMES_SEVERITY: Final = " \u00d7 "
"""Between the label of a scenario and its severity, where that is not 1."""

REFERENCE: Final = "status_quo"
"""The policy that all others are compared with."""

MAX_UNPAID: Final = 16
"""Unpaid instalments that a loan remembers one by one; write-off must come before."""


class Work(IntEnum):
    """Kind of work of a borrower."""

    FORMAL = 0
    SELF_EMPLOYED = 1
    GIG = 2


class WorkerType(IntEnum):
    """How often a borrower is out of work: seldom, about as often as the mean, often."""

    ALPHA = 0
    BETA = 1
    GAMMA = 2


class WorkState(IntEnum):
    """Work state of a borrower in a month; two lowest bits of a life."""

    EMPLOYED = 0
    REDUCED = 1
    UNEMPLOYED = 2


class Life(IntEnum):
    """Further bits of a life (two bytes per borrower and month), below the lasting months.

    WEAKENED: the loss that an admission left runs at more than half.
    """

    ILL = 4
    DISASTER = 8
    CLOSED = 16
    ILL_ONSET = 32
    DISASTER_ONSET = 64
    HOSPITAL = 128
    HOSPITAL_ONSET = 256
    WEAKENED = 512


LASTING_BITS: Final = 10
"""Lowest bit of a life's six highest: months since an admission's lasting loss began, 0 without."""


class Health(IntEnum):
    """Health of a borrower in a month, as a history tells it; docs/model.md, section 11.1."""

    WELL = 0
    ILL = 1
    HOSPITAL = 2
    WEAKENED = 3


class Hardship(IntEnum):
    """Hardship of a borrower in a month; the first that applies."""

    NONE = 0
    JOB_LOSS = 1
    ILLNESS = 2
    DISASTER = 3
    REDUCED_INCOME = 4


MAX_CLASSES: Final = 32
"""Classes of segments that a policy may tell apart."""


class Amortisation(IntEnum):
    """Closed list of repayment forms; formulas in kernels/payment.py."""

    ANNUITY = 0
    EQUAL_PRINCIPAL = 1
    BULLET = 2
    REVOLVING = 3


class LoanStatus(IntEnum):
    """Where a loan stands in a path."""

    PENDING = 0
    OPEN = 1
    PAID_OFF = 2
    WRITTEN_OFF = 3
    SOLD = 4
    REFUSED = 5


class Exit(IntEnum):
    """Destinations of a roll rate beyond the buckets."""

    PAID_OFF = 8
    WRITTEN_OFF = 9
    SOLD = 10


ROLL_DESTINATIONS: Final = (*BUCKETS, "paid_off", "written_off", "sold")


class Cause(IntEnum):
    """Cause of the first missed instalment of the current spell.

    The order of the cash causes is their priority when several hold at once;
    AT_OPENING marks loans already overdue in the opening book, whose cause is unknown.
    """

    NONE = 0
    JOB_LOSS = 1
    ILLNESS = 2
    DISASTER = 3
    EPIDEMIC_CLOSURE = 4
    PAY_CUT = 5
    REVENUE_LOSS = 6
    PLATFORM_CUTOFF = 7
    OVERSPENDING = 8
    CHOSE_OTHER_LENDER = 9
    FORGOT = 10
    CHANNEL_FAILURE = 11
    DID_NOT_UNDERSTAND = 12
    WONT_PAY = 13
    AT_OPENING = 14


N_CAUSES: Final = len(Cause)
SWITCHABLE_CAUSES: Final = tuple(c for c in Cause if c not in (Cause.NONE, Cause.AT_OPENING))


class CollectionStage(IntEnum):
    """Collection stages; AGENCY is an outside collector of old debts."""

    REMINDER = 0
    AI_CALL = 1
    HUMAN_CALL = 2
    FIELD_VISIT = 3
    LEGAL = 4
    AGENCY = 5


N_COLLECTION_STAGES: Final = len(CollectionStage)


class Priority(IntEnum):
    """Whom limited collectors contact first; ties by permanent id."""

    OLDEST_FIRST = 0
    BALANCE = 1
    FIRST_COME = 2
    EXPECTED_RECOVERY = 3


class Flag(IntEnum):
    """Bits of a loan's flags; PROMISED, PROMISES, WARNED and BEHIND last a month."""

    EVER_90 = 1
    PROMISED = 2  # a promise made last month is in force
    PROMISES = 4  # a promise was made this month
    WARNED = 8  # a call before the due day reached the borrower
    AGREED = 16  # new instalments were agreed with a collector, for next month
    EVER_30 = 32
    BEHIND = 64  # all arrears could be paid this month, and are not


class Fate(IntEnum):
    """What became of a borrower under a policy, against the reference on the same path.

    Each is counted in borrowers and in balance; definitions: docs/model.md, section 12.
    """

    COMPARED = 0
    SAVED = 1
    DELAYED = 2
    HASTENED = 3
    HARMED = 4
    CENSORED = 5
    RELIEVED = 6
    FREE_RIDER = 7
    REFUSED_GOOD = 8
    REFUSED_BAD = 9
    ADMITTED_GOOD = 10
    ADMITTED_BAD = 11
    PREVENTED = 12
    RETURNED = 13
    LAPSED = 14
    HARMED_LATER = 15


N_FATES: Final = len(Fate)


class Burden(IntEnum):
    """Hardship that a policy's borrowers went through, summed over the path."""

    OVERDUE_MONTHS = 0
    CONTACTS = 1
    COMPLAINTS = 2


N_BURDENS: Final = len(Burden)

FOLLOW_UP_MONTHS: Final = 12
"""Months after relief ends over which its effect is judged."""


class Domain(IntEnum):
    """Who owns a random draw; part of the counter, so that streams never meet."""

    BORROWER = 0
    LOAN = 1
    MACRO = 2
    SYNTHESIS = 3


class Draw(IntEnum):
    """Number of each random decision: four share one Philox call (group = number // 4)."""

    WORK = 0
    HEALTH = 1
    DISASTER = 2
    CLOSURE = 3
    MEDICAL_COST = 4
    PROPERTY_COST = 5
    REFUSE = 8
    PLATFORM = 9
    RELIEF = 10
    CHOOSE_OTHER = 11
    FORGET = 16
    CHANNEL = 17
    MISUNDERSTAND = 18
    PREPAY = 19
    LATE_DAYS = 20
    CATCH_UP = 21
    CONTACT_REACH = 24  # + 4 * stage, up to 44
    CONTACT_EFFECT = 25
    COMPLAINT = 26
    MACRO_SHOCK = 48  # + variable index
    WARNING = 64
    WARNING_REACH = 65
    WARNING_COMPLAINT = 66
    DUE_REMINDER = 68
    PROMISE = 69
    PROMISE_KEPT = 70
    NEGOTIATE = 71
    LEGAL_RESULT = 72
    EDUCATION = 76
    AUTOPAY = 77
    ACCEPT = 80
    HARDSHIP_PUBLIC = 88
    HARDSHIP_ASK = 89
    HARDSHIP_LEARN = 90
    HOSPITAL = 96  # + month mod 4, in month div 4: four months share a call
    HOSPITAL_LASTING = 100
    HOSPITAL_COST = 102
    RETURN = 104
    REPUTATION = 105


class Flow(IntEnum):
    """The eleven flows of the monthly identity; columns of the money tally."""

    DISBURSED = 0
    INTEREST_ACCRUED = 1
    PENALTY_ACCRUED = 2
    FEES_ACCRUED = 3
    PRINCIPAL_PAID = 4
    INTEREST_PAID = 5
    PENALTY_PAID = 6
    FEES_PAID = 7
    FORGIVEN = 8
    WRITTEN_OFF = 9
    SOLD = 10


N_FLOWS: Final = len(Flow)
FLOW_SIGNS: Final = (1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1)


class Count(IntEnum):
    """Further sums per path and month; columns of the count tally (weighted)."""

    OPENING_BALANCE = 0
    CLOSING_BALANCE = 1
    OPEN_LOANS = 2
    INSTALMENTS_DUE = 3
    INSTALMENTS_LATE = 4
    UNEMPLOYED = 5
    APPLICANTS = 6
    APPROVED = 7
    RELIEF_GRANTED = 8
    RELIEF_LOANS = 9
    RELIEF_NO_NEED = 10
    COMPLAINTS = 11
    CONTACT_REMINDER = 12
    CONTACT_AI_CALL = 13
    CONTACT_HUMAN_CALL = 14
    CONTACT_FIELD_VISIT = 15
    CONTACT_LEGAL = 16
    COLLECTION_COST = 17
    UNDERWRITING_COST = 18
    RELIEF_COST = 19
    SALE_PRICE = 20
    LIVE_BORROWERS = 21
    OPENING_LOANS = 22
    QUEUE_UNSERVED = 23
    CONTACT_AGENCY = 24
    CONTACTS_BLOCKED = 25
    PROMISES = 26
    PROMISES_KEPT = 27
    WARNING_TARGETS = 28
    WARNED = 29
    WARNED_RIGHTLY = 30
    PROGRAMME_COST = 31
    LEGAL_RECOVERED = 32
    DECLINED = 33
    NEW_30 = 34
    NEW_90 = 35
    COST_REMINDER = 36
    COST_AI_CALL = 37
    COST_HUMAN_CALL = 38
    COST_FIELD_VISIT = 39
    COST_LEGAL = 40
    COST_AGENCY = 41
    LOST_EVEN = 42
    ACQUISITION_COST = 43
    FIRST_DISBURSED = 44
    REPEAT_DISBURSED = 45
    REPEAT_APPLICANTS = 46
    REPEAT_APPROVED = 47
    REPEAT_LOANS = 48


N_COUNTS: Final = len(Count)


class Forbearance(IntEnum):
    """Relief that marks a loan; a holiday for everybody, without hardship, marks nothing."""

    NONE = 0
    DEFERRED = 1
    RESTRUCTURED = 2


class CellMeasure(IntEnum):
    """Sums by month and cell of what the loans of a cell are and what becomes of them.

    Definitions: docs/model.md, section 13. The first three are kept on each path.
    """

    BALANCE = 0
    LOSS_12 = 1
    LOSS_LIFE = 2
    LOANS = 3
    DEFAULT_12 = 4
    DEFAULT_LIFE = 5
    EXPOSURE_12 = 6
    EXPOSURE_LIFE = 7


N_CELL_MEASURES: Final = len(CellMeasure)
N_PATH_CELL_MEASURES: Final = 3
"""Of ``CellMeasure``, the first ones are kept on each path, the others summed over paths."""


class Leaving(IntEnum):
    """Columns of the moves between cells beyond the cells themselves (number of cells added)."""

    PAID_OFF = 0
    WRITTEN_OFF = 1
    SOLD = 2
    WRITTEN_OFF_BALANCE = 3
    SOLD_BALANCE = 4


N_LEAVING: Final = len(Leaving)
LOSS_WINDOW_MONTHS: Final = 12
"""Months of the 12-month horizon of expected losses."""


def lifetime_window(months: int, horizon: int) -> int:
    """Months ahead whose defaults are lifetime losses: the run-off's, but at least twelve."""
    return max(LOSS_WINDOW_MONTHS, horizon - months)


AGE_BANDS: Final = ("18-24", "25-34", "35-44", "45-54", "55+")
AGE_BAND_EDGES: Final = (25.0, 35.0, 45.0, 55.0)
N_INCOME_DECILES: Final = 10
