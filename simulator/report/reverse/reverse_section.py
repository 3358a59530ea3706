"""The section of the page on what breaks the lender."""

from dataclasses import dataclass

from simulator.report.kit.data import ReportData
from simulator.report.reverse import reverse_words as say
from simulator.report.reverse.sensitivity_words import sensitivity_sentence, sensitivity_table
from simulator.results.reverse import ReverseAnswer
from simulator.results.table import Table


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """One answer: its name, sentences and tables, those that hold something."""

    title: str
    sentence: str
    further: tuple[str, ...]
    mix: Table | None
    distances: Table | None
    early: Table | None


@dataclass(frozen=True, slots=True)
class WorstBlock:
    """What the worst tenth of a scenario's paths have in common."""

    title: str
    sentence: str
    table: Table


@dataclass(frozen=True, slots=True)
class ReverseSection:
    """Answers of reverse stress, then the worst paths of each scenario."""

    answers: tuple[AnswerBlock, ...]
    worst: tuple[WorstBlock, ...]
    sensitivity: str
    parameters: Table | None


def reverse_section(data: ReportData) -> ReverseSection | None:
    """None where the results tell nothing of it."""
    answers = tuple(_block(data, answer) for answer in data.run.reverse)
    worst = tuple(
        WorstBlock(
            data.scenario_label(scenario),
            say.worst_sentence(data, scenario),
            say.worst_table(data, scenario),
        )
        for scenario in say.scenarios_with_worst(data)
    )
    table = sensitivity_table(data)
    if not (answers or worst or table):
        return None
    return ReverseSection(answers, worst, sensitivity_sentence(data), table)


def _block(data: ReportData, answer: ReverseAnswer) -> AnswerBlock:
    found = answer.outcome != "already"
    return AnswerBlock(
        title=say.words(answer.name),
        sentence=say.answer_sentence(data, answer),
        further=tuple(say.further_sentences(data, answer)),
        mix=say.mix_table(answer) if found else None,
        distances=say.distance_table(data, answer) if found and answer.usual else None,
        early=say.early_table(answer) if answer.indicators else None,
    )
