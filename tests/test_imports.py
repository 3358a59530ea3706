"""Imports run downward, heavy libraries load late, and the public names are few."""

import ast
import subprocess
import sys

import pytest

import simulator
from tests import ROOT

HEAVY = ("hydra", "numba", "omegaconf", "plotly", "pyarrow", "scipy", "xarray")


def _loaded(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after ``statement``."""
    code = f"import sys\n{statement}\nprint(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_import_contracts_hold():
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_importing_the_package_loads_nothing_heavy():
    assert not _loaded("import simulator") & set(HEAVY)


def test_importing_the_notebook_leaves_results_and_drawings_for_later():
    later = {"hydra", "omegaconf", "plotly", "xarray", "pandas"}
    assert not _loaded("import simulator.notebook, simulator.experiment") & later


def test_importing_the_face_of_notebooks_loads_nothing():
    assert not _loaded("import loanstress") & {*HEAVY, "numpy", "pandas", "pydantic"}


def test_pandas_is_loaded_inside_functions_of_the_face_of_notebooks_only():
    files = [*(ROOT / "simulator").rglob("*.py"), *(ROOT / "loanstress").rglob("*.py")]
    at_the_top, inside = [], set()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if "pandas" in names:
                inside.add(file.relative_to(ROOT).parts[0])
        loaded = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        at_the_top += [file for node in loaded if "pandas" in ast.unparse(node)]
    assert at_the_top == []
    assert inside == {"loanstress"}


def test_help_loads_nothing_heavy():
    assert not _loaded("from simulator.cli.run import main\nmain(['--help'])") & set(HEAVY)


def test_the_public_names_are_few_and_all_exist():
    assert len(simulator.__all__) <= 12
    for name in simulator.__all__:
        assert getattr(simulator, name).__doc__, name
    assert set(simulator.__all__) <= set(dir(simulator))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = simulator.no_such_name
