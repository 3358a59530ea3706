"""The commands of ``loanstress``, a file each, and what they share."""
