# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""How chaotic untrained networks are: what rounding alone does to their test error at trial 0.

    python scripts/untrained_networks.py results/protocol_untrained REFERENCE.csv

In REFERENCE.csv (columns rule, eta0, network, target, trial, test_mse) every condition tests the same untrained network
on the same target, and what differs between them is rounding. In the study the same runs are computed in single and in
double precision. Per network: the median over its targets of the range of ln(test MSE). A network that rounding moves by
less than 1e-6 is at a fixed point or on a cycle; the longer the others had run, the more they move.
"""

import csv
import math
import statistics
import sys
from collections import defaultdict

from protocol_distance import protocol_name

# Single precision is 1.2e-7 of a value: below this nothing was amplified.
MOVED = 1e-6


def ranges(tests):
    """By network: the median over targets of the range of ln(test MSE), from {(network, target): [values]}."""
    by_network = defaultdict(list)
    for (network, _), values in tests.items():
        by_network[network].append(math.log(max(values) / min(values)))
    return [statistics.median(of_targets) for of_targets in by_network.values()]


def published(path):
    """The tests of the reference at trial 0."""
    tests = defaultdict(list)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if int(row["trial"]) == 0:
                tests[row["network"], row["target"]].append(float(row["test_mse"]))
    return tests


def own(folder):
    """The tests of the study at trial 0, by its swept parameters without the precision."""
    protocols = defaultdict(lambda: defaultdict(list))
    with open(f"{folder}/curves.csv", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["trial"]) == 0:
                name = protocol_name(row, but="training.precision")
                protocols[name][row["network"], row["target"]].append(float(row["test_mse"]))
    return protocols


def show(name, tests):
    """One line of the table."""
    moved = ranges(tests)
    quartiles = statistics.quantiles(moved, n=4)
    share = sum(value > MOVED for value in moved)
    print(f"{share:3} of {len(moved):3}  " + "  ".join(f"{value:8.1e}" for value in quartiles) + f"  {name}")


def main(folder, reference):
    """The reference, then every protocol."""
    print("moved       quartile    median  quartile  of the range of ln(test MSE) per network")
    show("published", published(reference))
    for name, tests in own(folder).items():
        show(name, tests)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
