"""The twin's samples reach every cause, ending, sum, mechanism and lever."""

from collections import Counter

import numpy as np

from simulator.lever_fields import ALL_FIELDS
from simulator.vocabulary import (
    Burden,
    Cause,
    Count,
    Fate,
    Flow,
    Hardship,
    Health,
    LoanStatus,
    WorkState,
)
from tests.kernels.twin_runs import BOOK_SEED, N_CASES, N_PATHS, REFERENCES, twin, twin_fates
from tests.twin import burdens_by_group
from tests.twin.sample_policies import POLICIES
from tests.twin.samples import MONTHS, random_book

MECHANISMS = (
    "reminder heeded before the due day",
    "pays automatically",
    "interest-free month",
    "instalment reset",
    "rate at its floor",
    "new price at its floor",
    "warning beyond capacity",
    "attentive after a warning",
    "takes the offer of a warning",
    "too young for relief",
    "principal cut with re-plan",
    "principal cut without re-plan",
    "extension only as far as affordable",
    "no affordable extension",
    "new instalments agreed",
    "nothing left of an agreement",
    "catches up as promised",
    "refuser keeps a promise",
    "left alone after a promise",
    "contact beyond the cap",
    "talked into catching up",
    "line without a principal cut",
    "agency earns a commission",
    "case filed",
    "filed only once",
    "court converts a refuser",
    "court brings help",
    "court decides after the horizon",
    "credit elsewhere withdrawn",
    "credit elsewhere comes back",
    "a known hardship ends",
    "hardship public",
    "hardship told",
    "hardship asked about",
    "hardship heard in a warning",
    "disaster seen, another hardship hidden",
    "hardship shown for relief in need",
    "hardship shown for relief without need",
    "hidden hardship, an offer for those without",
    "admitted to hospital",
    "admitted while a lasting loss runs",
    "a lasting loss begins",
    "a lasting loss begins anew",
    "a lasting loss ends",
    "a loan granted again",
    "a closed record",
    "a late record lowers the score",
    "a customer forgotten",
    "came back out of order",
    "came back and was refused",
    "came back and left",
    "a loan in bad faith",
    "relief on record",
    "kept away by complaints",
)
"""What leaves no sum of its own; the twin counts how often each happens."""


def test_every_cause_and_every_ending_occurs() -> None:
    histories = [twin(policy, path).history for policy in POLICIES for path in range(N_PATHS)]
    causes = set(np.concatenate([np.unique(h["cause"]) for h in histories]).tolist())
    endings = set(np.concatenate([np.unique(h["status"]) for h in histories]).tolist())
    assert causes == {int(c) for c in Cause}
    assert endings == {int(s) for s in LoanStatus}


def test_every_work_state_health_and_hardship_occurs_and_is_seen() -> None:
    histories = [twin(policy, path).history for policy in POLICIES for path in range(N_PATHS)]
    for name, words in (
        ("work", WorkState),
        ("health", Health),
        ("hardship", Hardship),
        ("hardship_seen", Hardship),
    ):
        found = set(np.concatenate([np.unique(h[name]) for h in histories]).tolist())
        assert found == {int(word) for word in words}, name
    is_open = [h["status"] == LoanStatus.OPEN for h in histories]
    hidden = [h["hardship"] != h["hardship_seen"] for h in histories]
    assert any((a & b).any() for a, b in zip(is_open, hidden, strict=True))


def test_every_count_and_flow_occurs() -> None:
    sums = [twin(policy, 0).tallies for policy in POLICIES]
    counts, flows = (
        sum(s.counts.sum((0, 1)) for s in sums),
        sum(s.flows.sum((0, 1)) for s in sums),
    )
    assert {c.name for c in Count if not counts[c] > 0.0} == set()
    assert {f.name for f in Flow if not flows[f] > 0.0} == set()


def test_every_mechanism_occurs() -> None:
    happened: Counter[str] = Counter()
    for case in range(N_CASES):
        for policy in POLICIES:
            for path in range(N_PATHS):
                happened.update(twin(policy, path, case).happened)
    assert {name for name in MECHANISMS if not happened[name]} == set()
    assert set(happened) <= set(MECHANISMS)


def test_every_fate_and_burden_occurs() -> None:
    fates = sum(
        twin_fates(policy, reference, path, case)[0, :, 0]
        for case in range(N_CASES)
        for policy in POLICIES
        for reference in REFERENCES
        for path in range(N_PATHS)
    )
    assert {f.name for f in Fate if not fates[f] > 0.0} == set()
    burdens = burdens_by_group(random_book(BOOK_SEED), twin("collections", 0).outcomes)[0]
    assert {b.name for b in Burden if not burdens[b] > 0.0} == set()


def test_every_lever_is_moved_by_some_sample() -> None:
    moved = {edit.lever for edits in POLICIES.values() for edit in edits(MONTHS)}
    assert moved == ALL_FIELDS.keys()
