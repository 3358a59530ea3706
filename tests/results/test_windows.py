"""Results from sums that are not in memory: the same bits, and no case held whole."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from simulator import path_windows
from simulator.kernels.tally import PER_PATH, Tallies
from simulator.path_windows import Pair, StoredPaths, window_of
from simulator.results.checks import run_checks
from simulator.results.dataset import to_dataset
from simulator.results.inputs import SimulationOutput
from simulator.results.intervals import over_paths
from simulator.results.manifest import live_borrower_months
from simulator.results.on_disk import OnDisk, Scratch
from simulator.results.sampling import Draws
from simulator.results.store import write_results
from simulator.results.summary import summarise
from simulator.validation import UserError
from tests.results.outputs import output_of, random_tallies
from tests.results.provisions.loans_by_hand import run_of


class Stored(StoredPaths):
    """Sums that are handed out a window at a time, and what was asked for."""

    def __init__(self, held: dict[Pair, Tallies], folder: Path, room: int) -> None:
        self._held, self.folder, self.room = held, folder, room
        self.n_paths = next(iter(held.values())).flows.shape[0]
        self.most = 0

    def window(self, pair: Pair, first: int, last: int, names: tuple[str, ...]) -> Tallies:
        self.most = max(self.most, last - first)
        found = window_of(self._held, pair, first, last)
        return found._replace(
            **{name: getattr(found, name)[:0] for name in PER_PATH if name not in names}
        )

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def stored(output: SimulationOutput, folder: Path, room: int) -> tuple[SimulationOutput, Stored]:
    tallies = Stored(dict(output.tallies), folder, room)
    return replace(output, tallies=tallies), tallies


def three_cases() -> SimulationOutput:
    paths = {name: random_tallies(at, 40, 6) for at, name in enumerate(("status_quo", "other"))}
    return output_of(paths, months=4, scenarios=("baseline", "downturn"))


@pytest.mark.parametrize("room", [1, 20_000, 1 << 30])
@pytest.mark.parametrize("width", [7, 128])
def test_results_do_not_depend_on_where_sums_are(
    room: int, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_windows, "WINDOW", width)
    for output in (three_cases(), run_of()):
        plain = to_dataset(output)
        other, tallies = stored(output, tmp_path, room)
        found = to_dataset(other)
        xr.testing.assert_identical(plain, found.load())
        assert run_checks(output, plain) == run_checks(other, found)
        assert live_borrower_months(output) == live_borrower_months(other)
        assert summarise(plain).__repr__() == summarise(found).__repr__()
        assert tallies.most == min(width, tallies.n_paths)


def test_what_each_path_has_is_read_when_it_is_looked_at(tmp_path: Path) -> None:
    output, _ = stored(three_cases(), tmp_path, 1)
    dataset = to_dataset(output)
    assert not dataset["balance"].variable._in_memory
    assert np.isfinite(dataset["balance"].values).all()
    assert not dataset["balance"].variable._in_memory
    assert list(tmp_path.iterdir()) == []  # the file has no name
    write_results(tmp_path / "out", dataset, summarise(dataset), {})
    with xr.open_dataset(tmp_path / "out" / "results.nc") as again:
        assert np.array_equal(again["balance"].values, dataset["balance"].values)


def test_parts_of_numbers_on_disk(tmp_path: Path) -> None:
    numbers, draw = Scratch(tmp_path).allocate((2, 3, 8, 4)), np.random.default_rng(7)
    assert isinstance(numbers, OnDisk)
    values = draw.normal(size=(2, 3, 8, 4))
    for scenario in range(2):
        for policy in range(3):
            for at in (slice(5, 8), slice(0, 5)):
                numbers.put((scenario, policy, at), values[scenario, policy, at])
    found = xr.DataArray(numbers.variable(("s", "p", "path", "m"), {"units": "CNY"}))
    assert np.array_equal(found.values, values)
    assert np.array_equal(found.isel(s=1, p=[0, 2]).values, values[1][[0, 2]])
    assert np.array_equal(found.sum("path").values, values.sum(axis=2))
    assert np.array_equal(found[:, 1:].values - found[:, :1].values, values[:, 1:] - values[:, :1])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: numbers of paths could not be written"):
        Scratch(tmp_path / "none")


def test_a_column_alone_has_the_bits_that_it_has_beside_others() -> None:
    values = np.random.default_rng(3).lognormal(size=(1000, 5))
    together, alone = over_paths(values, Draws(1)), over_paths(values[:, 3:4], Draws(1))
    for whole, part in zip(together.parts(), alone.parts(), strict=True):
        assert whole[3:4].tobytes() == part.tobytes()


def test_a_copy_of_numbers_on_disk_has_them_in_memory(tmp_path: Path) -> None:
    output, _ = stored(three_cases(), tmp_path, 1)
    dataset = to_dataset(output)
    again = pickle.loads(pickle.dumps(dataset))
    assert again["balance"].variable._data is not dataset["balance"].variable._data
    xr.testing.assert_identical(again.load(), dataset.copy(deep=True).load())
    assert np.array_equal(again["balance"].values, dataset["balance"].values)


def test_of_other_scenarios_nothing_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = Scratch(tmp_path).allocate((3, 2, 4))
    values = np.random.default_rng(2).normal(size=(3, 2, 4))
    for scenario in range(3):
        for policy in range(2):
            numbers.put((scenario, policy, slice(0, 4)), values[scenario, policy])
    found = xr.DataArray(numbers.variable(("s", "p", "path"), {}))
    read: list[tuple[int, ...]] = []
    whole = Scratch.read

    def noted(file: Scratch, begin: int, shape: tuple[int, ...]) -> np.ndarray:
        read.append(shape)
        return whole(file, begin, shape)

    monkeypatch.setattr(Scratch, "read", noted)
    for key in (1, -1, slice(1, None), slice(None, None, 2), slice(2, None, -1), slice(0, 0)):
        assert np.array_equal(found[key].values, values[key])
        assert np.array_equal(found[key, 1].values, values[key, 1])
    assert read[0] == (1, 2, 4)
    assert read[4] == (2, 2, 4)
