"""What the documentation says is true: pages are followed to the letter, commands are run."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.catalogue import catalogue
from simulator.cli.arguments import read_arguments
from simulator.cli.configuration.folders import find_folders
from simulator.cli.fit import main as fit
from simulator.cli.run import main
from simulator.cli.tape import main as look
from simulator.field_texts import field_meanings
from simulator.policies import POLICY_KINDS
from tests import ROOT
from tools.parameters_page import MARKER, catalogue_markdown
from tools.policies_page import policies_markdown

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "README.zh.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
CHINESE_PAGES = [page for page in PAGES if page.name.endswith(".zh.md")]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STEP = re.compile(
    r"^\*\*`(?P<file>[^`]+)`\*\*$|^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def _blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(README) if found == kind]


def _readme_commands() -> list[list[str]]:
    """Arguments after ``python -m simulator`` of every command in the README."""
    lines = "".join(_blocks("bash")).splitlines()
    return [
        shlex.split(line.partition("-m simulator ")[2])
        for line in lines
        if "-m simulator " in f"{line} " and "-m simulator." not in line
    ]


def _run(command: list[str], folder: Path, *, path: Path = ROOT, jit: bool = True) -> str:
    """Output of a command that must succeed; ``python`` is the interpreter of the tests."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    if not jit:
        environment["NUMBA_DISABLE_JIT"] = "1"
    done = subprocess.run(
        [sys.executable if word == "python" else word for word in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# --- pages that are followed ----------------------------------------------------------------


def _apply(diff: str, file: Path) -> None:
    """Replace the one place in ``file`` that the diff's context names."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if not line.startswith("+"))
    new = "".join(line[1:] for line in lines if not line.startswith("-"))
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has no such place:\n{old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _follow(page: Path, checkout: Path) -> tuple[list[str], list[str]]:
    """Do what ``page`` says in a copy of the project: its commands, its new Python files."""
    for name in ("simulator", "configs", "scenarios", "docs", "tools"):
        ignored = shutil.ignore_patterns("__pycache__", "lending_club_2016q1.csv")
        shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", checkout)
    (checkout / "tests").mkdir()
    commands: list[str] = []
    python: list[str] = []
    file = checkout
    for step in STEP.finditer(page.read_text(encoding="utf-8")):
        if step["file"]:
            file = checkout / step["file"]
        elif step["kind"] == "diff":
            _apply(step["text"], file)
        elif step["kind"] == "bash":
            commands += step["text"].splitlines()
        else:
            assert not file.exists(), f"{page.name} writes {file.name}, which exists already"
            file.write_text(step["text"], encoding="utf-8")
            python += [str(file)] if step["kind"] == "python" else []
    return commands, python


@pytest.mark.parametrize(
    ("page", "addition"),
    [("add-a-shock.md", "scenario=[heat_wave]")],
)
def test_a_how_to_page_works_when_followed_to_the_letter(page, addition, tmp_path):
    commands, python = _follow(ROOT / "docs" / page, tmp_path)
    assert any(addition in command for command in commands)
    for check in (["check"], ["format", "--check"]):
        _run(["python", "-m", "ruff", *check, "--no-cache", *python], tmp_path)
    for command in commands:
        # Without the compiler: its cache goes by folder, and a copy would be compiled anew.
        words = shlex.split(command)
        small = ["book.donors=50", "book.burn_in_months=2"] if "simulator" in words else []
        _run([*words, *small], tmp_path, path=tmp_path, jit=False)
    (folder,) = (found for found in (tmp_path / "outputs").iterdir() if found.is_dir())
    name = addition.partition("[")[2].rstrip("]")
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        assert any(name in (row["scenario"], row["policy"]) for row in csv.DictReader(file))


# --- the README ------------------------------------------------------------------------------


def test_every_command_of_the_readme_is_understood():
    commands = _readme_commands()
    assert len(commands) >= 8
    for arguments in commands:
        read_arguments(arguments)


@pytest.mark.parametrize("page", CHINESE_PAGES, ids=lambda page: page.name)
def test_a_chinese_page_has_the_commands_and_files_of_the_english_one(page):
    english = page.with_name(page.name.replace(".zh.md", ".md")).read_text(encoding="utf-8")
    blocks = {text for kind, text in BLOCK.findall(english) if kind != "python"}
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert found
    typed = [text for kind, text in found if kind != "text"]
    spoken = re.compile(" (--|report.)language[ =]zh")
    assert [t for t in typed if t not in blocks and spoken.sub("", t) not in blocks] == []
    assert f"]({page.name})" in english


def test_every_command_of_the_readme_composes(tmp_path, monkeypatch, capsys):
    (loans,) = _blocks("csv")
    (policy,) = _blocks("yaml")
    (tmp_path / "loans.csv").write_text(loans, encoding="utf-8")
    (tmp_path / "mine" / "policy").mkdir(parents=True)
    (tmp_path / "mine" / "policy" / "long_grace.yaml").write_text(policy, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for arguments in _readme_commands():
        if "--help" not in arguments and "--multirun" not in arguments:
            assert main([*arguments, "--cfg", "job"]) == 0, arguments
            assert "scenario:" in capsys.readouterr().out


def test_the_readme_sweeps_and_stresses_a_tape(tmp_path, monkeypatch):
    (loans,) = _blocks("csv")
    (tmp_path / "loans.csv").write_text(loans, encoding="utf-8")
    (sweep,) = (c for c in _readme_commands() if "--multirun" in c)
    (tape,) = (c for c in _readme_commands() if "book=tape" in c)
    small = ["run=smoke", "run.paths=2", "run.months=2"]
    own = ["scenario=[baseline]", "book.borrowers=50", "report.enabled=false"]
    monkeypatch.chdir(tmp_path)
    assert main([*sweep, *small, *own]) == 0
    with (tmp_path / "outputs" / "grace" / "sweep.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["job"] for row in rows} == {"0", "1", "2", "3"}
    assert {row["status"] for row in rows} == {"ok"}
    assert main([*tape, *small, "hydra.run.dir=tape"]) == 0
    names = {path.name for path in (tmp_path / "tape").iterdir()}
    written = {"results.nc", "summary.csv", "report.html", "tables.xlsx", "manifest.json"}
    assert names == written | {".hydra", "blocks"}


def test_the_readme_names_the_files_of_a_run_and_every_shipped_choice():
    folders = find_folders()
    for group in ("scenario", "policy"):
        for name in folders.choices(group):
            assert f"`{name}`" in README
    for name in ("results.nc", "summary.csv", "report.html", "manifest.json"):
        assert f"`{name}`" in README


def test_the_python_of_the_readme_runs(tmp_path):
    (code,) = _blocks("python")
    (tmp_path / "notebook.py").write_text(code, encoding="utf-8")
    shown = _run(["python", "-W", "error", "notebook.py"], tmp_path)
    assert "half_grace" in shown
    assert "status_quo" in shown


COMMANDS = {"simulator": main, "simulator.tape": look, "simulator.calibrate": fit}


def _answers(page: str, capsys) -> int:
    """Type the commands of a page of docs; what it shows below each must be printed. How many."""
    typed, file = 0, Path()
    steps = list(STEP.finditer((ROOT / "docs" / page).read_text(encoding="utf-8")))
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step["file"]:
            file = Path(step["file"])
        elif step["kind"] == "python":
            file.write_text(step["text"], encoding="utf-8")
        elif step["kind"] == "bash":
            typed += 1
            printed = _typed(step["text"], capsys)
            shown = following["text"] if following and following["kind"] == "text" else ""
            for line in shown.splitlines():
                assert line == "..." or line in printed, line
    return typed


def _typed(commands: str, capsys) -> list[str]:
    """Lines that commands print; those of the program run in this process."""
    printed: list[str] = []
    for command in commands.splitlines():
        words = shlex.split(command)
        if words[:2] == ["python", "-m"]:
            code = COMMANDS[words[2]](words[3:])
            assert code == (2 if "--write-mapping" in words else 0), command
            printed += capsys.readouterr().out.splitlines()
        else:
            printed += _run(words, Path.cwd()).splitlines()
    return [line.rstrip() for line in printed]


def test_the_page_on_your_own_book_works_as_typed_and_prints_what_it_shows(
    tmp_path, monkeypatch, capsys
):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    assert _answers("your-own-book.md", capsys) == 8
    page = (ROOT / "docs" / "your-own-book.md").read_text(encoding="utf-8")
    example = (ROOT / "examples" / "loans_cn.yaml").read_text(encoding="utf-8")
    assert example in [text for kind, text in BLOCK.findall(page) if kind == "yaml"]
    rows = (ROOT / "examples" / "statuses_cn.csv").read_text(encoding="utf-8").splitlines(True)
    assert "".join(rows[:3]) in [text for kind, text in BLOCK.findall(page) if kind == "csv"]
    assert f"{len(rows) - 1:,} loans at seven month ends" in page


def test_the_chinese_page_shows_what_the_inspector_prints(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((ROOT / "docs" / "your-own-book.zh.md").read_text(encoding="utf-8"))
    looked = 0
    for (_, command), (kind, shown) in pairwise(blocks):
        if command.startswith("python -m simulator.tape") and kind == "text":
            printed, looked = _typed(command, capsys), looked + 1
            for line in shown.splitlines():
                assert line == "..." or line in printed, line
    assert looked == 2


def test_the_page_on_an_allowance_works_as_typed_and_prints_what_it_shows(
    tmp_path, monkeypatch, capsys
):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    assert _answers("reading-an-allowance.md", capsys) == 2


@pytest.mark.parametrize("page", ["your-own-book.md", "reading-an-allowance.md"])
def test_an_example_with_few_paths_or_without_run_off_shows_no_verdict(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for (kind, command), (_, shown) in pairwise(BLOCK.findall(text)):
        if kind == "bash" and ("run=smoke" in command or "run.runoff_months=0" in command):
            assert shown.startswith("Written to ")


def _laid_out(page: str, folder: Path) -> list[list[str]]:
    """Write the files of a page of docs into ``folder``; the words of its commands."""
    file, commands = folder, []
    for step in STEP.finditer((ROOT / "docs" / page).read_text(encoding="utf-8")):
        if step["file"]:
            file = folder / step["file"]
        elif step["kind"] == "bash":
            commands += [shlex.split(command) for command in step["text"].splitlines()]
        elif step["kind"] not in ("text", "toml"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step["text"], encoding="utf-8")
    return commands


SETTLED = ("book.donors=500", "book.burn_in_months=12")


def test_the_page_on_products_works_as_typed(tmp_path, monkeypatch):
    commands = _laid_out("add-a-product.md", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert len(commands) == 4
    for words in commands:
        run = {"simulator": main, "simulator.tape": look}[words[2]]
        assert run([*words[3:], *(SETTLED if run is main else ())]) == 0, words


def test_the_page_on_policies_works_as_typed(tmp_path, monkeypatch):
    commands = _laid_out("add-a-policy.md", tmp_path)
    python = ["mine/collection_pause.py"]
    for check in (["check"], ["format", "--check"]):
        config = ["--config", str(ROOT / "pyproject.toml")]
        _run(["python", "-m", "ruff", *check, "--no-cache", *config, *python], tmp_path)
    monkeypatch.chdir(tmp_path)
    assert len(commands) == 4
    for words in commands:
        if words[2:3] == ["simulator"]:
            assert main([*words[3:], *SETTLED]) == 0, words
        else:
            _run(words, tmp_path)
    found = json.loads((tmp_path / "outputs" / "pause" / "manifest.json").read_text("utf-8"))
    code = (tmp_path / "mine" / "collection_pause.py").read_bytes()
    assert found["policy_code"] == {
        "collection_pause": {
            "kind": "collection_pause",
            "by": "file",
            "source": "mine/collection_pause.py",
            "sha256": sha256(code).hexdigest(),
        }
    }


@pytest.mark.parametrize(
    ("script", "writes"), [("make_tape", "tape_bytes"), ("make_statuses", "panel_bytes")]
)
def test_an_example_is_what_its_script_writes(script, writes):
    code = (
        f"from examples.{script} import OUTPUT, {writes}\nassert OUTPUT.read_bytes() == {writes}()"
    )
    _run(["python", "-c", code], ROOT)


# --- generated parts, links, rules -----------------------------------------------------------


def test_the_catalogue_in_model_md_is_the_current_one():
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    assert text[text.index(MARKER) :] == catalogue_markdown(), (
        "run: python -m tools.parameters_page"
    )


def test_the_page_of_policies_is_the_current_one():
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    assert text == policies_markdown(), "run: python -m tools.policies_page"


def test_every_field_of_a_policy_has_a_meaning():
    for kind, model in POLICY_KINDS.items():
        missing = set(model.model_fields) - set(field_meanings(model)) - {"kind"}
        assert not missing, (kind, missing)


def test_every_parameter_names_a_source_and_a_default_in_its_range():
    for spec in catalogue().values():
        assert spec.source.strip(), spec.name
        assert spec.low <= spec.default <= spec.high, spec.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_index_names_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name != "README.md":
            assert f"({page.relative_to(ROOT / 'docs')})" in index


def test_versions_and_dependencies_agree():
    from simulator import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_checks_of_a_change_end_with_the_test_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert ".venv/bin/python -m pytest -n 2\n" in "".join(_blocks("bash"))
    assert '"$venv/bin/python" -m pytest -n 2\n' in script
    assert "pip\" install --quiet --disable-pip-version-check -e '.[dev]'" in script
