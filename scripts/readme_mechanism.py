# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy"]
# ///
"""What happens inside the Python repository's model: numbers that the tables of a study do not hold.

    python scripts/readme_mechanism.py results/readme_divergence/mechanism.csv

A plain NumPy simulation of that model (20 networks, a target each, drawn by NumPy: not the networks of the studies), which
writes a row per quantity: median, smallest and largest over the networks.

The limit of stability is that of the error e of a readout with constant rates. A learning step changes e by −G δ, with
G = Σ_i η_i r_i² and δ the sum of `steps` errors of which the newest is `lag` ms old; the next is `every` ms later.
"""

import csv
import sys

import numpy as np

N, P, G0, TAU, PERIOD, DURATION, ONSET = 500, 0.1, 1.5, 10.0, 160, 7840, 199
NETWORKS = 20
ETA0 = 0.01


def limit(every, steps, lag):
    """The largest G with which e dies out, by bisection on the spectral radius of the recurrence over `every` ms."""
    size = steps + lag + every
    shift = np.eye(size, k=-1)
    shift[0, 0] = 1.0  # a ms without learning: the error stays
    low, high = 0.0, 4.0
    for _ in range(40):
        gain = (low + high) / 2
        learn = shift.copy()
        learn[0, lag : lag + steps] -= gain
        cycle = learn @ np.linalg.matrix_power(shift, every - 1)
        stable = np.abs(np.linalg.eigvals(cycle)).max() < 1.0 - 1e-9
        low, high = (gain, high) if stable else (low, gain)
    return low


class Network:
    """A drawn network, and a target: a draw of the periodic Gaussian process."""

    def __init__(self, seed, scale):
        rng = np.random.default_rng(seed)
        expression = G0 * G0 / (P * N)
        sd = expression if scale == "standard_deviation" else np.sqrt(expression)
        self.recurrent = (rng.random((N, N)) < P) * rng.standard_normal((N, N)) * sd
        self.feedback = rng.uniform(-1, 1, N)
        self.readout = rng.standard_normal(N) / (N if scale == "standard_deviation" else np.sqrt(N))
        self.pulse = rng.uniform(-1, 1, 10)
        times = np.arange(PERIOD)
        kernel = np.exp(-2 * np.sin(np.pi * (times[:, None] - times) / PERIOD) ** 2)
        values, vectors = np.linalg.eigh(kernel)
        self.target = vectors @ (np.sqrt(np.maximum(values, 0)) * rng.standard_normal(PERIOD))


def simulate(net, rule, own_potential=True, window=4, lag=2):
    """One stream and a frozen period; what is of interest, ms by ms, until |V| exceeds 1000."""
    potentials, rates, weights, output = np.zeros(N), np.zeros(N), net.readout.copy(), 0.0
    variances, errors, seen = None, [], {name: [] for name in ("power", "output", "gain", "noise", "negative")}
    for t in range(DURATION + PERIOD):
        error = net.target[t % PERIOD] - output
        errors.append(error)
        seen["power"].append(rates @ rates)
        seen["output"].append(output)
        gain = noise = np.nan
        negative = 0
        if t < DURATION and t % 5 == 0 and t % PERIOD and len(errors) >= 6:
            delta = sum(errors[-6:-2])
            if rule == "classical":
                gain = ETA0 * seen["power"][-1]
                weights += ETA0 * delta * rates
            elif rule == "bayesian":
                noise = np.var(errors[-window - lag : -lag])
                if variances is None:
                    variances = np.full(N, ETA0 * noise)
                gain = variances @ rates**2 / noise
                variances = variances - (variances * rates) ** 2 / noise
                weights += variances * rates * delta / noise
                negative = int((variances < 0).sum())
        seen["gain"].append(gain)
        seen["noise"].append(noise)
        seen["negative"].append(negative)
        if not abs(output) < 1e3:
            break
        drive = net.recurrent @ rates + net.feedback * (potentials if own_potential else output)
        potentials = potentials + (drive - potentials) / TAU
        if ONSET <= t < ONSET + len(net.pulse):
            potentials = potentials + net.pulse[t - ONSET] / TAU
        rates = np.tanh(potentials)
        output = weights @ rates
    seen = {name: np.array(values) for name, values in seen.items()}
    return seen | {"errors": np.array(errors), "rates": rates, "diverged": len(errors) < DURATION + PERIOD}


def spectra(rows):
    """The linear dynamics without output feedback: τ dV/dt = (J + diag A − 1) V."""
    for scale in ("standard_deviation", "variance"):
        radius, abscissa, slowest = [], [], []
        for seed in range(NETWORKS):
            net = Network(seed, scale)
            radius.append(np.abs(np.linalg.eigvals(net.recurrent)).max())
            values = np.linalg.eigvals(net.recurrent + np.diag(net.feedback))
            unstable = values[values.real > 1]
            abscissa.append(values.real.max())
            fastest = np.abs(unstable.imag).max(initial=0.0)
            slowest.append(2 * np.pi * TAU / fastest if fastest > 0 else np.inf)
        sd = G0 * G0 / (P * N) if scale == "standard_deviation" else G0 / np.sqrt(P * N)
        gain = sd * np.sqrt(P * N)
        rows.append((f"effective gain, g²/(pN) as {scale}: formula", 1, gain, gain, gain))
        add(rows, f"spectral radius of J, g²/(pN) as {scale}", radius)
        edge = np.sqrt(1 + gain**2)
        rows.append((f"largest real part of J + diag A, {scale}: formula √(1 + gain²)", 1, edge, edge, edge))
        add(rows, f"largest real part of J + diag A, {scale}", abscissa)
        add(rows, f"shortest period of a growing mode (ms), {scale}", slowest)


def activity(rows):
    """Does activity last, and does it vary within a period of the target?"""
    for scale in ("standard_deviation", "variance"):
        for own_potential in (True, False):
            feedback = "own_potential" if own_potential else "readout"
            runs = [simulate(Network(seed, scale), None, own_potential) for seed in range(NETWORKS)]
            for when, at in (("at the end of the pulse", 209), ("160 ms later", 369), ("in the last ms", -1)):
                name = f"Σ r² {when}, no learning, scales as {scale}, feedback {feedback}"
                add(rows, name, [run["power"][at] for run in runs])


def classical(rows):
    nets = [Network(seed, "standard_deviation") for seed in range(NETWORKS)]
    runs = [simulate(net, "classical") for net in nets]
    test = slice(DURATION, DURATION + PERIOD)
    variance = [net.target.var() for net in nets]
    frozen = [np.mean(run["errors"][test] ** 2) for run in runs]
    add(rows, "classical: tracking MSE in the last period", [np.mean(run["errors"][-320:-160] ** 2) for run in runs])
    add(rows, "classical: frozen MSE / variance of the target", np.divide(frozen, variance))
    moved = [run["output"][test].var() for run in runs]
    add(rows, "classical: variance of the frozen output / of the target", np.divide(moved, variance))
    held = [np.mean((net.target - net.target[-1]) ** 2) for net in nets]
    add(rows, "classical: MSE of the target's last value held / variance", np.divide(held, variance))
    add(rows, "classical: largest G", [np.nanmax(run["gain"]) for run in runs])


def bayesian(rows):
    for window in (4, 8, 16, 64, 256, 1024):
        runs = [simulate(Network(seed, "standard_deviation"), "bayesian", window=window) for seed in range(NETWORKS)]
        edge = limit(5, 4, 2)
        name = f"window {window}: "
        spread, gains, squares, above, first, wait, before = [], [], [], [], [], [], []
        for run in runs:
            over = np.flatnonzero(run["gain"] > edge)
            over = over[over > ONSET]
            sane = slice(0, over[0] + 1 if len(over) else None)
            noise = run["noise"][sane]
            noise = noise[np.isfinite(noise)]
            spread.append(noise[0] / noise.min())
            gains.append(np.nanmax(run["gain"][sane]))
            squares.append(np.median(noise) / np.mean(run["errors"][sane] ** 2))
            above.append(len(over) > 0)
            negative = np.flatnonzero(run["negative"])
            if run["diverged"]:
                first.append(over[0] if len(over) else np.inf)
                wait.append(len(run["errors"]) - over[0] if len(over) else -np.inf)
                before.append(len(negative) > 0 and (not len(over) or negative[0] < over[0]))
        share(rows, name + "share of runs that diverge", [run["diverged"] for run in runs])
        share(rows, name + "share of runs in which G exceeds its limit", above)
        add(rows, name + "first σ_δ² / smallest until G exceeds its limit", spread)
        add(rows, name + "largest G until then", gains)
        add(rows, name + "median σ_δ² / mean squared error until then", squares)
        if first:
            add(rows, name + "first ms with G above its limit", first)
            add(rows, name + "from there to |V| > 1000 (ms)", wait)
            share(rows, name + "share of diverged runs with a negative variance before that", before)


def add(rows, name, values):
    """A row of statistics over networks."""
    rows.append((name, len(values), np.median(values), np.min(values), np.max(values)))


def share(rows, name, values):
    """A row of a share of networks."""
    rows.append((name, len(values), *[np.mean(values)] * 3))


def main(path):
    rows = []
    for every, steps, lag in ((5, 4, 2), (5, 1, 2), (5, 4, 0), (1, 4, 2), (1, 4, 0), (1, 1, 2), (1, 1, 0)):
        value = limit(every, steps, lag)
        rows.append((f"limit of G: a step every {every} ms, {steps} errors, lag {lag} ms", 1, value, value, value))
    spectra(rows)
    activity(rows)
    classical(rows)
    bayesian(rows)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("quantity", "n", "median", "min", "max"))
        for name, n, *numbers in rows:
            writer.writerow((name, n, *(f"{number:.4g}" for number in numbers)))
            print(f"{name:75} {n:3} {numbers[0]:10.4g} ({numbers[1]:.4g} to {numbers[2]:.4g})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
