# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2.0", "scipy>=1.14", "jax>=0.5", "reservoirpy>=0.4"]
# ///
"""Times this program against NumPy, SciPy, JAX and ReservoirPy on the same work, in one run.

    uv run scripts/bench_peers.py              # about ten minutes; writes results/benchmarks/peers.csv
    uv run scripts/bench_peers.py --quick      # to see that everything runs: prints only, and its figures mean nothing

The work: the published network (scripts/peers/work.py) learning by the Bayesian rule; and, by itself, FORCE. Unit: wall
time of the whole machine in us per network time step and run, or per FORCE update. All simulate the same drawn network
and targets; their results are compared first, and nothing is timed if they differ.

Of our program the whole process is timed, drawing, tests, tables and all. Of the others only the loop: not start-up,
compilation or drawing. They do a portion of the work, with as large a share of learning steps as ours. Each peer is one
process whose libraries may use all cores, or one process per core with one thread each: what is best differs. Rounds
are interleaved (ours, peer A, peer B, ..., ours, peer A, ...); a figure is the median of the rounds, with the least and
the greatest, and a ratio is taken within each round.

FORCE, ours: the time of a study over its number of updates, so that network, washout and tests are charged to the
updates; and the difference to the same study with the classical rule. The others only update weights, on rates that are
given. "blas ssymv+ssyr" is no library's: the best that we know how to write in Python.
"""

import argparse
import contextlib
import csv
import importlib.metadata
import os
import platform
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Callable

# Settings that slow the peers' libraries down, or choose their threads: gone before any of them is loaded.
THEIRS = ("BLIS_", "GOTO", "JAX_", "MKL_", "NPY_", "NVPL_", "OMP_", "OPENBLAS_", "XLA_")
for name in [name for name in os.environ if name.startswith(THEIRS)]:
    del os.environ[name]
os.environ["JAX_PLATFORMS"] = "cpu"

from peers import compare  # noqa: E402 (not before the above)
from peers.pool import Presentation, Workers, cores  # noqa: E402
from peers.work import ROOT, Drawn, Study, cargo_build, draw  # noqa: E402

LABELS = {
    "loop": "numpy loop",
    "dense": "numpy batch",
    "csr": "scipy csr batch",
    "jax": "jax batch",
    "reservoirpy": "reservoirpy RLS",
    "blas": "blas ssymv+ssyr",
}
PRECISIONS = {"loop": "f64", "dense": "f32", "csr": "f32", "jax": "f32", "reservoirpy": "f64", "blas": "f32"}
# Peer, whether one process per core. SciPy's product and BLAS level 2 on so little data have one thread anyway.
NETWORKS = [
    ("loop", False),
    ("loop", True),
    ("dense", False),
    ("dense", True),
    ("csr", True),
    ("jax", False),
    ("jax", True),
]
LEAST_SQUARES = [("reservoirpy", False), ("reservoirpy", True), ("blas", True)]
# Between two measurements: threads that still wait busily for work go to sleep.
PAUSE_S = 0.2


@dataclass
class Row:
    peer: str
    work: str
    precision: str
    batch: int
    processes: int
    unit: str
    measure: Callable[[], float]
    us: list[float] = field(default_factory=list)


def our_rows(bayesian, forces):
    """Our program, on studies of (runs, trials); those with FORCE beside the same with the classical rule."""
    rows, last = [], {}

    def add(study, unit, count):
        def measure():
            last[study.rule, study.precision, study.targets], _ = study.compute()
            return 1e6 * last[study.rule, study.precision, study.targets] / count

        rows.append(Row("ours", study.rule, study.precision, study.targets, 1, unit, measure))

    def add_difference(study):
        def difference():
            """Of the last two studies: nothing is computed."""
            force, classical = (last[rule, study.precision, study.targets] for rule in ("force", "classical"))
            return 1e6 * (force - classical) / study.updates()

        rows.append(Row("ours, less classical", "force", study.precision, study.targets, 1, "update", difference))

    for precision in ("f32", "f64"):
        study = Study("bayesian", precision, *bayesian)
        add(study, "run step", study.run_steps())
    for precision in ("f32", "f64"):
        for runs_and_trials in forces:
            force = Study("force", precision, *runs_and_trials)
            classical = Study("classical", precision, *runs_and_trials)
            add(force, "update", force.updates())
            add(classical, "run step", classical.run_steps())
            add_difference(force)
    return rows, Study("bayesian", "f32", *bayesian).learning_share()


def peer_rows(folder, drawn, batches, seconds, share, stack):
    """The peers, compared with the plain loop, warmed up."""
    rows = []
    expected = compare.record_rates(drawn, folder)
    for peer, per_core in NETWORKS + LEAST_SQUARES:
        workers = stack.enter_context(contextlib.closing(Workers(peer, per_core, folder)))
        processes = len(workers.processes)
        updates = (peer, per_core) in LEAST_SQUARES
        for runs in [1] if updates or peer == "loop" else batches:
            label = f"{LABELS[peer]}, {processes} x {runs}"
            if updates:
                compare.least_squares_and_the_loop(workers, expected, label)
            else:
                compare.batch_and_the_loop(drawn, workers, runs, label)
            portion = Presentation(workers, runs, 1.0 if updates else share)
            portion.calibrate(seconds)
            work, unit = ("force", "update") if updates else ("bayesian", "run step")
            rows.append(Row(LABELS[peer], work, PRECISIONS[peer], runs, processes, unit, portion.measure))
    return rows


def summaries(rows):
    """Median, least and greatest of each row and of its ratio to ours (the first in f32), as text with four digits."""
    ours = {}
    for row in rows:
        if row.peer == "ours" and row.precision == "f32":
            ours.setdefault(row.work, row.us)
    for row in rows:
        ratios = [us / base for us, base in zip(row.us, ours[row.work])]
        values = [statistic(of) for of in (row.us, ratios) for statistic in (median, min, max)]
        yield row, [f"{value:.4g}" for value in values]


def table(rows, repeats):
    head = ["peer", "work", "precision", "batch", "processes", "unit", "us", "min", "max", "ratio", "min", "max"]
    lines = [head] + [
        [row.peer, row.work, row.precision, str(row.batch), str(row.processes), row.unit, *values]
        for row, values in summaries(rows)
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    print(f"\nmedian, min and max of {repeats} rounds; us of the whole machine; ratio to ours in f32, same work\n")
    for line in lines:
        cells = [text.rjust(width) for text, width in zip(line, widths)]
        print("  ".join([line[0].ljust(widths[0]), *cells[1:]]))
    print("\nbest of each:")
    best = {}
    for row, values in summaries(rows):
        if (row.peer, row.work) not in best or median(row.us) < median(best[row.peer, row.work][0].us):
            best[row.peer, row.work] = row, values
    for row, (us, _, _, ratio, least, greatest) in best.values():
        how = f"{row.precision}, {row.processes} x {row.batch}"
        print(f"  {row.peer}, {row.work}, {how}: {us} us per {row.unit}, ratio {ratio} [{least}, {greatest}]")


def machine():
    def said(*command):
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()

    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    sources = ["crates", "scripts", "Cargo.toml", "Cargo.lock"]
    changed = "-changed" if said("git", "status", "--porcelain", "--", *sources) else ""
    packages = ["numpy", "scipy", "jax", "reservoirpy"]
    return {
        "cpu": cpu,
        "cores": len(cores()),
        "python": platform.python_version(),
        **{package: importlib.metadata.version(package) for package in packages},
        "rustc": said("rustc", "--version").removeprefix("rustc ").split(" ")[0],
        "revision": said("git", "rev-parse", "--short", "HEAD") + changed,
    }


def write(path, rows, repeats):
    about = machine()
    path.parent.mkdir(parents=True, exist_ok=True)
    head = ["peer", "work", "precision", "batch", "processes", "unit", "us", "us_min", "us_max"]
    head += ["ratio_to_ours", "ratio_min", "ratio_max", "repeats", *about]
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head)
        for row, values in summaries(rows):
            key = [row.peer, row.work, row.precision, row.batch, row.processes, row.unit.replace(" ", "_")]
            out.writerow([*key, *values, repeats, *about.values()])
    print(f"\n{path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="rounds [default: 5]")
    parser.add_argument("--seconds", type=float, default=1.5, help="of a peer's measurement, about [default: 1.5]")
    parser.add_argument("--quick", action="store_true", help="little work, one round: to see that everything runs")
    parser.add_argument("--out", type=Path, help="CSV file [default: results/benchmarks/peers.csv; none if --quick]")
    args = parser.parse_args()
    repeats, seconds, batches = args.repeats, args.seconds, [64, 256, 1024]
    # FORCE: its matrices of many runs do not fit into the caches, those of few do.
    ours = {"bayesian": (256, 20), "forces": [(64, 6), (8, 48)]}
    out = args.out or ROOT / "results" / "benchmarks" / "peers.csv"
    if args.quick:
        repeats, seconds, batches, out = 1, 0.1, [64], args.out
        ours = {"bayesian": (64, 2), "forces": [(8, 1)]}

    cargo_build()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        draw(folder, max(batches))
        drawn = Drawn(folder)
        print("comparing")
        compare.ours_and_the_loop(drawn)
        rows, share = our_rows(**ours)
        rows += peer_rows(folder, drawn, batches, seconds, share, stack)
        for number in range(repeats):
            print(f"round {number + 1} of {repeats}", flush=True)
            for row in rows:
                time.sleep(PAUSE_S)
                row.us.append(row.measure())
    table(rows, repeats)
    if out:
        write(out, rows, repeats)


if __name__ == "__main__":
    main()
