# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""How often each condition of a study fails: the share of runs whose final test MSE is above a bound, or that diverged.

    python scripts/failure_rate.py results/long_targets 0.1

Writes failures.csv into the folder and prints it: per condition n, the share, and a 95 % percentile interval from 1,000
resamples of networks and targets as crossed factors; of a share of 0 or 1, which no resample changes, the exact interval
(Clopper and Pearson) of as many runs as there are networks or targets, whichever are fewer. Runs without a result (status
failed) are left out. A target has variance 0.5 on average: above 0.1, a run has not learned.
"""

import csv
import random
import sys
from collections import defaultdict

RESAMPLES = 1000
KEYS = ("rule.", "network.", "target.", "training.")


def runs(folder):
    """Per condition (a tuple of parameters) a table of final errors by network and target; ∞ if diverged."""
    conditions = defaultdict(dict)
    with open(f"{folder}/runs.csv", newline="") as file:
        rows = csv.DictReader(file)
        columns = [column for column in rows.fieldnames if column.startswith(KEYS)]
        for row in rows:
            if row["status"] == "failed":
                continue
            error = float(row["test_mse"]) if row["test_mse"] else float("inf")
            key = tuple(row[column] for column in columns)
            conditions[key][row["network"], row["target"]] = error
    return columns, conditions


def share(cells, bound, networks, targets):
    """Of the cells of these networks and targets, drawn with repetition, how many are above the bound."""
    found = [cells[k, j] > bound for k in networks for j in targets if (k, j) in cells]
    return sum(found) / len(found) if found else None


def interval(cells, bound):
    """Percentile interval of the share."""
    # Seeded by nothing that changes: the same bytes every time.
    draw = random.Random(2021)
    networks, targets = (sorted({key[i] for key in cells}) for i in (0, 1))
    several = [len(levels) for levels in (networks, targets) if len(levels) > 1]
    end = 0.025 ** (1 / min(several, default=1))
    match share(cells, bound, networks, targets):
        case 0:
            return 0.0, 1 - end
        case 1:
            return end, 1.0
    shares = []
    for _ in range(RESAMPLES):
        found = share(cells, bound, draw.choices(networks, k=len(networks)), draw.choices(targets, k=len(targets)))
        if found is not None:
            shares.append(found)
    shares.sort()
    return shares[int(0.025 * len(shares))], shares[int(0.975 * len(shares)) - 1]


def main(folder, bound):
    columns, conditions = runs(folder)
    shown = [i for i in range(len(columns)) if len({key[i] for key in conditions}) > 1]
    rows = []
    for key, cells in conditions.items():
        low, high = interval(cells, bound)
        failed = share(cells, bound, *(sorted({cell[i] for cell in cells}) for i in (0, 1)))
        rows.append([*(key[i] for i in shown), bound, len(cells), round(failed, 4), round(low, 4), round(high, 4)])
    header = [*(columns[i] for i in shown), "above", "n", "share", "ci_low", "ci_high"]
    with open(f"{folder}/failures.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    for row in [header, *rows]:
        print("  ".join(str(cell) or "-" for cell in row))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], float(sys.argv[2]))
