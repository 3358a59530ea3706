"""The manifest of a run: plain JSON with throughput and checks."""

import json

import pytest

from simulator.results.checks import CheckResult
from simulator.results.manifest import build_manifest, live_borrower_months
from simulator.vocabulary import Count
from tests.results.outputs import facts, output_of, random_tallies


def test_manifest_is_plain_json_with_throughput_and_checks() -> None:
    output = output_of({"status_quo": random_tallies(23, 4, 3)}, months=3)
    bad = CheckResult("x", "y", float("inf"), 1e-9, False)
    manifest = build_manifest(output, facts([bad]))
    text = json.dumps(manifest, allow_nan=False)
    assert json.loads(text)["checks"][0]["value"] is None
    assert manifest["checks_passed"] is False
    live = output.tallies["baseline", "status_quo"].counts[..., Count.LIVE_BORROWERS].sum()
    assert live_borrower_months(output) == pytest.approx(live / 2.0)
    assert manifest["live_borrower_months_per_second"] == pytest.approx(live / 4.0)
