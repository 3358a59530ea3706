"""Builds a release, installs it somewhere else and runs it: ``python -m tools.release FOLDER``.

FOLDER gets ``dist/`` with wheel and sdist, and a virtual environment for each in which the program
runs from what was built alone. Nothing is uploaded. Exit code 0: both may be released; before that
the places that name the version must agree and the changelog must have its section.
"""

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from tools import ROOT

SMOKE: Final = (
    "run=smoke", "book.borrowers=200", "book.donors=500", "book.burn_in_months=12",
    "scenario=[downturn]", "policy=[grace_period]", "assumptions=null",
)  # fmt: skip
_NOTEBOOK: Final = """
import sys, loanstress
run = loanstress.load(sys.argv[1])
assert len(run.summary) and len(loanstress.parameters()) > 100
print(run)
"""
WHEEL: Final = (
    "simulator/catalogue.csv",
    "simulator/py.typed",
    "simulator/report/kit/languages/zh.po",
    "simulator/report/kit/templates/page.html.j2",
    "simulator/desk/page/desk.html",
    "simulator/desk/page/fields.js",
    "simulator/book/shipped/data/lending_club_2016q1.csv",
    "simulator/_shipped/configs/config.yaml",
    "simulator/_shipped/scenarios/_macro/downturn.csv",
    "loanstress/__init__.py",
    "loanstress/py.typed",
)
"""What a wheel must hold, beside the code."""


def versions(root: Path = ROOT) -> dict[str, str]:
    """The version by the place that names it."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    package = (root / "simulator" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "(.+)"$', package, re.MULTILINE)
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    return {
        "pyproject.toml": str(project["version"]),
        "simulator/__init__.py": found[1] if found else "none",
        "CITATION.cff": str(citation["version"]),
    }


def troubles(root: Path = ROOT) -> Iterator[str]:
    """What keeps the version from being released, a line each."""
    named = versions(root)
    if len(set(named.values())) > 1:
        yield f"versions differ: {', '.join(f'{place} {v}' for place, v in named.items())}"
    version = named["pyproject.toml"]
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    if f"## [{version}]" not in changelog:
        yield f"CHANGELOG.md has no section [{version}]"
    unreleased = changelog.partition("## [Unreleased]")[2].partition("\n## [")[0]
    if unreleased.strip():
        yield "CHANGELOG.md: what is under [Unreleased] belongs to the version"


def lacking(wheel: Path) -> list[str]:
    """What a wheel must hold and does not."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    licences = [name for name in names if name.endswith("licenses/LICENSE")]
    return [*(set(WHEEL) - set(names)), *([] if licences else ["LICENSE"])]


def build(dist: Path) -> tuple[Path, Path]:
    """Wheel and sdist of this checkout in ``dist``."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(dist)]
    subprocess.run(command, cwd=ROOT, check=True)
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    return wheel, sdist


def try_out(built: Path, folder: Path) -> None:
    """Install ``built`` in an environment of its own and run it there, away from the checkout."""
    venv.create(folder, with_pip=True, clear=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["-c", str(ROOT / "constraints.txt")]
    subprocess.run([*install, f"{built}[notebook]", *constraints], check=True)
    out = folder / "smoke"
    for words in (
        ["-m", "simulator", "--version"],
        ["-m", "simulator", *SMOKE, f"hydra.run.dir='{out.as_posix()}'"],
        ["-m", "simulator.report", str(out)],
        ["-c", _NOTEBOOK, str(out)],
    ):
        subprocess.run([python, *words], cwd=folder, check=True)


def main(words: list[str]) -> int:
    """Exit code of the whole recipe."""
    if len(words) != 1:
        print(__doc__)
        return 2
    told = list(troubles())
    if told:
        print("\n".join(told))
        return 1
    folder = Path(words[0]).absolute()
    wheel, sdist = build(folder / "dist")
    missing = lacking(wheel)
    if missing:
        print(f"{wheel.name} lacks {', '.join(missing)}")
        return 1
    for built, name in ((wheel, "wheel"), (sdist, "sdist")):
        try_out(built, folder / name)
    print(f"{wheel.name} and {sdist.name} install and run")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
