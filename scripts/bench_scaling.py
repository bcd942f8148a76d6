# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""How the cost of a study grows: with runs, trials, target length, threads, units, connections.

    python scripts/bench_scaling.py                # about a quarter of an hour on 2 cores
    python scripts/bench_scaling.py --quick        # a smoke run, under a minute; its numbers mean nothing
    python scripts/bench_scaling.py --figure-only  # the figure again, from the table

Every point is a study with the Bayesian rule in f32, one parameter off the published values (but for
the number of trials), computed from nothing by the release program. The wall time is that of the
process. The same study with one trial of one time step, and no washout, has the same start-up
(process, spec, drawing networks, tables) and next to no time steps: its median is subtracted where a
cost per time step is told. A round measures each point once; rounds alternate in direction, so that a
machine that gets slower or faster does so for all points alike.

The table has a row per point: medians over the rounds, with `_min` and `_max`. `ns_per_run_step` is
time of one thread (wall time × threads) per run and time step; `non_zeros` is p N².
"""

import argparse
import csv
import math
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from benchlib import RESULTS, SMOKE_RESULTS, Measurement, Protocol
from benchlib import available_threads, built_runner, measure, provenance, spread, write_csv

# Runs that the engine advances together in f32. Fewer cost nearly as much: all points are whole
# batches, each on a network of its own, and as many for every thread.
BATCH = 32

# What each sweep changes.
PARAMETERS = {
    "runs": "runs",
    "trials": "trials",
    "length": "target_length_ms",
    "threads": "threads",
    "units": "units",
    "p": "p",
}


@dataclass(frozen=True)
class Point:
    """One study of one sweep."""

    sweep: str
    protocol: Protocol
    threads: int

    @property
    def value(self) -> float:
        parameter = PARAMETERS[self.sweep]
        return self.threads if parameter == "threads" else getattr(self.protocol, parameter)


def points(threads: int, quick: bool) -> list[Point]:
    """All points. `threads` is how many there are; all are busy but in the sweep over threads."""
    trials = 2 if quick else 10
    usual = 1 if quick else 4

    def point(sweep: str, batches: int = usual, **changed) -> Point:
        published = Protocol(networks=batches * threads, targets=BATCH, trials=trials)
        return Point(sweep, replace(published, **changed), threads)

    counts = thread_counts(threads)
    # As many batches for each thread, however many of them there are.
    shared = math.lcm(*counts)
    shared *= -(-usual * threads // shared)
    # Small networks get more batches: a measurement should take a second.
    units = {250: 16, 500: 4, 1000: 1, 2000: 1, 3500: 1, 5000: 1}
    if quick:
        units = {250: 4, 500: 1, 2000: 1}
    return [
        *(point("runs", batches) for batches in ((1, 2, 4) if quick else (1, 2, 4, 8, 16))),
        *(point("trials", trials=count) for count in ((2, 4) if quick else (10, 20, 40, 80))),
        *(
            point("length", target_length_ms=length)
            for length in ((300, 3000) if quick else (300, 500, 700, 1000, 2000, 3000))
        ),
        *(replace(point("threads", networks=shared), threads=count) for count in counts),
        *(point("units", batches, units=count) for count, batches in units.items()),
        *(point("p", p=p) for p in ((0.02, 0.5) if quick else (0.02, 0.05, 0.1, 0.2, 0.5))),
    ]


def thread_counts(threads: int) -> list[int]:
    """Powers of two, and all."""
    powers = [2**k for k in range(threads.bit_length()) if 2**k < threads]
    return [*powers, threads]


def measured_rows(runner: Path, all_points: list[Point], repeats: int) -> list[dict]:
    """Measures all points in rounds; the rows of the table."""
    walls: dict[Point, list[Measurement]] = {point: [] for point in all_points}
    start_ups: dict[Point, list[float]] = {point: [] for point in all_points}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            order = all_points if repeat % 2 == 0 else all_points[::-1]
            for point in order:
                spec = point.protocol.write_spec(Path(folder) / "study.toml")
                walls[point].append(complete(measure(runner, spec, point.threads)))
                minimal = replace(point.protocol, trials=1, target_length_ms=1, washout_ms=0)
                spec = minimal.write_spec(Path(folder) / "start_up.toml")
                start_ups[point].append(measure(runner, spec, point.threads).wall_s)
                wall_s = walls[point][-1].wall_s
                print(f"round {repeat + 1}: {point.sweep} = {point.value:g}: {wall_s:.2f} s", file=sys.stderr)
    return [row(point, walls[point], start_ups[point]) for point in all_points]


def complete(measurement: Measurement) -> Measurement:
    """Refuses a study whose runs ended early: its time steps are not those that were counted."""
    counts = measurement.manifest["counts"]
    if counts["ok"] != counts["runs"]:
        sys.exit(f"of {counts['runs']} runs {counts['diverged']} diverged and {counts['failed']} failed")
    return measurement


def row(point: Point, walls: list[Measurement], start_ups: list[float]) -> dict:
    protocol = point.protocol
    wall = spread("wall_s", [measurement.wall_s for measurement in walls])
    start_up_s = statistics.median(start_ups)
    per_run_step = {
        name.replace("wall_s", "ns_per_run_step"): 1e9 * (wall_s - start_up_s) * point.threads / protocol.run_steps
        for name, wall_s in wall.items()
    }
    return {
        "sweep": point.sweep,
        "value": point.value,
        "runs": protocol.runs,
        "units": protocol.units,
        "p": protocol.p,
        "trials": protocol.trials,
        "target_length_ms": protocol.target_length_ms,
        "threads": point.threads,
        "run_steps": protocol.run_steps,
        "non_zeros": protocol.non_zeros,
        **wall,
        "start_up_s": round(start_up_s, 6),
        **{name: round(cost, 3) for name, cost in per_run_step.items()},
        "ns_per_run_step_and_non_zero": float(f"{per_run_step['ns_per_run_step'] / protocol.non_zeros:.6g}"),
        "repeats": len(walls),
        **provenance(walls[0].manifest),
    }


def read_rows(path: Path) -> list[dict]:
    """The table, with its numbers as numbers."""
    texts = {"sweep", "machine", "revision"}
    with path.open(newline="") as file:
        return [
            {name: cell if name in texts else float(cell) for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]


def print_checks(rows: list[dict]) -> None:
    """What the costs should be, and what they are."""

    def check(text: str, holds: bool) -> None:
        print(f"{'holds' if holds else 'FAILS':>5}  {text}")

    walls = {row["threads"]: row["wall_s"] for row in rows if row["sweep"] == "threads"}
    if 2 in walls:
        # The whole wall time, start-up included.
        speed_up = walls[1] / walls[2]
        check(f"two threads are {speed_up:.3f} times as fast as one (at least 1.9)", speed_up >= 1.9)
    for sweep in ("runs", "trials"):
        costs = [row["ns_per_run_step"] for row in rows if row["sweep"] == sweep]
        deviation = (max(costs) - min(costs)) / (max(costs) + min(costs))
        check(f"cost per run and time step over {sweep}: ± {100 * deviation:.1f} % (at most 5 %)", deviation <= 0.05)
    costs = {
        row["units"]: row["ns_per_run_step_and_non_zero"]
        for row in rows
        if row["sweep"] == "units" and 500 <= row["units"] <= 5000
    }
    factor = max(costs.values()) / min(costs.values())
    span = f"{min(costs):g} to {max(costs):g}"
    check(f"cost per non-zero for N from {span}: within a factor of {factor:.2f} (at most 2)", factor <= 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, help="rounds [default: 5; 1 with --quick]")
    parser.add_argument("--quick", action="store_true", help="a smoke run; its files go to target/benchmarks")
    parser.add_argument("--figure-only", action="store_true", help="draw the figure from the table that is there")
    parser.add_argument("--runner", type=Path, help="the program [default: build it]")
    parser.add_argument("--out", type=Path, help="folder of table and figure [default: results/benchmarks]")
    arguments = parser.parse_args()
    out = arguments.out or (SMOKE_RESULTS if arguments.quick else RESULTS)
    table = out / "scaling.csv"
    if not arguments.figure_only:
        all_points = points(available_threads(), arguments.quick)
        repeats = arguments.repeats or (1 if arguments.quick else 5)
        write_csv(table, measured_rows(arguments.runner or built_runner(), all_points, repeats))
    elif not table.exists():
        sys.exit(f"{table}: there is no table to draw")
    rows = read_rows(table)
    print_checks(rows)
    # Only now: measuring needs no matplotlib.
    from scaling_figure import draw

    for path in draw(rows, out):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
