"""The same bits whatever the processor's and the system's library would round: fresh processes.

Not covered: the library behind matrix products (allowances by grade are made with it).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

ROOT = Path(__file__).parent.parent
RUN = (
    "book.borrowers=300",
    "run.paths=4",
    "run.months=8",
    "run.runoff_months=6",
    "run.threads=1",
    "assumptions=null",
    "report.enabled=false",
)
EVIDENCE = """
import json, math, sys
from numpy._core._multiarray_umath import __cpu_features__ as features
import numba
luck = [math.exp(k / 7919) for k in range(-20000, 20000)]
luck += [math.pow(1 + k / 7919, 0.37) for k in range(20000)]
print(json.dumps({
    "numpy": [name for name in ("X86_V3", "X86_V4", "AVX512_ICL") if features.get(name)],
    "libm": hash(tuple(luck)),
    "kernels": numba.config.CPU_NAME,
}))
"""
PLAIN: dict[str, str] = {}
NO_WIDE_NUMPY = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}
NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4,-AVX512F"}
GENERIC = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


def python(arguments: list[str], switch: dict[str, str], folder: Path) -> str:
    environment = os.environ | switch | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def evidence(switch: dict[str, str], folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(python(["-c", EVIDENCE], switch, folder))
    return found


def results(switch: dict[str, str], folder: Path) -> xr.Dataset:
    python(["-m", "simulator", *RUN, f"hydra.run.dir={folder / 'run'}"], switch, folder)
    return xr.load_dataset(folder / "run" / "results.nc")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    return results(PLAIN, tmp_path_factory.mktemp("plain"))


def assert_same_bits(found: xr.Dataset, plain: xr.Dataset) -> None:
    assert set(found.variables) == set(plain.variables)
    differing = [name for name in plain.variables if not found[name].identical(plain[name])]
    assert differing == []


def test_without_numpys_wide_registers(plain: xr.Dataset, tmp_path: Path) -> None:
    if not evidence(PLAIN, tmp_path)["numpy"]:
        pytest.skip("this processor has none")
    assert evidence(NO_WIDE_NUMPY, tmp_path)["numpy"] == []
    assert_same_bits(results(NO_WIDE_NUMPY, tmp_path), plain)


def test_with_a_mathematical_library_without_fused_products(
    plain: xr.Dataset, tmp_path: Path
) -> None:
    if evidence(NO_FMA, tmp_path)["libm"] == evidence(PLAIN, tmp_path)["libm"]:
        pytest.skip("this system's library has no other version")
    assert_same_bits(results(NO_FMA, tmp_path), plain)


@pytest.mark.slow
def test_with_kernels_for_any_processor(plain: xr.Dataset, tmp_path: Path) -> None:
    switch = GENERIC | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    assert evidence(switch, tmp_path)["kernels"] == "generic"
    assert_same_bits(results(switch, tmp_path), plain)
