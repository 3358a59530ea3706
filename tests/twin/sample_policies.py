"""Policies with which twin and kernels are compared: every lever, at values that work often."""

from collections.abc import Callable

from simulator.book.schema import Book
from simulator.lever_fields import COLLECTION_STAGE_NAMES
from simulator.levers import Edit, LeverTable, Target, build_levers
from simulator.vocabulary import Hardship, Priority

EVERYWHERE = Target()
NEEDY = tuple(h for h in Hardship if h is not Hardship.NONE)


def _contact_edits(capacity: float) -> list[Edit]:
    late = tuple(range(1, 8))
    return [
        Edit("effort_reminder", 0.9),
        Edit("effort_ai_call", 0.6),
        Edit("effort_human_call", 0.5, buckets=late),
        Edit("effort_human_call", 0.3, target=Target(risk_bands=("D", "E"))),
        Edit("effort_field_visit", 0.3, buckets=late[1:], target=Target(regions=("south",))),
        Edit("effort_legal", 0.4, first_month=4, buckets=late[2:]),
        Edit("capacity_reminder", 4 * capacity),
        Edit("capacity_ai_call", 2 * capacity),
        Edit("capacity_human_call", capacity),
        Edit("capacity_field_visit", capacity / 2),
    ]


def grace_period(months: int) -> list[Edit]:
    """Deferrals, full and partial, within a budget; little capacity; tightening."""
    return [
        Edit("p_relief_if_need", 0.6, hardships=NEEDY),
        Edit("p_relief_if_need", 0.3, target=Target(products=("plain", "line"))),
        Edit("p_relief_if_no_need", 0.08, first_month=2, last_month=months - 4),
        Edit("relief_months", 3.0),
        Edit("relief_months", 1.0, target=Target(products=("level",))),
        Edit("due_share", 0.4),
        Edit("due_share", 0.0, target=Target(regions=("north",))),
        Edit("interest_share", 0.5, hardships=(Hardship.JOB_LOSS, Hardship.ILLNESS)),
        Edit("relief_max_uses", 2.0),
        Edit("relief_min_months_on_book", 0.0),
        Edit("relief_budget", 0.004),
        Edit("refusal_after_relief", 2.0),
        Edit("relief_is_record", 1.0),
        *_contact_edits(120.0),
        Edit("debt_service_cap", 0.7),
        Edit("income_verified_share", 0.5),
        Edit("tighten_trigger", 0.05),
        Edit("tighten_slope", 600.0),
        Edit("score_cutoff", 420.0, target=Target(risk_bands=("D", "E"))),
        Edit("application_cost_multiplier", 2.0),
    ]


def restructuring(months: int) -> list[Edit]:
    """Re-plans with longer terms, sale of old debt, line cuts, calls by balance."""
    del months
    return [
        Edit("p_relief_if_need", 0.5, buckets=tuple(range(1, 8))),
        Edit("p_relief_if_no_need", 0.1),
        Edit("p_relief_if_no_need", 0.4, hardships=(Hardship.JOB_LOSS, Hardship.DISASTER)),
        Edit("p_relief_if_need", 0.7, hardships=(Hardship.NONE,)),
        Edit("relief_months", 2.0),
        Edit("term_extension_months", 12.0, buckets=tuple(range(1, 8))),
        Edit("affordable_share", 0.1, target=Target(risk_bands=("D", "E"))),
        Edit("principal_cut_share", 0.2, hardships=(Hardship.JOB_LOSS, Hardship.NONE)),
        Edit("principal_cut_share", 1.0, buckets=(5,)),
        Edit("relief_min_months_on_book", 5.0),
        Edit("due_share", 0.0, buckets=(3, 4, 5, 6, 7)),
        Edit("due_share", 0.7, hardships=(Hardship.REDUCED_INCOME,)),
        Edit("interest_share", 0.0, buckets=(3, 4)),
        Edit("relief_max_uses", 2.5),
        *_contact_edits(60.0),
        Edit("contact_priority", float(Priority.BALANCE)),
        Edit("sale_dpd", 100.0),
        Edit("sale_price_share", 0.1),
        Edit("line_multiplier", 0.6, first_month=5, hardships=NEEDY),
        Edit("line_multiplier", 0.3, buckets=(1, 2)),
        Edit("line_multiplier", 1.5, target=Target(risk_bands=("A", "B"))),
        Edit("amount_multiplier", 1.3),
        Edit("price_add", 0.03),
        Edit("platform_cap", 3.0),
    ]


def prevention(months: int) -> list[Edit]:
    """Care before the due day, early warning with an offer, easier and slower lending."""
    del months
    good, south = Target(risk_bands=("A", "B")), Target(regions=("south",))
    return [
        Edit("forget_factor", 1.5, target=south),
        Edit("channel_factor", 0.5, first_month=3),
        Edit("misunderstand_factor", 0.7),
        Edit("due_reminder", 0.8),
        Edit("due_reminder_effect", 0.9),
        Edit("autopay_share", 0.2, first_month=2),
        Edit("education_share", 0.6),
        *(Edit("education_ramp", t / 10, first_month=t) for t in range(1, 11)),
        Edit("prevention_cost", 0.4),
        Edit("warning_recall", 0.7),
        Edit("warning_recall", 0.0, target=south),
        Edit("warning_false_alarm", 0.3, target=good),
        Edit("warning_offer_if_need", 0.8),
        Edit("warning_offer_if_no_need", 0.5),
        Edit("capacity_warning", 90.0),
        Edit("fixed_cost", 3.0),
        Edit("relief_months", 3.0),
        Edit("due_share", 0.3),
        Edit("interest_share", 0.8),
        Edit("relief_max_uses", 2.0),
        Edit("relief_min_months_on_book", 0.0),
        Edit("principal_cut_share", 0.1, target=Target(products=("plain",))),
        *_contact_edits(90.0),
        Edit("intensity_human_call", 1.5),
        Edit("contact_priority", float(Priority.EXPECTED_RECOVERY)),
        Edit("interest_free_months", 3.0),
        Edit("interest_free_months", 14.0, target=south),
        Edit("price_add", -0.04, target=good),
        Edit("income_verified_share", 0.3),
        Edit("decision_days", 4.0),
        Edit("score_signal_share", 0.6),
        Edit("score_cutoff", 500.0, target=Target(risk_bands=("D", "E"))),
    ]


def collections(months: int) -> list[Edit]:
    """Every stage and an agency, talks that end in plans and promises, conduct rules, the court."""
    del months
    late = tuple(range(1, 8))
    return [
        *_contact_edits(150.0),
        Edit("effort_agency", 0.5, buckets=late[1:]),
        Edit("effort_legal", 0.5, buckets=late[1:]),
        *(Edit(f"intensity_{name}", 1.2) for name in COLLECTION_STAGE_NAMES),
        *(Edit(f"capacity_multiplier_{name}", 1.3) for name in COLLECTION_STAGE_NAMES),
        Edit("capacity_agency", 100.0),
        Edit("capacity_legal", 60.0),
        Edit("day_shift_reminder", 6.0),
        Edit("day_shift_ai_call", -2.0),
        Edit("day_shift_human_call", -9.0),
        Edit("day_shift_field_visit", 2.0),
        Edit("day_shift_legal", 1.0),
        Edit("day_shift_agency", -3.0),
        Edit("promise_share", 0.7),
        Edit("negotiated_share", 0.5),
        Edit("negotiated_extension_months", 6.0, last_month=5, buckets=(1, 2, 4)),
        Edit("negotiated_extension_months", 3.0, first_month=8, buckets=late[:4]),
        Edit("relief_max_uses", 2.0),
        Edit("call_hours_share", 0.8),
        Edit("contact_cap", 2.0),
        Edit("contact_priority", float(Priority.FIRST_COME)),
        Edit("fixed_cost", 20.0),
        Edit("debt_service_cap", 0.9),
    ]


def nothing(months: int) -> list[Edit]:
    """The base table: no relief, no contacts, no limits."""
    del months
    return []


POLICIES: dict[str, Callable[[int], list[Edit]]] = {
    "nothing": nothing,
    "grace_period": grace_period,
    "restructuring": restructuring,
    "prevention": prevention,
    "collections": collections,
}


def levers_of(policy: str, book: Book, months: int, runoff_months: int) -> LeverTable:
    """The lever table of one of ``POLICIES``."""
    edits = POLICIES[policy](months)
    return build_levers(edits, book.segments, months + runoff_months)
