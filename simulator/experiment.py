"""The whole story on one screen: checks, book, worlds, simulation, results, report."""

from pathlib import Path
from typing import TYPE_CHECKING

from simulator.break_even.question import ask
from simulator.explain.assumption_list import check_assumptions
from simulator.explain.cause_question import check_causes
from simulator.explain.emulate_question import ask_emulators
from simulator.explain.fit_file import fit_for
from simulator.explain.reverse_question import ask_reverse
from simulator.explain.search_question import ask_searches
from simulator.explain.sensitivity_question import sensitivity_of
from simulator.explain.underwriting import check_underwriting
from simulator.policies.own_kinds import check_edits
from simulator.progress import Progress, Silent
from simulator.provision import check_books
from simulator.request import ExperimentRequest
from simulator.simulating import simulate_request

if TYPE_CHECKING:
    from simulator.results.run import Run


def run_experiment(
    request: ExperimentRequest, output: Path | None = None, progress: Progress | None = None
) -> "Run":
    """Run the experiment; its files take the place of what is in ``output``, when they are whole.

    Parameters
    ----------
    request : ExperimentRequest
        Everything that decides the numbers, validated.
    output : Path or None
        Held by the caller (``simulator.results.run_folder.replacing``).
    progress : Progress or None
        What is told how far it is.

    Returns
    -------
    Run
        All answers.

    Raises
    ------
    UserError
        For anything that the user can mend.

    References
    ----------
    docs/model.md.
    """
    watch = progress or Silent()
    scenarios = tuple(request.scenarios)
    questions = ask(request.break_even, request.all_policies, scenarios, request.run)
    check_books(request.provision, scenarios)
    for name, policy in request.all_policies.items():
        check_edits(name, policy)
    check_causes(request)
    check_underwriting(request)
    reverse, emulated = ask_reverse(request), ask_emulators(request)
    searched = ask_searches(request)
    sensitivity_of(request)
    check_assumptions(request)
    fit_for(request)
    from simulator.break_even import work as of_break_even
    from simulator.explain.work import work_of  # slow to import, and mistakes come first

    beside = of_break_even.work_of(questions, request.run.paths)
    beside += work_of(request, reverse, emulated, searched)
    simulated = simulate_request(request, watch, output, beside)

    # Imported here so that help and mistakes are answered without xarray and plotly.
    from simulator.conclusion import Asked, conclude

    return conclude(
        request, simulated, Asked(questions, reverse, emulated, searched), output, watch
    )
