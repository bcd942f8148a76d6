# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""Whether divergence is a matter of the network, of the target, or of neither.

    python scripts/divergence_pattern.py results/published_rnn REFERENCE.csv [RATE]

Counts the diverged runs of the Bayesian rule at a learning rate (0.02) by network and by target. Dispersion is the
variance of the counts over what chance alone would give if only the other factor mattered: about 1 means that the factor
does not matter.
"""

import csv
import statistics
import sys
from collections import defaultdict

RATE = 0.02


def published(path, rate):
    """{(network, target): diverged} of the reference: an empty test MSE at its last trial."""
    runs = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["rule"] == "bayesian" and same(row["eta0"], rate):
                runs[int(row["network"]), int(row["target"])] = row["test_mse"] == ""
    return runs


def own(folder, rate):
    """The same of a study."""
    runs = {}
    with open(f"{folder}/runs.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["rule.kind"] == "bayesian" and same(row["rule.eta0"], rate):
                runs[int(row["network"]), int(row["target"])] = row["status"] == "diverged"
    return runs


def same(text, rate):
    """Rates are written with few digits in one of the tables."""
    return abs(float(text) / rate - 1) < 1e-3


def counts(runs, of):
    """How many runs and how many diverged ones each network (of = 0) or target (of = 1) has."""
    diverged, total = defaultdict(int), defaultdict(int)
    for key, is_diverged in runs.items():
        diverged[key[of]] += is_diverged
        total[key[of]] += 1
    return [diverged[k] for k in sorted(total)], [total[k] for k in sorted(total)]


def dispersion(runs, of):
    """Variance of the counts over that of independent runs whose chance depends on the other factor alone."""
    here, _ = counts(runs, of)
    there, each = counts(runs, 1 - of)
    chance = sum(k / n * (1 - k / n) for k, n in zip(there, each))
    return statistics.variance(here) / chance


def show(name, runs):
    """Shares, dispersions and counts of one table."""
    print(f"{name}: {sum(runs.values())} of {len(runs)} diverged")
    for of, factor in enumerate(("networks", "targets")):
        print(f"  {factor:8}  dispersion {dispersion(runs, of):5.1f}  counts {counts(runs, of)[0]}")


def main(folder, reference, rate=RATE):
    """The reference, then the study."""
    show("published", published(reference, float(rate)))
    show(folder, own(folder, float(rate)))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
