"""Help, version and configuration: quick, complete, wherever it is installed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import simulator
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.groups import TABLE
from simulator.cli.run import main

pytestmark = pytest.mark.usefixtures("elsewhere")
REPOSITORY = Path(simulator.__file__).parent.parent


def _command(*arguments: str, cwd: Path, path: Path = REPOSITORY) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_names_every_group_and_choice_quickly(tmp_path, capsys):
    began = time.perf_counter()
    done = _command("-m", "simulator", "--help", cwd=tmp_path)
    with capsys.disabled():
        print(f"[--help took {time.perf_counter() - began:.2f} s] ", end="")
    assert done.returncode == 0
    assert done.stderr == ""
    folders = find_folders()
    for group in TABLE:
        assert f"\n  {group} " in done.stdout
        for name in folders.choices(group):
            assert name in done.stdout
    assert done.stdout.count("python -m simulator") >= 4


def test_help_loads_none_of_the_heavy_modules(tmp_path):
    done = _command("-X", "importtime", "-m", "simulator", "--help", cwd=tmp_path)
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "yaml" in loaded
    assert loaded.isdisjoint({"numba", "xarray", "hydra", "omegaconf", "plotly", "numpy", "scipy"})


def test_version_is_one_line(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("loanstress ")


def test_a_wheel_without_checkout_finds_its_folders(tmp_path):
    installed = tmp_path / "site"
    shutil.copytree(
        REPOSITORY / "simulator", installed / "simulator", ignore=shutil.ignore_patterns("__pyc*")
    )
    for name in ("configs", "scenarios"):
        shutil.copytree(REPOSITORY / name, installed / "simulator" / "_shipped" / name)
    done = _command("-m", "simulator", "--cfg", "job", cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr
    assert "grace_period" in done.stdout


def test_cfg_and_info_still_work(capsys, tmp_path):
    assert main(["--cfg", "job", "--package", "run", "run.paths=7"]) == 0
    assert "paths: 7" in capsys.readouterr().out
    done = _command("-m", "simulator", "--info", "searchpath", cwd=tmp_path)
    assert done.returncode == 0
    assert "scenarios" in done.stdout
