"""The figure of `bench_scaling.py`: six panels, in each of which a flat line is linear growth."""

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no window, on any machine
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

# The Bayesian rule's colour and shape in all figures of this repository (Okabe & Ito's palette).
COLOUR, SHAPE = "#d55e00", "s"
GREY, BAND = "#555555", "#e3edf4"

# Room that the label of a tick takes, as a share of the axis.
LABEL_WIDTH = 0.125

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "svg.hashsalt": "scaling",  # the same file from the same table
}

# Sweep, label of its axis, and which cost: what leaves the network as it is is told per run and time
# step, what changes it per connection, too.
PER_STEP, PER_CONNECTION = "cost (µs per run and time step)", "cost (ps per run, time step\nand connection)"
PANELS = [
    ("runs", "number of runs", PER_STEP),
    ("trials", "trials per run", PER_STEP),
    ("length", "target length T (ms)", PER_STEP),
    ("threads", "threads", PER_STEP),
    ("units", "units N", PER_CONNECTION),
    ("p", "connection probability p", PER_CONNECTION),
]


def cost_of(row: dict, measure: str) -> tuple[float, float, float]:
    """Median, minimum and maximum."""
    factor = 1e-3 if measure == PER_STEP else 1e3 / row["non_zeros"]
    return tuple(factor * row[f"ns_per_run_step{which}"] for which in ("", "_min", "_max"))


def goal(sweep: str, rows: list[dict], medians: list[float]) -> tuple[float, float] | None:
    """Between which costs a sweep should stay."""
    middle = (max(medians) + min(medians)) / 2
    if sweep in ("runs", "trials"):
        return 0.95 * middle, 1.05 * middle
    if sweep == "threads":
        # Twice the threads, 1.9 times the speed.
        return medians[0], medians[0] * 2 / 1.9
    if sweep == "units":
        within = [cost for row, cost in zip(rows, medians) if 500 <= row["units"] <= 5000]
        return min(within), 2 * min(within)
    return None


def draw(rows: list[dict], folder: Path) -> list[Path]:
    """Writes `scaling.png` and `scaling.svg`."""
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 3, figsize=(7.2, 4.2), layout="constrained")
        for (sweep, label, measure), axes in zip(PANELS, grid.flat):
            panel(axes, sweep, label, measure, [row for row in rows if row["sweep"] == sweep])
        # One scale for all panels of a measure.
        per_step = [axes for (_, _, of), axes in zip(PANELS, grid.flat) if of == PER_STEP]
        per_connection = [axes for (_, _, of), axes in zip(PANELS, grid.flat) if of == PER_CONNECTION]
        for axes in per_step:
            # From zero: a slope is as steep as it is.
            axes.set_ylim(0, 1.2 * max(axes.dataLim.y1 for axes in per_step))
            axes.yaxis.set_major_locator(MaxNLocator(4))
        for axes in per_connection:
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.set_ylim(
                min(axes.dataLim.y0 for axes in per_connection) / 1.5,
                max(axes.dataLim.y1 for axes in per_connection) * 1.5,
            )
        for letter, axes in zip("abcdef", grid.flat):
            axes.set_title(letter, loc="left", fontweight="bold", fontsize=9)
        for axes, label in ((grid[0, 0], PER_STEP), (grid[1, 0], PER_STEP), (grid[1, 1], PER_CONNECTION)):
            axes.set_ylabel(label)
        figure.supxlabel(caption(rows), fontsize=6.5, color=GREY, x=0.01, ha="left")
        paths = [folder / "scaling.png", folder / "scaling.svg"]
        figure.savefig(paths[0], dpi=200)
        figure.savefig(paths[1], metadata={"Date": None})
        plt.close(figure)
    return paths


def panel(axes, sweep: str, label: str, measure: str, rows: list[dict]) -> None:
    values = [row["value"] for row in rows]
    costs = [cost_of(row, measure) for row in rows]
    medians = [median for median, _, _ in costs]
    band = goal(sweep, rows, medians)
    if band:
        axes.axhspan(*band, color=BAND, linewidth=0, zorder=0)
    ranges = [[median - low for median, low, _ in costs], [high - median for median, _, high in costs]]
    axes.errorbar(
        values, medians, yerr=ranges, color=COLOUR, marker=SHAPE, markersize=4, markeredgecolor="white",
        markeredgewidth=0.6, linewidth=1.2, elinewidth=1.0, capsize=2,
    )
    axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.set_xlim(min(values) / 1.25, max(values) * 1.25)
    # The values that were measured are the ticks; where two labels would touch, the left one goes.
    labels = [f"{value:g}" for value in values]
    span = math.log(max(values) / min(values) * 1.25**2)
    shown = len(values) - 1
    for index in range(len(values) - 2, -1, -1):
        if math.log(values[shown] / values[index]) < LABEL_WIDTH * span:
            labels[index] = ""
        else:
            shown = index
    axes.set_xticks(values, labels)
    axes.xaxis.set_minor_locator(NullLocator())


def caption(rows: list[dict]) -> str:
    usual = next(row for row in rows if row["sweep"] == "length")
    rounds = "one round" if usual["repeats"] == 1 else f"{usual['repeats']:g} rounds"
    revisions = ", ".join(sorted({row["revision"] for row in rows}))
    return (
        "Linear growth is a flat line; shaded: where the cost should stay. Time of one thread, without start-up;"
        f" median and range of {rounds}.\n"
        "Bayesian rule, f32; unless on the axis N = 500, p = 0.1, T = 700 ms after a washout of 200 ms,"
        f" {usual['trials']:g} trials, {usual['runs']:g} runs on {usual['threads']:g} threads.\n"
        f"{usual['machine']}; revision {revisions}."
    )
