# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""How far each protocol of a study is from published learning curves.

    python scripts/protocol_distance.py results/protocol_calibration REFERENCE.csv

REFERENCE.csv has the columns rule, eta0, network, target, trial, test_mse; an empty test_mse is a run that had diverged.
The distance is the mean of |ln(own median / published median)| over the rules, learning rates and checkpoints that both
have (from the first 100 trials on): 0.69 means that medians differ by a factor of 2. Beside it: the same mean with its
sign, the same for the quartiles (do the runs spread as much?), and the ratio of the best medians of the two rules at the
last checkpoint, here and there.
"""

import csv
import math
import statistics
import sys
from collections import defaultdict


def number(text):
    """A float of the tables; a median of diverged runs is inf."""
    return float(text) if text else math.inf


def published(path):
    """Quartiles of the test MSE by (rule, rate to three digits, trial)."""
    runs = defaultdict(list)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            runs[row["rule"], f"{float(row['eta0']):.2e}", int(row["trial"])].append(number(row["test_mse"]))
    return {key: quartiles(values) for key, values in runs.items()}


def quartiles(values):
    """25, 50 and 75 %; order statistics where a neighbour is infinite."""
    ordered = sorted(values)

    def at(share):
        place = share * (len(ordered) - 1)
        low, rest = ordered[math.floor(place)], place % 1
        return low if rest == 0 else low + rest * (ordered[math.floor(place) + 1] - low)

    return at(0.25), at(0.5), at(0.75)


def protocol_name(row, but=""):
    """The parameters of a row that are not the rule's, without one of them."""
    return ", ".join(
        f"{path.split('.')[1]} {value}"
        for path, value in row.items()
        if path.startswith(("network.", "target.", "training.")) and path != but
    )


def own(folder):
    """The same by protocol, with the protocol's parameters as a text."""
    protocols = defaultdict(dict)
    with open(f"{folder}/summary.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["metric"] != "test_mse":
                continue
            key = row["rule.kind"], f"{float(row['rule.eta0']):.2e}", int(row["trial"])
            protocols[protocol_name(row)][key] = tuple(number(row[column]) for column in ("q25", "median", "q75"))
    return protocols


def best_ratio(tests, trial):
    """Best classical over best Bayesian median."""
    best = {
        rule: min(median for (kind, _, at), (_, median, _) in tests.items() if kind == rule and at == trial)
        for rule in ("classical", "bayesian")
    }
    return best["classical"] / best["bayesian"]


def main(folder, reference):
    """Prints the protocols, the nearest first."""
    theirs = published(reference)
    rows = []
    for name, ours in own(folder).items():
        shared = [key for key in ours if key in theirs and key[2] >= 100]
        if not shared:
            sys.exit("the study and the reference share no rule, rate and checkpoint")
        lower, logs, upper = ([math.log(ours[key][i] / theirs[key][i]) for key in shared] for i in range(3))
        last = max(trial for _, _, trial in shared)
        # The reference's best among the rates that the study has.
        ratios = [best_ratio({key: tests[key] for key in shared}, last) for tests in (ours, theirs)]
        spread = statistics.fmean(map(abs, lower + upper))
        rows.append((statistics.fmean(map(abs, logs)), statistics.fmean(logs), spread, ratios, name, len(shared)))
    print(f"distance    bias  quartiles   ratio   there  protocol ({rows[0][5]} medians each)")
    for distance, bias, spread, (here, there), name, _ in sorted(rows):
        print(f"{distance:8.3f}  {bias:+6.2f}  {spread:9.3f}  {here:6.2f}  {there:6.2f}  {name}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
