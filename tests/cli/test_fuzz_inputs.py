"""Whatever bytes a scenario or an argument holds, the answer is a result or a ``UserError``."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from simulator.cli.arguments import read_arguments
from simulator.cli.configuration.hydra_app import checked, compose_inputs
from simulator.cli.configuration.yaml_scan import scan_choice
from simulator.macro.scenario import Scenario, load_scenario
from simulator.reading.plain_yaml import load
from simulator.settings import ScenarioSettings
from simulator.validation import UserError, build

REGIONS = ("east", "west")
YAML = b"""\
# @package scenario.mine
label: Mine
narrative: A test.
source: assumption
weight: 1
table: mine.csv
frequency: quarterly
percent: false
rows: [2026Q1, 2026Q3]
opening: {unemployment_rate: 0.05}
columns: {unemployment_rate: u, income_growth: g}
deviation: {volatility: [0.05, 0.06, 0.006, 0.003]}
"""
TABLE = b"quarter,u,g\n2026Q1,0.05,0.02\n2026Q2,0.06,0.01\n2026Q3,0.07,-0.01\n"
MANY = settings(
    max_examples=350,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

INSERTED = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [
            b"\0",
            b"\xff\xfe",
            b"${x}",
            b"&a",
            b"*a",
            b"!!int ",
            b"nan",
            b".inf",
            b"1e400",
            b"- ",
            b": ",
            b"\n",
            b"\t",
            b"'",
            b'"',
            b"[",
            b"{",
            b"? ",
            b"---\n",
            b"9" * 400,
            b"2026-13-45",
            b"0x",
            b"=",
            b"\xe8\xb4\xb7",
            b"\xe2\x80\xae",
            b",",
            b"#",
            b"|",
            b"<<: ",
            b"0o9",
            b"1:99:99",
            b"_",
        ]
    ),
)


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """``valid`` with up to four places replaced."""
    found = valid
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(found)))
        length = draw(st.integers(0, 6))
        found = found[:start] + draw(INSERTED) + found[start + length :]
    return found


CELL = st.one_of(
    st.floats(0, 0.5).map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers(-(10**400), 10**400).map(lambda number: str(number % 10**60)),
    st.text(max_size=6),
    st.sampled_from(["", "NaN", "-inf", "1e999", "1,5", "5%", "=1+1", "0x10", "1_000", "１"]),
)
HEADER = st.one_of(
    st.sampled_from(["u", "g", "quarter", "unemployment_rate", "inflation", "disaster_east", ""]),
    st.text(max_size=8),
)


@st.composite
def random_tables(draw: st.DrawFn) -> bytes:
    """A table of random headers and cells; its rows may be ragged."""
    width = draw(st.integers(1, 4))
    rows = [draw(st.lists(HEADER, min_size=width, max_size=width))]
    for _ in range(draw(st.integers(0, 5))):
        rows.append(draw(st.lists(CELL, min_size=width, max_size=width + draw(st.integers(0, 1)))))
    text = "\n".join(",".join(row) for row in rows)
    return text.encode("utf-8", "surrogatepass")


def _read(folder: Path, yaml: bytes, table: bytes) -> Scenario:
    """The scenario as a run reads it: scanned, validated, on months 0 to 12."""
    own = folder / "own" / "scenario"
    own.mkdir(parents=True, exist_ok=True)
    (own / "mine.yaml").write_bytes(yaml)
    (folder / "mine.csv").write_bytes(table)
    scan_choice(own / "mine.yaml", "scenario", {})
    content = load("own/scenario/mine.yaml", yaml.decode("utf-8"))
    found = build("scenario.mine", ScenarioSettings, content)
    return load_scenario("mine", found, 12, REGIONS, "2026-01", (folder,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture
def arguments_alone(monkeypatch):
    """The shipped files, the same in every example, are not scanned again and again."""
    monkeypatch.setattr("simulator.cli.configuration.yaml_scan.scan", lambda *_: [])


def test_the_unchanged_scenario_is_read(folder):
    assert _read(folder, YAML, TABLE).central["unemployment_rate"][0] == 0.05


@MANY
@given(yaml=st.one_of(mutated(YAML), mutated(YAML), st.binary(max_size=200)))
@example(yaml=YAML + b"x: &a [*a]\n")
@example(yaml=YAML.replace(b"[2026Q1, 2026Q3]", b"[{a: 1}, 2]"))
def test_any_scenario_file_is_read_or_refused(yaml, folder):
    with suppress(UserError):
        assert _read(folder, yaml, TABLE).horizon == 12


@MANY
@given(table=st.one_of(mutated(TABLE), random_tables(), st.binary(max_size=100)))
def test_any_macro_table_is_read_or_refused(table, folder):
    plain = YAML.replace(b"rows: [2026Q1, 2026Q3]\n", b"")
    free = plain.replace(b"columns: {unemployment_rate: u, income_growth: g}\n", b"").replace(
        b"opening: {unemployment_rate: 0.05}\n", b""
    )
    for yaml in (YAML, free):
        with suppress(UserError):
            found = _read(folder, yaml, table)
            assert all(0 < value < 1 for value in found.central["unemployment_rate"])


KEY = st.sampled_from(
    [
        "run.paths",
        "run",
        "scenario",
        "policy",
        "policy.grace_period.months",
        "book.regions",
        "~run",
        "scenario.downturn.opening",
        "parameters.finding_rate",
        "report.title",
        "break_even",
        "provision",
        "break_even.take_up.low",
        "experiment",
        "calibration",
        "hydra.run.dir",
        "hydra.searchpath",
        "+run.paths",
        "++report.title",
        "provision.cas22.cure_months",
        "run@x",
        "run..",
        "book.mapping",
    ]
)
VALUE = st.one_of(
    st.text(max_size=12),
    st.recursive(
        st.sampled_from(
            ["1", "nan", "-inf", "null", "true", "a", "'x'", "1e999", "", "mine", "9" * 40]
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
            st.lists(inner, max_size=3).map(
                lambda items: "{" + ",".join(f"k{n}:{item}" for n, item in enumerate(items)) + "}"
            ),
            st.lists(inner, max_size=3).map(",".join),
        ),
        max_leaves=4,
    ),
    st.sampled_from(
        ["range(1,3)", "glob(*)", "interval(0,1)", "${run.paths}", "${x}", "str(1)", "\\"]
    ),
)


@MANY
@given(
    words=st.lists(
        st.one_of(st.builds("{}={}".format, KEY, VALUE), st.text(max_size=10)),
        min_size=1,
        max_size=2,
    )
)
def test_any_arguments_are_understood_or_refused(words, arguments_alone):
    with suppress(UserError):
        folders, arguments = checked(read_arguments(words))
        assert arguments
        assert set(folders.roots) >= {folders.configs, folders.scenarios}


@settings(MANY, max_examples=40)
@given(words=st.lists(st.builds("{}={}".format, KEY, VALUE), min_size=1, max_size=2))
def test_any_arguments_that_are_understood_compose_or_are_refused(words, arguments_alone):
    with suppress(UserError):
        folders, arguments = checked(read_arguments(words))
        assert compose_inputs(arguments, folders).scenarios
