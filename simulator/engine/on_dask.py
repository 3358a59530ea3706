"""Work units on Dask: workers leave blocks in the run's folder, and receipts come back.

The packed book, worlds and lever tables travel once; a worker gets no class of a user's. Every task
looks first for the block that it would make, so that a task that is given again - a worker died, a
client came back - makes nothing twice that is whole.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from simulator.engine.block_file import DamagedBlockError, read_block, write_block
from simulator.engine.kept import Kept
from simulator.engine.keys import code_of_sections
from simulator.engine.store import block_name
from simulator.engine.threads import processors
from simulator.engine.unit_work import Context
from simulator.engine.units import Unit
from simulator.engine_settings import EngineSettings
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    from distributed import Client

NEEDED: Final = "engine=dask needs Dask: pip install 'loanstress[dask]'"
_OUTSTANDING: Final = 2
"""Tasks given out for each thread of the workers: the next is there when one ends."""
_PATIENCE: Final = 10.0
"""Seconds until a scheduler that does not answer counts as lost."""
_PAUSE: Final = 0.01
"""Seconds between two looks at the tasks."""
_TIMES: Final = 5
"""How often a unit is given out before its block counts as one that cannot be made."""


class Receipt(NamedTuple):
    """The file of a unit's block, and whether this task made it."""

    file: str
    made: bool


def make_block(context: Context, unit: Unit, folder: str) -> Receipt:
    """Leave a unit's block in ``folder``, unless it is there and whole; runs on a worker."""
    world = context.world(unit)
    file = Path(folder) / block_name(context.entries(unit, world))
    try:
        read_block(file)
    except DamagedBlockError:
        part = context.make(unit, world, context.scratch())
        try:
            write_block(file, context.block(unit, world, part))
        except OSError as error:
            raise UserError(
                f"{clip(folder, 200)}: a worker could not write a block of paths"
                f" ({clip(error.strerror or error, 100)}): make room and give the same command"
                " again"
            ) from error
        return Receipt(file.name, made=True)
    return Receipt(file.name, made=False)


@dataclass(frozen=True, slots=True)
class DaskRunner:
    """Runs units on a cluster, its own or the one whose scheduler is named."""

    settings: EngineSettings

    def __call__(self, units: Sequence[Unit], kept: Kept, advance: Callable[[int], None]) -> None:
        """Have ``units`` made; every block is taken as its receipt comes.

        Raises ``UserError`` where the cluster is lost; blocks that were made stay.
        """
        if not units:
            return
        check_engine(self.settings)
        folder = kept.store.folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        with _told(kept), self.client() as client:
            _check_workers(client, folder)
            Tasks(client, kept, folder, advance).run(units)

    @contextmanager
    def client(self) -> "Iterator[Client]":
        """A client of the cluster, which ends with it where it is its own."""
        from distributed import Client, LocalCluster, Security

        own = self.settings
        if own.scheduler is not None:
            asked = {"security": _security(own), "timeout": _PATIENCE, "set_as_default": False}
            with Client(own.scheduler, **asked) as client:
                yield client
            return
        with (
            tempfile.TemporaryDirectory(prefix="loanstress-dask-") as scratch,
            LocalCluster(
                n_workers=own.workers or processors(),
                threads_per_worker=1,
                host="127.0.0.1",
                protocol="tls://",
                security=Security.temporary(),
                dashboard_address=None,
                local_directory=scratch,
                memory_limit=0,
                silence_logs=50,
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client


class Tasks:
    """Units that are out, each with the task that makes it.

    ``make``: what a worker does of (context, unit, folder).
    """

    def __init__(
        self,
        client: "Client",
        kept: Kept,
        folder: Path,
        advance: Callable[[int], None],
        make: Callable[[Context, Unit, str], Receipt] = make_block,
    ) -> None:
        self._client, self._kept, self._folder, self._advance = client, kept, folder, advance
        self._make = make
        self._context: Any = None
        self._given: dict[Unit, int] = {}
        self._out: dict[Any, Unit] = {}

    def run(self, units: Sequence[Unit]) -> None:
        """Give all out, as many at a time as the workers' threads take.

        Tasks are asked for their state again and again: no call of Dask's ends where a scheduler
        is lost for good.
        """
        waiting = deque(units)
        most = _OUTSTANDING * (sum(self._client.nthreads().values()) or 1)
        while waiting or self._out:
            while waiting and len(self._out) < most:
                self._give(waiting.popleft())
            ended = [task for task in self._out if task.status != "pending"]
            waiting.extendleft(unit for unit in map(self._take, ended) if unit is not None)
            if not ended:
                if self._client.status in ("closing", "closed"):
                    raise OSError("the scheduler does not answer")
                sleep(_PAUSE)

    def _give(self, unit: Unit) -> None:
        self._given[unit] = self._given.get(unit, 0) + 1
        if self._given[unit] > _TIMES:
            raise UserError(
                f"engine=dask: paths {unit.first} to {unit.last - 1} of {unit.scenario} could not"
                f" be made in {_TIMES} attempts"
            )
        if self._context is None or self._context.status in ("lost", "cancelled", "error"):
            # A task of its own: what a worker held is made again from it where that worker dies.
            self._context = self._client.submit(
                _itself, self._kept.context, key=f"context-{uuid4()}", pure=False
            )
        task = self._client.submit(
            self._make,
            self._context,
            unit,
            str(self._folder),
            key=f"paths-{unit.scenario}-{unit.first}-{uuid4()}",
            pure=False,
        )
        self._out[task] = unit

    def _take(self, task: Any) -> Unit | None:
        """Put in the block of a task that has ended; its unit where that must be given again."""
        unit = self._out.pop(task)
        if task.status in ("lost", "cancelled"):
            return unit
        receipt: Receipt = task.result()
        self._kept.store.add(receipt.file, made=receipt.made)
        found = self._kept.take_unit(unit)
        self._advance((unit.last - unit.first) * len(found))
        lacking = tuple(policy for policy in unit.policies if policy not in found)
        return unit._replace(policies=lacking) if lacking else None


def _itself(context: Context) -> Context:
    return context


def _sees(folder: str, probe: str) -> tuple[bool, str]:
    return (Path(folder) / probe).is_file(), code_of_sections()


def _check_workers(client: "Client", folder: Path) -> None:
    """Refuse workers that do not write where this process reads, or run other code."""
    probe = folder / f".probe-{os.getpid()}-{uuid4()}"
    probe.touch()
    try:
        seen = client.run(_sees, str(folder), probe.name)
    finally:
        probe.unlink()
    if {code for _, code in seen.values()} - {code_of_sections()}:
        raise UserError(
            "engine=dask: the workers run another version of the program, of Python, numpy or numba"
        )
    if not all(is_seen for is_seen, _ in seen.values()):
        raise UserError(
            f"{clip(folder, 200)}: the workers do not see it; the run's folder must be on storage"
            " that all share"
        )


@contextmanager
def _told(kept: Kept) -> Iterator[None]:
    """What ends a cluster, as one line; what was made is kept."""
    try:
        import distributed
        from distributed.comm import CommClosedError
    except ImportError as error:
        raise UserError(NEEDED) from error
    client = distributed.client
    lost = (
        *(CommClosedError, OSError, TimeoutError, distributed.scheduler.KilledWorker),
        *(client.ClosedClientError, client.FuturesCancelledError),
    )
    try:
        yield
    except UserError:
        raise
    except lost as error:
        why = clip(f"{type(error).__name__}: {error}", 200)
        raise UserError(
            f"engine=dask: the cluster was lost ({why}); {kept.store.made} blocks were made and are"
            " kept: the same command in the same folder goes on"
        ) from error


def check_engine(settings: EngineSettings) -> None:
    """Refuse settings with which no cluster can be reached, before anything is made."""
    if find_spec("distributed") is None:
        raise UserError(NEEDED)
    for name in ("tls_ca_file", "tls_cert", "tls_key"):
        file = getattr(settings, name)
        if file is not None and not Path(file).is_file():
            raise UserError(f"engine.{name} must be a file; got {clip(file, 200)}")
    if settings.scheduler is not None:
        _check_address(settings)


def _check_address(settings: EngineSettings) -> None:
    address = str(settings.scheduler)
    if not (settings.is_encrypted or settings.allow_unencrypted or _is_loopback(address)):
        raise UserError(
            f"engine.scheduler={clip(address)} would be spoken to in the clear, and who reaches it"
            " runs code there: set engine.tls_ca_file, engine.tls_cert and engine.tls_key, or"
            " engine.allow_unencrypted=true"
        )


def _security(settings: EngineSettings) -> Any:
    """How a scheduler elsewhere is spoken to; None in the clear."""
    from distributed import Security

    if settings.is_encrypted:
        return Security(
            tls_ca_file=settings.tls_ca_file,
            tls_client_cert=settings.tls_cert,
            tls_client_key=settings.tls_key,
            require_encryption=True,
        )
    return None


def _is_loopback(address: str) -> bool:
    """Whether a scheduler's address is of this machine alone."""
    host = address.rpartition("://")[2].rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
