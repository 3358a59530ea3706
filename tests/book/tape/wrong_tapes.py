"""Wrong tapes and mappings, each with what the refusal must say; test_wrong_tapes.py runs them."""

import io
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pa_parquet

HEADER = (
    "loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal,"
    "original_principal,due_day,dpd,region"
)
ROW = "L1,ann,cash_loan,0.18,12,6,5150,10000,5,0,east"
GOOD = f"{HEADER}\n{ROW}\nL2,bob,credit_line,0.16,600,590,3000,8000,28,0,west\n"


@dataclass(frozen=True)
class Wrong:
    """A tape (bytes under a name), a mapping, and words that the refusal must hold."""

    says: tuple[str, ...]
    tape: str | bytes = GOOD
    mapping: str | None = None
    name: str = "loans.csv"
    panel: str | None = None


def swapped(old: str, new: str, text: str = GOOD) -> str:
    assert old in text
    return text.replace(old, new, 1)


def parquet(changes: dict[str, object]) -> bytes:
    base: dict[str, object] = {
        "loan_id": ["1"], "borrower_id": ["1"], "product": ["cash_loan"], "annual_rate": [0.1],
        "term_months": [12], "remaining_months": [6], "principal": [1.0],
        "original_principal": [2.0], "due_day": [1],
    }  # fmt: skip
    file = io.BytesIO()
    pa_parquet.write_table(pa.table(base | changes), file)
    return file.getvalue()


DATED = (
    "loan_id,borrower_id,product,annual_rate,principal,original_principal,origination_date,"
    "maturity_date\nA,x,cash_loan,0.1,500,1000,{0},{1}\n"
)
PANEL_HEAD = HEADER.replace("dpd", "dpd,month")

WRONG: dict[str, Wrong] = {
    # --- files
    "empty file": Wrong(("book.path", "is empty"), ""),
    "header only": Wrong(("has a header but no rows",), HEADER + "\n"),
    "picture": Wrong(("must be a CSV file", "zero bytes"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "truncated Parquet": Wrong(("whole Parquet file",), parquet({})[:-40], name="loans.parquet"),
    "Parquet that is text": Wrong(("whole Parquet file",), "no", name="loans.parquet"),
    "nested Parquet": Wrong(
        ("annual_rate must hold numbers",), parquet({"annual_rate": [[0.1]]}), name="l.parquet"
    ),
    "spreadsheet": Wrong(("must end in .csv or .parquet",), "x", name="loans.xls"),
    "cell of 10 MB": Wrong(("line 2 has 10.0 MiB",), f"{HEADER}\n{'x' * (10 << 20)}"),
    "10,000 columns": Wrong(("at most 1,000 columns; got 10,000",), ",".join(["c"] * 10_000)),
    "ragged rows": Wrong(
        ("1 row has another number of cells", "header's 11", "line 3", "2 cells"),
        f"{HEADER}\nshort,row\n".replace("\nshort", f"\n{ROW}\nshort"),
    ),
    "half of UTF-16": Wrong(("mark of UTF-16",), b"\xff\xfea\0b"),
    "wrong encoding declared": Wrong(
        ("declared as utf-8", "line 1"), "合同号,x\n".encode("gb18030"), "encoding: utf-8"
    ),
    # --- headers
    "missing columns": Wrong(
        ("missing columns annual_rate, term_months",),
        "loan_id,borrower_id,product\n1,2,cash_loan\n",
    ),
    "unknown column": Wrong(
        ("regoin is not a known column", "region?"), swapped("region", "regoin")
    ),
    "column twice": Wrong(("column dpd stands 2 times",), swapped("region", "dpd")),
    "two columns for one": Wrong(
        ("are all read as principal",),
        swapped(",region", ",balance").replace(",east", ",1").replace(",west", ",1"),
    ),
    "unit in a header": Wrong(
        ("scale: {principal: 10000}",), swapped("principal,orig", "剩余本金(万元),orig")
    ),
    # --- cells
    "NaN": Wrong(("annual_rate = NaN", "loan_id L1, line 2"), swapped("0.18", "nan")),
    "infinity": Wrong(("infinite principal",), swapped("5150", "inf")),
    "negative balance": Wrong(("principal < 0",), swapped("5150", "-5150")),
    "words": Wrong(("no number in principal; got many",), swapped("5150", "many")),
    "rate of 18": Wrong(
        ("annual_rate > 1", "18 % must be 0.18", "percent: [annual_rate]"), swapped("0.18", "18")
    ),
    "percent signs here and there": Wrong(
        ("1 row has cells in annual_rate without a percent sign", "loan_id L2"),
        swapped("0.18", "18%"),
    ),
    "quote that is never closed": Wrong(("quoted cell is never closed",), '"' + GOOD),
    "duplicate id": Wrong(("loan_id that stood before", "line 3"), swapped("L2", "L1")),
    "empty id": Wrong(("an empty loan_id", "(first: line 2)"), swapped("L1,", ",")),
    "balance over limit": Wrong(
        ("balance over its limit", "raise_limits: true", "loan_id L2"), swapped("3000", "9000")
    ),
    "balance over amount": Wrong(("principal > original_principal",), swapped("5150", "15150")),
    "days past due without arrears": Wrong(
        ("dpd > 0, but arrears = 0",),
        swapped("region", "arrears").replace(",0,east", ",20,0").replace(",west", ",0"),
    ),
    "days past due without a balance": Wrong(
        ("nothing is in arrears",), swapped("5150,10000,5,0", "0,10000,5,20")
    ),
    "days past due too old": Wrong(("dpd > 420",), swapped(",5,0,", ",5,999,")),
    "unknown product": Wrong(
        ("product not among cash_loan", "got 贷", "values.product"), swapped("cash_loan", "贷")
    ),
    "unknown region": Wrong(
        ("region not among central, east", "got west2"),
        swapped("west", "west2"),
        "values: {region: {xx: east}}",
    ),
    "too many regions": Wrong(
        ("at most 60 names; got 61",),
        HEADER
        + "\n"
        + "".join(
            f"{ROW[:-4].replace('L1', f'L{i}').replace('ann', f'a{i}')}r{i}\n" for i in range(61)
        ),
    ),
    "thousands or decimals": Wrong(
        ("may be thousands or decimals (5,150)", "say decimal"),
        GOOD.replace(",", ";").replace("5150", "5,150"),
    ),
    "no date": Wrong(
        ("no date as YYYY-MM-DD", "got 31/12/2025"), DATED.format("31/12/2025", "2026-12-05")
    ),
    "originated after the snapshot": Wrong(
        ("origination_date after the snapshot of 2026-06-30", "loan_id A"),
        DATED.format("2026-07-05", "2026-12-05"),
        "snapshot_date: 2026-06-30",
    ),
    "dates without a snapshot": Wrong(
        ("say snapshot_date",), DATED.format("2026-01-05", "2026-12-05")
    ),
    "matures before it begins": Wrong(
        ("maturity_date not after origination_date",),
        DATED.format("2026-01-05", "20251205"),
        "snapshot_date: 2026-06-30",
    ),
    "status of nothing": Wrong(
        ("status that is no number of unpaid", "got odd"),
        swapped("dpd", "status").replace(",5,0,", ",5,odd,"),
    ),
    "status against days": Wrong(
        ("dpd = 0, but a status of overdue",),
        swapped("region", "status").replace("east", "M2").replace("west", "0"),
    ),
    "month twice in a panel": Wrong(
        ("loan_id and month that stood before",),
        f"{PANEL_HEAD}\n" + 2 * (ROW.replace(",0,east", ",0,2026-01,east") + "\n"),
    ),
    "panel of another month": Wrong(
        ("last month of the panel is 2026-01", "snapshot is of 2026-06-30"),
        f"{PANEL_HEAD}\n{ROW.replace(',0,east', ',0,2026-01,east')}\n",
        "snapshot_date: 2026-06-30",
    ),
    "panel file without months": Wrong(
        ("p.csv", "needs the columns loan_id, month"), panel="loan_id,dpd\nL1,0\n"
    ),
    # --- mappings
    "mapping: unknown key": Wrong(
        ("column is not a known key", "columns"), mapping="column: {a: b}"
    ),
    "mapping: unknown column": Wrong(
        ("must name a column", "principal"), mapping="columns: {a: prinzipal}"
    ),
    "mapping: absent column": Wrong(
        ("name Saldo, which the tape lacks",), mapping="columns: {Saldo: arrears}"
    ),
    "mapping: percent of money": Wrong(
        ("percent may hold", "got principal"), mapping="percent: [principal]"
    ),
    "mapping: percent of fractions": Wrong(
        ("largest cell is 0.18", "leave it out of percent"), mapping="percent: [annual_rate]"
    ),
    "mapping: constant and column": Wrong(
        ("a column and a constant",), mapping="constants: {product: cash_loan}"
    ),
    "mapping: alias bomb": Wrong(("aliases and anchors",), mapping="a: &a [x]\nb: [*a, *a]"),
    "mapping: tag": Wrong(("tags are not allowed",), mapping="columns: !!python/name:os.system x"),
    "mapping: target": Wrong(
        ("_target_ is not allowed",), mapping="columns: {_target_: os.system}"
    ),
    "mapping: interpolation": Wrong(("${",), mapping="columns: {'${oc.env:HOME}': dpd}"),
    "mapping: no such date": Wrong(("cannot be read",), mapping="snapshot_date: 2026-13-45"),
    "mapping: no YAML": Wrong(("is not YAML",), mapping="columns: [unclosed"),
    "mapping: a list": Wrong(("must hold keys and values",), mapping="[1, 2]"),
    "mapping: no date format": Wrong(("date_format",), mapping="date_format: dd/mm/yyyy"),
    "mapping: unknown encoding": Wrong(("encoding",), mapping="encoding: utf-7"),
    "mapping: negative scale": Wrong(
        ("scale.principal", "must be in (0, 1000000000]; got -1"), mapping="scale: {principal: -1}"
    ),
}
