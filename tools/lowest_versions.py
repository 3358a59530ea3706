"""Whether the lower bounds in pyproject.toml are true: installs exactly them and runs a smoke test.

``python -m tools.lowest_versions FOLDER`` makes a virtual environment in FOLDER, where it stays,
and notes the bounds that work in constraints.txt. With ``--list`` the pins are printed and nothing
is installed; with ``--tried`` the exit code is 0 where these bounds have been tried already.
"""

import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONSTRAINTS: Final = ROOT / "constraints.txt"
_NOTE: Final = "# Lowest versions tried:"
_BOUND: Final = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*>=\s*([0-9][0-9A-Za-z.]*)")
SMOKE: Final = (
    "run=smoke", "book.borrowers=200", "book.donors=500", "book.burn_in_months=12",
    "scenario=[downturn]", "policy=[grace_period]", "assumptions=null",
)  # fmt: skip


def pins(project: dict[str, object]) -> list[str]:
    """``name==lowest`` of each dependency; ``ValueError`` for one without a lower bound."""
    found = []
    table = project["project"]
    assert isinstance(table, dict)
    for line in [*table["dependencies"], *table["optional-dependencies"]["xlsx"]]:
        match = _BOUND.match(line)
        if match is None:
            raise ValueError(f"{line} has no lower bound")
        found.append(f"{match[1]}=={match[2]}")
    return found


def main(words: list[str]) -> int:
    """Exit code of the smoke test with the lowest versions."""
    lowest = pins(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))
    if words == ["--list"]:
        print("\n".join(lowest))
        return 0
    if words == ["--tried"]:
        return 0 if _noted(lowest) in CONSTRAINTS.read_text("utf-8").splitlines() else 1
    if len(words) != 1:
        print(__doc__)
        return 2
    folder = Path(words[0]).absolute()
    venv.create(folder, with_pip=True, clear=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *lowest, str(ROOT)], check=True)
    out = folder / "smoke"
    for command in (
        ["-c", "import simulator.report.page, simulator.report.workbook, simulator.notebook"],
        ["-m", "simulator", *SMOKE, f"hydra.run.dir='{out.as_posix()}'"],
        ["-m", "simulator.report", str(out)],
        ["-m", "simulator.tape", str(ROOT / "examples/loans_cn.csv"), "--mapping",
         str(ROOT / "examples/loans_cn.yaml")],
    ):  # fmt: skip
        done = subprocess.run([python, *command], cwd=folder, check=False)
        if done.returncode:
            print(f"lowest versions: {' '.join(command)} ended with {done.returncode}")
            return 1
    print(f"lowest versions: {len(lowest)} pins work")
    head, *rest = CONSTRAINTS.read_text("utf-8").splitlines()
    kept = [line for line in rest if not line.startswith(_NOTE)]
    CONSTRAINTS.write_text("\n".join([head, _noted(lowest), *kept, ""]), "utf-8")
    return 0


def _noted(lowest: list[str]) -> str:
    """The line of constraints.txt that says that these bounds work."""
    return f"{_NOTE} {', '.join(lowest)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
