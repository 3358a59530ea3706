"""What the desk says no with, in the reader's language.

Errors are English where they are raised; here stand those that a page shows: the desk's own, and
those of ranges, types and keys of the schema.
"""

from typing import Final

from simulator.report.kit.language import mark
from simulator.report.kit.run_messages import message_among, run_message

_MESSAGES: Final = (
    # Of one value. What names more comes first.
    mark("{key} must be in {ends}; got {value}"),
    mark("{key} must be at least {limit}; got {value}"),
    mark("{key} must be above {limit}; got {value}"),
    mark("{key} must be at most {limit}; got {value}"),
    mark("{key} must be below {limit}; got {value}"),
    mark("{key} must be true or false; got {value}"),
    mark("{key} must be a whole number; got {value}"),
    mark("{key} must be a number; got {value}"),
    mark("{key} must be a list; got {value}"),
    mark("{key} must hold keys and values; got {value}"),
    mark("{key} must have at most {n} entries; got {value}"),
    mark("{key} must be one of {names}; got {value} - did you mean {near}?"),
    mark("{key} must be one of {names}; got {value}"),
    mark("{key} is not a known key - did you mean {near}?"),
    mark("{key} is not a known key (known: {names})"),
    mark("{key} should be a valid number, unable to parse string as a number; got {value}"),
    mark("{key} should be a valid number; got {value}"),
    mark("{key} should be a valid integer, unable to parse string as an integer; got {value}"),
    mark("{key} should be a valid integer, got a number with a fractional part; got {value}"),
    mark("{key} should be a valid integer; got {value}"),
    mark("{key} should be a valid boolean, unable to interpret input; got {value}"),
    mark("{key} should be a valid boolean; got {value}"),
    mark("{key} should be a valid string; got {value}"),
    mark("{key} should be a valid dictionary; got {value}"),
    mark("{key} should be a valid date{why}; got {value}"),
    mark("{key} should have at most {n} characters; got {value}"),
    mark("{key} field required"),
    mark("{key} dictionary should have at least {n} item after validation, not {m}; got {value}"),
    mark("{key} tuple should have at least {n} items after validation, not {m}; got {value}"),
    mark("{key} dictionary should have at most {n} items after validation, not {m}; got {value}"),
    mark("{key} tuple should have at most {n} items after validation, not {m}; got {value}"),
    # Of several fields of a policy.
    mark("{policy} last_month must not be before first_month ({first}); got {last}"),
    mark("{policy} last_bucket must not be below first_bucket ({first}); got {last}; got {given}"),
    # Of a run.
    mark("book: a tape is run from the file that was dropped; choose one"),
    mark("settings are of a full run; a quick look has its own"),
    mark("{group}: questions are of a full run; a quick look has none"),
    mark("break_even.{question} asks about the policy {policy}: choose it too"),
    mark("{key} is not read by the book {book}"),
    mark("{run} runs; one run at a time"),
    mark("{run}: runs; cancel it first"),
    mark("{run}: was not started from a desk; go on in a terminal"),
    mark("{run}: has nothing that was left unfinished from a desk"),
    mark("there is no such run"),
    mark("there is no such file"),
    mark("there is no such tape"),
    mark("there is no such action"),
    mark("the tape must end in one of {ends}; got {name}"),
    # Of a tape: what stands in rows.
    mark("{file}: {n} row has {rule} (first: {place})"),
    mark("{file}: {n} rows have {rule} (first: {place})"),
    mark("{file}: missing column {names} (map or name a constant)"),
    mark("{file}: missing columns {names} (map or name a constant)"),
    mark("{file}: missing column {names} (map or name a constant; {dates} would give it)"),
    mark("{file}: missing columns {names} (map or name a constant; {dates} would give it)"),
    mark("an empty {column}"),
    mark("a {column} not among {names}; got {words} - map it under values.{key}"),
    mark("a loan_id that stood before"),
    mark("no whole number in {column}"),
    mark("another {column} than the borrower's first row"),
    mark("{column} = 0 (leave the cell empty if it is not known)"),
    mark("{column} < {limit}"),
    mark("{column} > {limit}"),
    # Of the memory and the disk that a run needs.
    mark(
        "run: {what} need about {memory} of memory, and there are {free} that are free: {key}={n}"
        " fits; {takes}"
    ),
    mark(
        "run: {what} need about {memory} of memory, and there are {free} that are free; fewer"
        " borrowers (book.borrowers) and run.threads=1 need less"
    ),
    mark(
        "{folder}: the results need about {disk} on disk, and {free} are free; another"
        " hydra.run.dir may have more, and fewer run.paths, policies or scenarios need less"
    ),
    # Of a request.
    mark("the launch token is missing or wrong"),
    mark("the host must be this machine's own address"),
    mark("the origin must be the desk's own page"),
    mark("only read here"),
    mark("the request took too long"),
    mark("the upload took too long"),
    mark("the upload was broken off"),
    mark("the body must be JSON"),
    mark("the body must be an object"),
    mark("the body must be at most {n} bytes"),
    mark("the content must be {kind}"),
    mark("internal error, please report it: {what} (LOANSTRESS_DEBUG=1 shows more)"),
)


def said(text: str) -> str:
    """``text``, an error of one or more lines, in the language that is spoken."""
    return "\n".join(_line(line) for line in text.splitlines())


def _line(line: str) -> str:
    bare = line.strip()
    if not bare:
        return line
    own = message_among(_MESSAGES, bare)
    return line.replace(bare, own if own != bare else run_message(bare))
