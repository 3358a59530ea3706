"""Philox4x32-10 in plain Python integers (docs/model.md, section 1)."""

from dataclasses import dataclass
from functools import lru_cache

from simulator.vocabulary import Domain

WORD = 2**32
Words = tuple[int, int, int, int]


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Ten rounds; source: Salmon et al., SC 2011, section 3.3."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high_0, low_0 = divmod(0xD2511F53 * c0, WORD)
        high_1, low_1 = divmod(0xCD9E8D57 * c2, WORD)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0 = (k0 + 0x9E3779B9) % WORD
        k1 = (k1 + 0xBB67AE85) % WORD
    return c0, c1, c2, c3


@lru_cache(maxsize=200_000)
def _words(seed: int, path: int, identity: int, month: int, group: int, domain: int) -> Words:
    counter = (
        identity % WORD,
        identity // WORD,
        month + 2**16 * group + 2**28 * domain,
        path,
    )
    return philox(counter, (seed % WORD, seed // WORD))


@dataclass(frozen=True, slots=True)
class Luck:
    """The uniforms of one path."""

    seed: int
    path: int

    def borrower(self, identity: int, month: int, draw: int) -> float:
        """U[draw] of a borrower in a month."""
        return self._uniform(identity, month, draw, Domain.BORROWER)

    def loan(self, identity: int, month: int, draw: int) -> float:
        """U[draw] of a loan in a month."""
        return self._uniform(identity, month, draw, Domain.LOAN)

    def _uniform(self, identity: int, month: int, draw: int, domain: Domain) -> float:
        words = _words(self.seed, self.path, identity, month, draw // 4, int(domain))
        return (words[draw % 4] + 0.5) / WORD
