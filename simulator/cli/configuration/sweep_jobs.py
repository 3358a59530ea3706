"""The jobs of a sweep, as arguments."""

from hashlib import sha256
from typing import NamedTuple


class SweepPlan(NamedTuple):
    """The jobs of a sweep, each with all its arguments, and the keys that are swept."""

    jobs: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]

    def values(self, job: int) -> tuple[str, ...]:
        """What the swept keys are in a job."""
        found = dict(text.lstrip("+").partition("=")[::2] for text in self.jobs[job])
        return tuple(found[key] for key in self.keys)

    def token(self, job: int) -> str:
        """Digest of a job's arguments."""
        return sha256("\n".join(self.jobs[job]).encode()).hexdigest()[:16]

    def samples(self, most: int) -> list[tuple[str, ...]]:
        """All jobs, or of more than ``most`` as many as hold every value of every key."""
        if len(self.jobs) <= most:
            return list(self.jobs)
        seen: set[tuple[str, str]] = set()
        found = []
        for number, job in enumerate(self.jobs):
            pairs = set(zip(self.keys, self.values(number), strict=True))
            if not pairs <= seen:
                seen |= pairs
                found.append(job)
        return found
