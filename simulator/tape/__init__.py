"""A name that stays: ``python -m simulator.tape`` is ``loanstress tape``."""
