"""How near a run is to the precision that was asked, and what would do: a sentence a figure."""

from collections.abc import Iterator, Mapping

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import sentences, tr
from simulator.report.kit.numbers import number, percent, significant_decimals
from simulator.report.kit.text import clean
from simulator.results.run import items_of


def precision_lines(data: ReportData) -> Iterator[str]:
    """A line for each figure whose precision was asked; none without any."""
    found = data.run.precision
    paths = found.get("paths")
    for each in items_of(found.get("figures")):
        if isinstance(each, Mapping) and isinstance(paths, int):
            yield _line(data, each, paths)
    for metric in items_of(found.get("not_judged")):
        yield tr(
            "{metric}: not judged: it has no scatter, or is not clearly off 0, so that a share of"
            " its mean says nothing; an absolute precision does.",
            metric=clean(metric, 60),
        )


def _line(data: ReportData, each: Mapping[str, object], paths: int) -> str:
    said = {
        "metric": clean(each.get("metric"), 60),
        "policy": data.policy_label(str(each.get("policy"))),
        "where": data.where(str(each.get("scenario"))),
        "half": _size(each, "half"),
        "wanted": _size(each, "wanted"),
        "paths": f"{paths:,}",
    }
    needed = each.get("paths_that_would_do")
    if each.get("reached"):
        told = tr("{metric}: ±{half} with {paths} paths ({policy} {where}).", **said)
    elif isinstance(needed, int) and needed > paths:
        told = tr(
            "{metric}: not reached: ±{half} at {paths} paths, ±{wanted} asked; about {needed} would"
            " do ({policy} {where}).",
            needed=f"{needed:,}",
            **said,
        )
    else:
        told = tr(
            "{metric}: not reached: ±{half} at {paths} paths, ±{wanted} asked ({policy} {where}).",
            **said,
        )
    floor, wanted = _number(each, "half_left_by_the_book"), _number(each, "wanted")
    if not floor > wanted:
        return told
    return sentences(
        told,
        tr(
            "The draw of the book alone leaves ±{floor}, whatever the paths: more borrowers narrow"
            " it.",
            floor=_size(each, "half_left_by_the_book"),
        ),
    )


def _size(each: Mapping[str, object], key: str) -> str:
    """A half width: of the mean in percent where that is asked, else in the figure's unit."""
    value, mean = _number(each, key), abs(_number(each, "mean"))
    if each.get("is_relative") and mean > 0.0:
        return percent(value / mean, significant_decimals([100.0 * value / mean], 2, 3))
    return number(value, significant_decimals([value], 2, 6))


def _number(each: Mapping[str, object], key: str) -> float:
    value = each.get(key)
    return float(value) if isinstance(value, int | float) else float("nan")
