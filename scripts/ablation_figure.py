# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib", "numpy", "pillow"]
# ///
"""The figure of the study `readme_ablation`: from the Python repository's model to the paper's, one convention apart.

    python scripts/ablation_figure.py results/readme_ablation
    python scripts/ablation_figure.py results/readme_learning results/readme_ablation

It reads the tables of the study, and writes DIR/figures/ablation.svg and .png. A row per condition, named by what differs
from the model above it. Errors are divided by the variance of their target, the error of the best constant output: targets
differ in variance by a factor of 4, and 1 means that nothing but the mean is known. Medians and 95 % intervals (percentile
bootstrap of networks x targets, 1000 resamples, a diverged run is infinite) are in DIR/relative.csv, which is all that the
figure needs: where runs.csv and traces.csv are not kept, it is drawn from that. The medians of errors as they are, not
divided, are in summary.csv. Of a study without some of the conventions, such as `readme_learning`, it writes the table
alone, with the targets from the traces of the second folder.
"""

import csv
import io
import math
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")  # no window, on any machine
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
from PIL import Image

# Okabe & Ito's palette, as in all figures of this repository: a colour and a shape for each rule.
RULES = {"classical": ("#0072b2", "o"), "bayesian": ("#d55e00", "s")}
GREY, BAND = "#555555", "#f1f1f1"

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 8,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "svg.hashsalt": "ablation",  # the same file from the same tables
}

# Column, value of the repository's model, value of the paper's, and how a reader calls the two.
CONVENTIONS = [
    ("network.recurrent_scale", "standard_deviation", "variance", "g²/(pN) is J's s.d.", "g²/(pN) is J's variance"),
    ("network.readout_scale", "standard_deviation", "variance", "1/N is w(0)'s s.d.", "1/N is w(0)'s variance"),
    ("network.feedback", "own_potential", "readout", "own potential fed back", "output fed back"),
    ("network.pulse_input", "shared", "per_unit", "one pulse for all units", "a pulse per unit"),
    ("network.pulse_onset_ms", "199", "0", "pulse at 199 ms", "pulse at 0 ms"),
    ("training.protocol", "stream", "trials", "one stream", "trials from rest"),
    ("training.learn_at_validation", "false", "true", "no learning step at validation", "a learning step at validation"),
    ("training.learn_every_ms", "5", "1", "a learning step every 5 ms", "a learning step every ms"),
    ("training.error_steps", "4", "1", "4 errors summed", "1 error"),
    ("training.error_lag_steps", "2", "0", "errors 2 ms late", "errors not late"),
    ("training.precision", "f64", "f32", "f64", "f32 (control)"),
    ("rule.eta0", "0.01", "0.0001", "η = 0.01", "η = 10$^{-4}$"),
    ("rule.noise.kind", "window", "fixed", "σ$_δ$²: window of 4 errors", "σ$_δ$² fixed"),
    ("rule.noise.lag_steps", "2", "0", "window 2 ms late", "σ$_δ$²: that window without lag"),
    ("rule.update_order", "variance_first", "together", "σ² updated before w", "w and σ² updated together"),
]

# In which order the way from one model to the other changes them.
ERRORS = ["error_steps", "error_lag_steps", "learn_every_ms", "learn_at_validation"]
NETWORK = ["readout_scale", "recurrent_scale", "feedback", "pulse_input", "protocol", "pulse_onset_ms"]
WAY = {
    "classical": [*ERRORS, "eta0", *NETWORK],
    "bayesian": ["noise.kind", "update_order", *ERRORS, *NETWORK],
}

METRICS = ("test_mse", "tracking_mse")

# Beyond this a median is not told apart from infinity.
LANE = 100.0


def convention(path):
    """The entry of CONVENTIONS whose column ends so."""
    return next(entry for entry in CONVENTIONS if entry[0].endswith(path))


def differences(row, model, rule):
    """The columns in which a condition differs from a model (1: the repository's, 2: the paper's)."""
    found = set()
    for entry in CONVENTIONS:
        path, value = entry[0], row[entry[0]]
        if path == "rule.eta0" and rule == "bayesian" or path.startswith("rule.noise") and rule == "classical":
            continue
        if path == "rule.update_order" and rule == "classical":
            continue
        base = entry[model]
        if path == "training.precision":
            base = "f64"
        # Fields that a protocol or a noise model does not have are no differences.
        absent = path in ("rule.noise.lag_steps", "training.learn_at_validation") and value == ""
        number = path in ("rule.eta0",) and float(value) == float(base)
        if value != base and not absent and not number:
            found.add(path)
    # The paper's model has neither window nor stream: with one of them, its default comes along.
    if model == 2:
        if row["rule.noise.kind"] == "fixed":
            found.discard("rule.noise.lag_steps")
        elif "rule.noise.kind" in found and row["rule.noise.lag_steps"] == "2":
            found.discard("rule.noise.lag_steps")
        elif "rule.noise.kind" in found:
            found = found - {"rule.noise.kind"} | {"rule.noise.lag_steps"}
        if "training.protocol" in found and row["training.learn_at_validation"] == "false":
            found = found - {"training.protocol"}
    return frozenset(found)


def variances(folder):
    """The variance of each target, by its number. All traces of a target have the same target."""
    values = defaultdict(dict)
    with open(folder / "traces.csv", newline="") as file:
        for row in csv.DictReader(file):
            values[row["target"]][row["t_ms"]] = float(row["v_tar"])
    return {target: np.var(list(points.values())) for target, points in values.items()}


def median_and_interval(errors):
    """Of errors by network and target: the median, and its interval with both resampled."""
    random = np.random.default_rng(2021)
    networks, targets = errors.shape
    medians = []
    for _ in range(1000):
        chosen = random.integers(networks, size=networks), random.integers(targets, size=targets)
        medians.append(np.median(errors[np.ix_(*chosen)]))
    # No interpolation between a finite value and infinity.
    low, high = np.quantile(medians, [0.025, 0.975], method="inverted_cdf")
    return float(np.median(errors)), float(low), float(high)


def summarise(folder, traces):
    """Writes relative.csv from runs.csv and the traces of a folder with the same targets."""
    scale = variances(traces)
    runs = defaultdict(list)
    with open(folder / "runs.csv", newline="") as file:
        table = list(csv.DictReader(file))
    columns = [entry[0] for entry in CONVENTIONS if entry[0] in table[0]]
    for row in table:
        runs[row["rule.kind"], *(row[name] for name in columns)].append(row)
    with open(folder / "relative.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        numbers = [f"{metric}_{which}" for metric in METRICS for which in ("median", "ci_low", "ci_high")]
        writer.writerow(["rule.kind", *columns, "n", "diverged", *numbers])
        for key, rows in runs.items():
            found = []
            for metric in METRICS:
                networks = sorted({int(row["network"]) for row in rows})
                errors = np.full((len(networks), len(scale)), np.nan)
                for row in rows:
                    error = float(row[metric]) if row["status"] == "ok" else math.inf
                    errors[networks.index(int(row["network"])), int(row["target"])] = error / scale[row["target"]]
                found += [f"{number:.6g}" for number in median_and_interval(errors)]
            diverged = sum(row["status"] == "diverged" for row in rows)
            writer.writerow([*key, len(rows), diverged, *found])


def read(folder):
    """The conditions: rule, row of parameters, medians and intervals by metric, diverged share."""
    conditions = []
    with open(folder / "relative.csv", newline="") as file:
        for row in csv.DictReader(file):
            entry = {"row": row, "rule": row["rule.kind"], "n": int(row["n"])}
            entry["diverged"] = int(row["diverged"]) / entry["n"]
            for metric in METRICS:
                entry[metric] = tuple(float(row[f"{metric}_{which}"]) for which in ("median", "ci_low", "ci_high"))
            conditions.append(entry)
    return conditions


def sections(conditions):
    """Three lists of rows: (label, condition by rule)."""
    of = {rule: [entry for entry in conditions if entry["rule"] == rule] for rule in RULES}

    def find(rule, model, paths):
        wanted = frozenset(paths)
        return next((entry for entry in of[rule] if differences(entry["row"], model, rule) == wanted), None)

    def single(model, title, text):
        rows = [(title, {rule: find(rule, model, ()) for rule in RULES}, True)]
        for entry in CONVENTIONS:
            label = entry[text] if not (model == 2 and entry[0] == "training.precision") else "f32 (control)"
            if model == 2 and entry[0] == "rule.noise.lag_steps":
                label = entry[4]
            if model == 2 and entry[0] == "training.learn_at_validation":
                label = "one stream, no step at validation"
            found = {rule: find(rule, model, [entry[0]]) for rule in RULES}
            if any(found.values()):
                rows.append((label, found, False))
        return rows

    way = [("Repository's model", {rule: find(rule, 1, ()) for rule in RULES}, True)]
    order = ["noise.kind", "update_order", *WAY["classical"]]
    for path in order:
        found = {}
        for rule in RULES:
            steps = WAY[rule]
            if path in steps:
                changed = {convention(step)[0] for step in steps[: steps.index(path) + 1]}
                # In trials there is no step at validation, with a fixed variance no lag of a window.
                if path in ("protocol", "pulse_onset_ms"):
                    changed.discard("training.learn_at_validation")
                found[rule] = find(rule, 1, changed)
        last = path == order[-1]
        way.append(("+ " + convention(path)[4] + (" = paper's model" if last else ""), found, last))
    return [
        ("a", "The repository's model with one convention of the paper's", single(1, "Repository's model", 4)),
        ("b", "The paper's model with one convention of the repository's", single(2, "Paper's model", 3)),
        ("c", "From the repository's model to the paper's, step by step", way),
    ]


def dots(axis, y, entry, rule, low, high):
    """Frozen error (filled) with its interval, and tracking error (open). What is beyond the axis stands in the lane."""
    colour, shape = RULES[rule]
    lane = high * 4

    def place(value):
        return lane if not math.isfinite(value) or value > high else max(value, low)

    median, *interval = entry["test_mse"]
    axis.plot([place(v) for v in interval], [y, y], color=colour, linewidth=1.1, solid_capstyle="butt", zorder=3)
    tracking = entry["tracking_mse"][0]
    ring = dict(markersize=5.4, markerfacecolor="white", markeredgecolor=colour, markeredgewidth=0.8)
    axis.plot(place(tracking), y, shape, zorder=4, **ring)
    axis.plot(place(median), y, shape, markersize=3.2, markeredgewidth=0, color=colour, zorder=5)


def draw(folder, conditions):
    """The figure."""
    parts = sections(conditions)
    placed = {id(entry) for _, _, rows in parts for _, found, _ in rows for entry in found.values() if entry}
    if len(placed) != len(conditions):
        sys.exit(f"{len(conditions) - len(placed)} conditions have no place in the figure")
    low, high = 1e-2, LANE
    with plt.rc_context(STYLE):
        heights = [len(rows) for _, _, rows in parts]
        figure = plt.figure(figsize=(7.2, 0.142 * sum(heights) + 1.6))
        grid = figure.add_gridspec(
            3, 5, height_ratios=heights, width_ratios=[1, 0.16, 0.1, 1, 0.16],
            left=0.285, right=0.985, top=0.928, bottom=0.065, hspace=0.16, wspace=0.05,
        )
        for index, (letter, title, rows) in enumerate(parts):
            for side, rule in enumerate(RULES):
                axis = figure.add_subplot(grid[index, 3 * side])
                share = figure.add_subplot(grid[index, 3 * side + 1])
                colour, _ = RULES[rule]
                axis.set_xscale("log")
                axis.set_xlim(low, high * 10)
                axis.axvspan(high, high * 10, color=BAND, linewidth=0, zorder=0)
                axis.axvline(1.0, color=GREY, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
                for y, (label, found, base) in enumerate(rows):
                    for pane in (axis, share):
                        pane.axhline(y, color="#e4e4e4", linewidth=0.5, zorder=0.5)
                    entry = found.get(rule)
                    if entry is None:
                        continue
                    dots(axis, y, entry, rule, low, high)
                    if entry["diverged"] > 0:
                        share.barh(y, entry["diverged"], height=0.62, color=colour, zorder=3)
                for pane in (axis, share):
                    pane.set_ylim(len(rows) - 0.4, -0.6)
                    pane.tick_params(axis="y", length=0)
                    pane.spines["left"].set_visible(False)
                    pane.set_yticks(range(len(rows)))
                    pane.set_yticklabels([])
                if side == 0:
                    axis.set_yticklabels([label for label, _, _ in rows])
                    for tick, (_, _, base) in zip(axis.get_yticklabels(), rows):
                        tick.set_fontweight("bold" if base else "normal")
                    text = dict(transform=axis.transAxes, va="bottom", ha="left")
                    axis.text(-0.70, 1.0, letter, fontsize=10, fontweight="bold", **text)
                    axis.text(-0.64, 1.0, title, fontsize=8, **text)
                axis.xaxis.set_major_locator(FixedLocator([1e-2, 1e-1, 1, 10, 100, high * 4]))
                axis.xaxis.set_minor_locator(FixedLocator([d * 10.0**e for e in (-2, -1, 0, 1) for d in range(2, 10)]))
                axis.xaxis.set_minor_formatter(NullFormatter())
                axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "∞" if x > high else f"{x:g}"))
                share.set_xlim(0, 1.02)
                share.set_xticks([0, 1])
                if index < 2:
                    axis.set_xticklabels([])
                    share.set_xticklabels([])
                else:
                    axis.set_xlabel("MSE / variance of the target")
                    share.set_xticklabels(["0", "1"])
                    share.set_xlabel("diverged")
                if index == 0:
                    name = {"classical": "Classical rule", "bayesian": "Bayesian rule"}[rule]
                    axis.set_title(name, color=colour, fontweight="bold", pad=14)
        shape = dict(linestyle="none", color=GREY)
        handles = [
            plt.Line2D([], [], marker="o", markersize=3.2, markeredgewidth=0, **shape),
            plt.Line2D([], [], marker="o", markersize=5.4, markerfacecolor="white", markeredgewidth=0.9, **shape),
            plt.Line2D([], [], color=GREY, linewidth=0.7, linestyle=(0, (3, 2))),
        ]
        texts = [
            "learning frozen (test MSE), 95 % interval",
            "while learning (tracking MSE)",
            "best constant output",
        ]
        figure.legend(handles, texts, loc="upper center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=7)
        out = folder / "figures"
        out.mkdir(exist_ok=True)
        figure.savefig(out / "ablation.svg", metadata={"Date": None})
        # A palette: a quarter of the bytes, and no colour but a few is in the figure.
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=200)
        Image.open(drawn).convert("RGB").quantize(64).save(out / "ablation.png", optimize=True)
    counts = sorted({entry["n"] for entry in conditions})
    print(f"{len(conditions)} conditions, n = {counts}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    results, traces = Path(sys.argv[1]), Path(sys.argv[-1])
    if (results / "runs.csv").exists() and (traces / "traces.csv").exists():
        summarise(results, traces)
    conditions = read(results)
    if all(entry[0] in conditions[0]["row"] for entry in CONVENTIONS):
        draw(results, conditions)
