"""Whatever JSON is sent, the answer is a clear refusal, and nothing begins."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk.conftest import OpenDesk

ADDRESSES = (
    "command",
    "runs",
    "comparisons",
    "tickets",
    "runs/x/cancel",
    "runs/x/discard",
    "tapes/x/answers",
    "tapes/x/remove",
)
_KEYS = (
    *("book", "tape", "scenarios", "policies", "size", "settings", "language", "trials"),
    *("provision", "break_even", "reverse"),
    *("runs", "run", "file", "columns", "constants", "values", "percent", "snapshot_date"),
)
KEYS = st.sampled_from(_KEYS)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
"""Halves of characters among them, which no answer can hold."""
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(address=st.sampled_from(ADDRESSES), body=st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_object_is_refused_in_one_answer(desk: OpenDesk, address: str, body: object) -> None:
    answer = desk.call("POST", f"/api/{address}", body)
    if address == "command" and answer.status == 200:
        assert answer.content["refused"] or answer.content["command"]
    else:
        assert answer.status in (400, 422), (address, body, answer.body)
        assert answer.content["error"]
    assert desk.state()["job"] is None
