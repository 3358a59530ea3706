"""A name that stays: ``python -m simulator.scenario`` is ``loanstress scenario``."""
