# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2.0", "pandas>=2.2", "polars>=1.20", "pyarrow>=18"]
# ///
"""Runs the snippets of docs/interop.md in a result folder, and reads its Parquet with other programs' readers.

    cargo run --release -- export DIR --parquet
    uv run scripts/check_snippets.py DIR

DIR needs a classical and a Bayesian rule, as results/eta_sweep has. Fails if a snippet does, if snippets differ in the
ratio, or if pandas or polars find another value in a Parquet file than in its CSV. The R snippet runs where there is
an Rscript.
"""

import argparse
import csv
import math
import os
import re
import shutil
import subprocess
from pathlib import Path

import pandas
import polars

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "interop.md"
TABLES = ("runs", "curves", "traces")


def snippets(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"no {language} snippet in {DOCUMENT}"
    return found


def same(cell: str, value: object) -> bool:
    """Whether a value read from Parquet is what the CSV's cell says, to the bit."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return cell == ""
    if isinstance(value, str):
        return cell == value != ""
    return cell != "" and float(cell) == value


def compare(folder: Path, table: str) -> int:
    """Compares each cell; the number of rows."""
    parquet = folder / f"{table}.parquet"
    with (folder / f"{table}.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    frames = {
        "pandas": pandas.read_parquet(parquet).to_dict("list"),
        "polars": polars.read_parquet(parquet).to_dict(as_series=False),
    }
    for reader, columns in frames.items():
        assert list(columns) == header, f"{parquet} by {reader}: {list(columns)}"
        for at, (name, values) in enumerate(columns.items()):
            assert len(values) == len(rows), f"{parquet} by {reader}: {len(values)} rows, not {len(rows)}"
            for number, (row, value) in enumerate(zip(rows, values), 2):
                assert same(row[at], value), f"{table}.csv:{number}: {name} = {row[at]!r}, by {reader} {value!r}"
    return len(rows)


def ratio_in_r(code: str) -> float:
    result = subprocess.run(["Rscript", "-e", code], check=True, capture_output=True, text=True)
    print(f"R       {result.stdout.strip()}")
    return float(result.stdout.split(":")[1].split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a result folder with its Parquet files")
    folder = parser.parse_args().folder.resolve()
    for table in TABLES:
        print(f"{table}: {compare(folder, table)} rows, the same in CSV and Parquet")

    os.chdir(folder)  # The snippets read files of the folder that they run in.
    ratios = []
    for code in snippets("python"):
        print("pandas  " if "pandas" in code else "polars  ", end="", flush=True)
        names: dict = {}
        exec(compile(code, str(DOCUMENT), "exec"), names)  # noqa: S102 (our own document)
        assert not names["low"] > names["ratio"] and not names["high"] < names["ratio"]
        ratios.append(float(names["ratio"]))
    assert len(set(ratios)) == 1, ratios
    if shutil.which("Rscript"):
        for code in snippets("r"):
            in_r = ratio_in_r(code)
            assert math.isclose(in_r, ratios[0], rel_tol=1e-3), (in_r, ratios[0])
    else:
        print("R       no Rscript here: not run")


if __name__ == "__main__":
    main()
