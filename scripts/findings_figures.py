# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""The figures of docs/findings, each from the summaries of one or two studies.

    python scripts/findings_figures.py            # all whose studies are there
    python scripts/findings_figures.py long_targets

Reads results/STUDY/summary.csv and writes docs/findings/FIGURE.svg and .png: medians with the 95 % intervals of the summary.
"""

import csv
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no window, on any machine
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
RESULTS, OUT = ROOT / "results", ROOT / "docs" / "findings"

# Okabe & Ito's palette, as in all figures of this repository: a colour and a shape for each rule.
STYLES = {
    "classical": ("#0072b2", "o"),
    "published": ("#d55e00", "s"),
    "exact gain": ("#56b4e9", "P"),
    "blocks of 25": ("#009e73", "^"),
    "rank 25": ("#cc79a7", "D"),
    "FORCE": ("#e69f00", "v"),
}
GREY = "#555555"
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
    "legend.frameon": False,
    "legend.fontsize": 7,
    "svg.hashsalt": "findings",  # the same file from the same tables
}


def number(text):
    """A number of a summary; an empty median is that of no run, of diverged runs it is inf."""
    return float(text) if text else float("inf")


class Summary:
    """The test MSE of a study, at the last checkpoint unless another is asked for."""

    def __init__(self, study):
        with open(RESULTS / study / "summary.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["metric"] == "test_mse"]
        self.rows = rows

    def select(self, trial=None, **where):
        """Rows with these values; a number stands for any way to write it."""
        found = [row for row in self.rows if all(matches(row, path, value) for path, value in where.items())]
        if not found:
            raise SystemExit(f"no row with {where}")
        last = max(int(row["trial"]) for row in found) if trial is None else trial
        return found if trial == "all" else [row for row in found if int(row["trial"]) == last]

    def curve(self, axis, trial=None, **where):
        """x, median, and the ends of its interval, ascending in x."""
        rows = self.select(trial, **where)
        points = sorted((float(row[axis]), *(number(row[c]) for c in ("median", "ci_low", "ci_high"))) for row in rows)
        return [list(column) for column in zip(*points)]


def matches(row, path, value):
    cell = row.get(path, "")
    if isinstance(value, (int, float)):
        return cell != "" and abs(float(cell) / value - 1 if value else float(cell)) < 1e-6
    return cell == value


# What selects a rule; all with their default noise.
RULES = {
    "classical": {"rule.kind": "classical"},
    "published": {"rule.kind": "bayesian", "rule.gain": "published"},
    "exact gain": {"rule.gain": "exact", "rule.covariance.kind": "diagonal"},
    "blocks of 25": {"rule.covariance.kind": "block", "rule.covariance.size": 25},
    "rank 25": {"rule.covariance.kind": "low_rank", "rule.covariance.rank": 25},
    "FORCE": {"rule.kind": "force"},
}

TOP = 30.0


def plot(axes, points, name, **style):
    """A line with intervals; what is infinite is left out of the line and marked at the top."""
    x, median, low, high = points
    colour, marker = STYLES[name]
    style = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.2, "label": name, **style}
    finite = [i for i, y in enumerate(median) if y < TOP]
    axes.plot([x[i] for i in finite], [median[i] for i in finite], **style)
    axes.vlines([x[i] for i in finite], [low[i] for i in finite], [min(high[i], TOP) for i in finite], color=style["color"], linewidth=0.9)
    beyond = [x[i] for i in range(len(x)) if i not in finite]
    axes.plot(beyond, [TOP] * len(beyond), linestyle="none", marker=marker, markersize=4, markerfacecolor="none", color=style["color"])


def dress(axes, title, xlabel, letter, first):
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(xlabel)
    axes.set_title(title, loc="left")
    axes.text(-0.02, 1.06, letter, transform=axes.transAxes, fontweight="bold", fontsize=9, ha="right")
    if first:
        axes.set_ylabel("median test MSE")


def save(figure, name):
    OUT.mkdir(exist_ok=True)
    figure.savefig(OUT / f"{name}.svg", metadata={"Date": None})
    figure.savefig(OUT / f"{name}.png", dpi=200, metadata={"Software": None})
    plt.close(figure)
    print(f"wrote {OUT / name}.svg and .png")


def long_targets():
    """Error against length, without and with feedback."""
    study = Summary("long_targets")
    figure, panels = plt.subplots(1, 2, figsize=(6.3, 2.9), sharey=True, layout="constrained")
    for axes, gain, letter in zip(panels, (0, 1), "ab"):
        for place, name in enumerate(("classical", "published", "blocks of 25", "rank 25", "FORCE")):
            points = study.curve("target.length_ms", **RULES[name], **{"network.feedback_gain": gain})
            # Side by side, so that no interval hides another.
            points[0] = [x / 1000 * 1.05 ** (place - 2) for x in points[0]]
            plot(axes, points, name)
        title = "No feedback of the output" if gain == 0 else "Feedback as published"
        dress(axes, title, "target length (s)", letter, gain == 0)
        axes.set_xticks([0.3, 1, 3, 10], ["0.3", "1", "3", "10"])
        axes.minorticks_off()
    panels[1].legend(loc="lower right")
    save(figure, "long_targets")


def covariance():
    """Error against what is shared, and over trials."""
    blocks, ranks = Summary("covariance_sweep"), Summary("low_rank_sweep")
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.9), layout="constrained")
    exact = {"rule.gain": "exact", "rule.eta0": 1}
    one = blocks.curve("rule.eta0", **{**exact, "rule.covariance.kind": "diagonal"})
    some = blocks.curve("rule.covariance.size", **{**exact, "rule.covariance.kind": "block"})
    plot(left, [[1] + some[0]] + [a + b for a, b in zip(one[1:], some[1:])], "blocks of 25", label="blocks of b")
    low_rank = {**exact, "rule.covariance.kind": "low_rank"}
    for dropped, label, line in (("to_diagonal", "rank k", "-"), ("forgotten", "rank k, rest forgotten", ":")):
        points = ranks.curve("rule.covariance.rank", **low_rank, **{"rule.covariance.dropped": dropped})
        plot(left, points, "rank 25", label=label, linestyle=line)
    full = ranks.select(**{**exact, "rule.covariance.kind": "full"})[0]
    left.axhline(number(full["median"]), color=STYLES["FORCE"][0], linewidth=1, linestyle="--", label="all covariances (FORCE)")
    published = blocks.select(**RULES["published"], **{"rule.eta0": 1e-3})[0]
    left.axhline(number(published["median"]), color=STYLES["published"][0], linewidth=1, linestyle="--", label="published rule")
    dress(left, "After 100 trials", "synapses in a block b, or rank k", "a", True)
    left.set_xticks([1, 5, 10, 25], ["1", "5", "10", "25"])
    left.minorticks_off()
    left.set_ylim(2e-8, 3)  # room for the legend
    left.legend(loc="lower left")
    curves = [
        ("published", blocks, {**RULES["published"], "rule.eta0": 1e-3}),
        ("exact gain", blocks, {**RULES["exact gain"], "rule.eta0": 1}),
        ("blocks of 25", blocks, {**RULES["blocks of 25"], "rule.eta0": 1}),
        ("rank 25", ranks, {**RULES["rank 25"], "rule.eta0": 1, "rule.covariance.dropped": "to_diagonal"}),
        ("FORCE", ranks, {**exact, "rule.covariance.kind": "full"}),
    ]
    for name, study, where in curves:
        plot(right, study.curve("trial", "all", **where), name)
    dress(right, "While it learns", "trial", "b", False)
    right.set_xscale("linear")
    right.legend(loc="center right", bbox_to_anchor=(1, 0.6))
    save(figure, "covariance")


def sensitivities():
    """Error against the initial learning rate at each length, and against the noise model."""
    grid, noise = Summary("eta_length_grid"), Summary("noise_model_grid")
    figure, panels = plt.subplots(2, 3, figsize=(6.3, 4.6), layout="constrained", sharey=True)
    for axes, length, letter in zip(panels.flat, (100, 300, 1000, 3000), "abcd"):
        for name in ("classical", "published", "blocks of 25", "rank 25"):
            try:
                plot(axes, grid.curve("rule.eta0", **RULES[name], **{"target.length_ms": length}), name)
            except SystemExit:
                continue  # not every rule was run at every length
        dress(axes, f"T = {length / 1000:g} s", "η (classical) or η₀", letter, letter in "ad")
        axes.set_xlim(3e-8, 3e2)
        axes.set_xticks([1e-6, 1e-3, 1, 1e2])
        axes.minorticks_off()
    for axes, kind, letter in zip(panels.flat[4:], ("window", "exponential"), "ef"):
        for rate, line in ((1e-4, ":"), (1e-3, "--"), (1e-2, "-")):
            where = {**RULES["published"], "rule.noise.kind": kind, "rule.eta0": rate}
            plot(axes, noise.curve("rule.noise.errors", **where), "published", linestyle=line, label=f"published, η₀ = {rate:g}")
        where = {**RULES["blocks of 25"], "rule.noise.kind": kind}
        plot(axes, noise.curve("rule.noise.errors", **where), "blocks of 25", label="blocks of 25, η₀ = 1")
        fixed = {"rule.noise.kind": "fixed"}
        for name, rate in (("published", 1e-2), ("blocks of 25", 1)):
            row = noise.select(**RULES[name], **fixed, **{"rule.eta0": rate})[0]
            axes.axhline(number(row["median"]), color=STYLES[name][0], linewidth=0.8, alpha=0.6)
        title = "Window of x errors" if kind == "window" else "Exponential mean over x"
        dress(axes, title, "errors x", letter, False)
    handles = {label: handle for axes in panels.flat for handle, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=4)
    save(figure, "sensitivities")


def robustness():
    """Error against properties of the network, noise, and size."""
    network, noise, size = Summary("robustness_network"), Summary("robustness_noise"), Summary("network_size")
    figure, panels = plt.subplots(2, 3, figsize=(6.3, 4.4), layout="constrained", sharey=True)
    names = (("classical", 1e-4), ("published", 1e-3), ("blocks of 25", 1))
    cases = [
        (network, "network.gain", "gain g"),
        (network, "network.connection_probability", "connection probability p"),
        (network, "network.tau_ms", "time constant τ_m (ms)"),
        (noise, "network.state_noise", "noise in the state, s.d."),
        (noise, "training.error_noise", "noise in the error, s.d."),
        (size, "network.units", "units N"),
    ]
    for axes, (study, path, label), letter in zip(panels.flat, cases, "abcdef"):
        for name, rate in names if study is not size else (*names[1:], ("rank 25", 1), ("FORCE", None)):
            others = defaults(study, path)
            chosen = {**RULES[name], **({"rule.eta0": rate} if rate else {}), **others}
            points = study.curve(path, **chosen)
            if points[0][0] == 0:
                points[0][0] = points[0][1] / 10
            plot(axes, points, name)
        dress(axes, "", label, letter, letter in "ad")
        if path == "network.gain":
            axes.set_xscale("linear")
        ticks = {
            "network.connection_probability": {0.02: "0.02", 0.05: "0.05", 0.1: "0.1", 0.2: "0.2"},
            "network.tau_ms": {5: "5", 10: "10", 20: "20", 40: "40"},
            "network.state_noise": {1e-4: "0", 1e-3: "0.001", 1e-2: "0.01", 0.1: "0.1"},
            "training.error_noise": {1e-2: "0", 0.1: "0.1", 1: "1"},
            "network.units": {250: "250", 500: "500", 1000: "1000", 2000: "2000"},
        }.get(path)
        if ticks:
            axes.set_xticks(list(ticks), list(ticks.values()))
            axes.minorticks_off()
    handles = {label: handle for axes in panels.flat for handle, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=5)
    save(figure, "robustness")


def defaults(study, path):
    """The other parameters of the network and the noises at their defaults, where the study has them."""
    values = {
        "network.gain": 1.5,
        "network.connection_probability": 0.1,
        "network.tau_ms": 10,
        "network.state_noise": 0,
        "training.error_noise": 0,
    }
    return {other: value for other, value in values.items() if other != path and other in study.rows[0]}


FIGURES = {"long_targets": long_targets, "covariance": covariance, "sensitivities": sensitivities, "robustness": robustness}

if __name__ == "__main__":
    plt.rcParams.update(STYLE)
    for name, draw in FIGURES.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            try:
                draw()
            except FileNotFoundError as missing:
                print(f"{name}: {missing.filename} is not there")
