"""The manifest of a run: plain JSON with throughput and checks."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from simulator.catalogue import catalogue
from simulator.code_identity import code_identity
from simulator.results.checks import CheckResult
from simulator.results.manifest import build_manifest, live_borrower_months
from simulator.vocabulary import Count
from tests.results.outputs import facts, output_of, random_tallies, written


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


def test_the_manifest_identifies_code_people_times_and_the_drawn_book() -> None:
    output = output_of({"status_quo": random_tallies(23, 4, 3)}, months=3)
    people = {"prepared_by": "A", "reviewed_by": "B"}
    began = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    told = build_manifest(output, replace(facts([]), started=began, governance=people))
    assert told["governance"] == people
    assert told["started"] == "2026-01-02T03:04:05+00:00"
    assert datetime.fromisoformat(str(told["finished"])) > began
    assert told["code"] == code_identity()
    assert len(str(code_identity()["sha256"])) == 64
    book = output.book
    other = book.borrowers._replace(weight=book.borrowers.weight * 2.0)
    moved = replace(output, book=replace(book, borrowers=other))
    hashes = [
        build_manifest(each, facts([]))["inputs"]["drawn_book_sha256"]  # type: ignore[index]
        for each in (output, output, moved)
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_manifest_counts_parameters_that_are_set_and_assumptions() -> None:
    specs = catalogue()
    assumed = [n for n, spec in specs.items() if spec.source.startswith("assumption")]
    output = output_of({"status_quo": random_tallies(23, 4, 3)}, months=3)
    changed = replace(output, parameters={**output.parameters, assumed[0]: specs[assumed[0]].high})
    counts = build_manifest(changed, facts([]))["parameters"]
    assert counts == {"all": len(specs), "set": 1, "assumed": len(assumed) - 1}


def test_the_written_manifest_holds_the_hashes_of_all_other_files(tmp_path: Path) -> None:
    written(tmp_path)
    stored = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    found = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.iterdir()
        if path.name != "manifest.json"
    }
    assert stored["outputs_sha256"] == found
    assert set(found) >= {"results.nc", "summary.csv"}
