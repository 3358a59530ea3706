"""Scores of any scale on the model's: 0-1000, higher is better, 600 and 100 over all borrowers."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import rankdata

from simulator.book.distributions import SCORE_MEAN, SCORE_SD
from simulator.book.schema import F8
from simulator.book.tape.mapping import Direction, MeanAndSpread, ScaleName
from simulator.book.tape.synonyms import plain_word
from simulator.elementary import normal_quantile
from simulator.reading.cells import B, Trouble

HIGHEST: Final = 1000.0


class Bureau(NamedTuple):
    """A public scale: its range, and mean and standard deviation over a country's adults."""

    low: float
    high: float
    mean: float
    spread: float
    words: str


BUREAUS: Final[Mapping[str, Bureau]] = {
    "fico": Bureau(300.0, 850.0, 714.0, 90.0, "FICO (300-850, mean 714, spread 90 in the US)"),
    "zhima": Bureau(350.0, 950.0, 630.0, 60.0, "芝麻分 (350-950, mean 630, spread 60)"),
}
"""FICO: US average 714 in 2021 (FICO); spreads, and the mean of 芝麻分, are assumptions."""
_HEADERS: Final = {
    "fico": "fico",
    "vantage": "fico",
    "beacon": "fico",
    "芝麻": "zhima",
    "zhima": "zhima",
    "sesame": "zhima",
}
"""Part of a header's plain word -> scale that it leaves no doubt of."""
BUREAU_WORDS: Final = ("creditscore", "bureauscore", "creditbureauscore")
"""Headers that in the US name a score of 300-850."""
LEAST_ROWS: Final = 20
"""Scores that tell a mean and a spread."""
_NEAR: Final = 75.0
"""Most that the mean of a book's scores lies off the model's."""
_BUREAU_FROM: Final = 640.0
"""From this mean on scores that all lie in 300-850 may be FICO's."""


CODES: Final = (0.0, -1.0, -9.0, -99.0, -999.0, 999.0, 9999.0, 99999.0)
"""Numbers that stand for no score, where they lie far from all scores; 9000 and more as well."""
_FAR: Final = 3.0
"""Standard deviations that lie between such a number and the nearest score."""


def codes_of_nothing(score: F8) -> B:
    """Scores (n,) that are codes for no score: 0, 9999 and the like, far from the others."""
    known = np.isfinite(score)
    coded = known & (np.isin(score, CODES) | ((score >= 9000.0) & (score <= 9999.0)))
    others = score[known & ~coded]
    if not coded.any() or others.size < LEAST_ROWS:
        return np.zeros(score.size, dtype=bool)
    gap = _FAR * float(others.std())
    far: B = coded & ((score < others.min() - gap) | (score > others.max() + gap))
    return far


class Recognised(NamedTuple):
    """``scale``: what the scores are on; None where ``question`` must be answered."""

    scale: ScaleName | None
    question: str = ""


def recognise(header: str, score: F8, law: str) -> Recognised:
    """The scale of the known ``score`` (n,) under ``header`` in the jurisdiction ``law``."""
    plain = plain_word(header)
    named = next((scale for word, scale in _HEADERS.items() if word in plain), None)
    if named is not None:
        return Recognised("fico" if named == "fico" else "zhima")
    low, high, mean = float(score.min()), float(score.max()), float(score.mean())
    fico = BUREAUS["fico"]
    in_fico = fico.low <= low and high <= fico.high
    if law == "us" and plain in BUREAU_WORDS and in_fico:
        return Recognised("fico")
    if score.size < LEAST_ROWS and high > 100.0:
        return Recognised("model")
    if 1.0 < high <= 100.0 and low >= 0.0:
        return Recognised("percent")
    if abs(mean - SCORE_MEAN) <= _NEAR and not (in_fico and mean >= _BUREAU_FROM):
        return Recognised("model")
    return Recognised(
        None,
        f"score: {score.size} scores from {low:,.6g} to {high:,.6g}, mean {mean:,.5g}, are not like"
        f" the model's ({SCORE_MEAN:.0f} over all borrowers, spread {SCORE_SD:.0f}): say in the"
        " mapping score_scale: fico, zhima, percent (0-100), own (this book's mean and spread),"
        " ranks, model, or {mean: M, spread: S} of your applicants",
    )


def on_the_models_scale(
    score: F8, scale: ScaleName | MeanAndSpread, direction: Direction | None
) -> F8:
    """``score`` (n,) on the model's scale, NaN where it is NaN; within 0-1000 unless ``model``."""
    if scale == "model":
        return score if direction != "lower_is_better" else HIGHEST - score
    z = _z(score, scale)
    if direction == "lower_is_better":
        z = -z
    return np.clip(SCORE_MEAN + SCORE_SD * z, 0.0, HIGHEST)


def _z(score: F8, scale: ScaleName | MeanAndSpread) -> F8:
    """Standard deviations above the mean of the scale's own population."""
    if isinstance(scale, MeanAndSpread):
        return (score - scale.mean) / scale.spread
    if scale in BUREAUS:
        bureau = BUREAUS[scale]
        return (score - bureau.mean) / bureau.spread
    known = np.isfinite(score)
    z = np.full(score.size, np.nan)
    if scale == "ranks" and known.any():
        z[known] = normal_quantile((rankdata(score[known]) - 0.5) / np.count_nonzero(known))
        return z
    spread = float(score[known].std()) if known.any() else 0.0
    z[known] = (score[known] - score[known].mean()) / spread if spread > 0 else 0.0
    return z


def outside(score: F8, scale: ScaleName | MeanAndSpread) -> list[Trouble]:
    """Scores that a public scale does not have."""
    bureau = BUREAUS.get(scale) if isinstance(scale, str) else None
    if scale == "percent":
        bureau = Bureau(0.0, 100.0, 50.0, 1.0, "percent (0-100)")
    if bureau is None:
        return []
    rule = (
        f"a score outside {bureau.low:.0f}-{bureau.high:.0f}, its scale (score_scale: {scale});"
        " leave cells empty where nothing is known"
    )
    return [Trouble((score < bureau.low) | (score > bureau.high), rule)]


def words_of(scale: ScaleName | MeanAndSpread) -> str:
    """The scale for a note."""
    if isinstance(scale, MeanAndSpread):
        return f"a scale of mean {scale.mean:g} and spread {scale.spread:g}"
    if scale in BUREAUS:
        return BUREAUS[scale].words
    return {
        "percent": "0-100, by this book's own mean and spread",
        "own": "the book's own mean and spread",
        "ranks": "the ranks within the book",
    }.get(scale, "the model's")


LEAST_EACH: Final = 5
"""Overdue and current loans that tell whether low scores are the bad ones."""
_SURE: Final = 3.0
"""Standard errors beyond which overdue loans have the higher scores."""


def runs_backwards(score: F8, late: B) -> float | None:
    """Probability that an overdue loan has the higher score, where it is surely above a half.

    The Mann-Whitney statistic with its standard error under no difference; None where the scores
    do not speak against higher is better.
    """
    known = np.isfinite(score)
    bad, good = int((late & known).sum()), int((~late & known).sum())
    if bad < LEAST_EACH or good < LEAST_EACH:
        return None
    ranks = rankdata(score[known])
    above = (ranks[late[known]].sum() - bad * (bad + 1) / 2) / (bad * good)
    error = float(np.sqrt((bad + good + 1) / (12.0 * bad * good)))
    return float(above) if above > 0.5 + _SURE * error else None
