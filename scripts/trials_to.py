# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""After how many trials the median test MSE of each condition first is at or below given errors.

    python scripts/trials_to.py results/covariance_sweep 0.01 0.001

Reads summary.csv alone. A number in brackets is what the upper end of the median's 95 % interval takes; a dash: not in this study.
"""

import csv
import sys
from collections import defaultdict


def number(text):
    return float(text) if text else float("inf")


def first(curve, column, bound):
    """The first checkpoint at or below the bound."""
    return next((trial for trial, *ends in curve if ends[column] <= bound), "-")


def main(folder, *bounds):
    curves = defaultdict(list)
    with open(f"{folder}/summary.csv", newline="") as file:
        reader = csv.DictReader(file)
        parameters = reader.fieldnames[: reader.fieldnames.index("metric")]
        for row in reader:
            if row["metric"] == "test_mse":
                key = tuple(row[path] for path in parameters)
                curves[key].append((int(row["trial"]), number(row["median"]), number(row["ci_high"])))
    shown = [i for i in range(len(parameters)) if len({key[i] for key in curves}) > 1]
    print("  ".join([*(parameters[i] for i in shown), *bounds, "final median"]))
    for key, curve in curves.items():
        curve.sort()
        cells = [f"{first(curve, 0, float(b))} ({first(curve, 1, float(b))})" for b in bounds]
        print("  ".join([*(key[i] or "-" for i in shown), *cells, f"{curve[-1][1]:.2g}"]))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
