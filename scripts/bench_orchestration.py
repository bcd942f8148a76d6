# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""What everything around the time steps costs: start-up, planning, keeping runs, status, merging.

    python scripts/bench_orchestration.py            # a few minutes on 2 cores; 1 GB of disk for a while
    python scripts/bench_orchestration.py --quick    # fewer runs, once; its numbers mean nothing

Every measurement is a whole process of the release program, from its start to its end: wall time, and
where memory is told, the largest resident set (at least the 20 MB or so of this script, which starts it).
All studies are of networks of 2 units trained for 1 trial of 1 time step, with a test before and after it:
next to nothing is computed, and nothing that is computed is subtracted. So the overhead per run is the
time of the whole process (start-up, planning, drawing networks and targets, 3 time steps per run, journal,
tables and manifest, but no statistics and figures) over the number of runs, on one thread. Journals are
real: the program computes all runs first.

A million runs are planned three times: as 500 conditions on 100 networks and 20 targets, as 100,000
conditions on 10 targets, and, the worst case, as a million conditions. A plan includes a calibration of
0.6 s.

The table has a row per quantity: the median, its goal (an upper bound) and whether that holds, and the
range of the repeats.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchlib import RESULTS, SMOKE_RESULTS, built_runner, provenance, spread, write_csv

MIB = 1 << 20


@dataclass(frozen=True)
class Usage:
    """What a process took."""

    wall_s: float
    memory_bytes: int


def used(*command: object) -> Usage:
    """Runs a command to its end; its output is thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{process.args} ended with {process.returncode}")
    # The kernel counts in kB, but for macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(wall_s, usage.ru_maxrss * unit)


@dataclass(frozen=True)
class Shape:
    """A study of so many learning rates, gains, networks and targets."""

    etas: int
    gains: int
    networks: int
    targets: int

    @property
    def conditions(self) -> int:
        return self.etas * self.gains

    @property
    def runs(self) -> int:
        return self.conditions * self.networks * self.targets

    def write_spec(self, path: Path) -> Path:
        path.write_text(
            f"""schema = 1
name = "{path.stem}"
question = "How long does everything else take?"
seed = 2021
network = {{ units = 2, connection_probability = 1.0 }}
target = {{ kind = "periodic_gp", length_ms = 1 }}
training = {{ trials = 1, washout_ms = 0, checkpoints_every = 1 }}
replicates = {{ networks = {self.networks}, targets = {self.targets}, traces = 0 }}
[[condition]]
rule = {{ kind = "bayesian" }}
[condition.sweep]
"rule.eta0" = {{ log = [1e-6, 1e-2], points = {self.etas} }}
"network.gain" = {{ linear = [1.0, 2.0], points = {self.gains} }}
"""
        )
        return path


@dataclass
class Quantity:
    """One row of the table."""

    what: str
    unit: str
    goal: float
    values: list[float] = field(default_factory=list)

    def row(self) -> dict:
        value = statistics.median(self.values)
        return {
            "what": self.what,
            **spread("value", self.values),
            "unit": self.unit,
            "goal": self.goal,
            "holds": str(value < self.goal).lower(),
            "repeats": len(self.values),
        }


class Bench:
    """The measurements, on studies in a temporary folder."""

    def __init__(self, runner: Path, folder: Path, quick: bool):
        self.runner = runner
        self.folder = folder
        self.quick = quick
        self.quantities: list[Quantity] = []

    def shape(self, etas: int, gains: int, networks: int, targets: int) -> Shape:
        """A shape, or one of few of its runs."""
        factor = 10 if self.quick else 1
        return Shape(max(etas // factor, 2), gains, networks, max(targets // factor, 1))

    def repeat(self, repeats: int, measure: Callable[[], Usage], *told: tuple[Quantity, Callable[[Usage], float]]):
        """Measures so often, once to warm up, and tells quantities of each measurement."""
        measure()
        for _ in range(1 if self.quick else repeats):
            usage = measure()
            for quantity, value in told:
                quantity.values.append(value(usage))
        for quantity, _ in told:
            row = quantity.row()
            print(f"{row['what']}: {row['value']:g} {row['unit']}, goal {row['goal']:g}", file=sys.stderr)
            self.quantities.append(quantity)

    def computed(self, name: str, shape: Shape) -> Path:
        """The folder of a study whose runs are all there."""
        study, out = shape.write_spec(self.folder / f"{name}.toml"), self.folder / name
        used(self.runner, study, "--out", out, "--no-report", "--quiet")
        return out

    def start_up(self) -> dict:
        """Of a study of 4 runs that are all there; returns its manifest."""
        out = self.computed("tiny", Shape(2, 2, 1, 1))
        for what, command in [
            ("start-up: runner --version", ["--version"]),
            ("start-up: runner plan of 4 runs that are there", ["plan", self.folder / "tiny.toml", "--out", out]),
            ("start-up: runner status of 4 runs", ["status", out]),
        ]:
            quantity = Quantity(what, "ms", 20)
            self.repeat(20, lambda: used(self.runner, *command), (quantity, lambda usage: 1e3 * usage.wall_s))
        return json.loads((out / "manifest.json").read_text())

    def planning(self) -> None:
        for shape in [self.shape(50, 10, 100, 20), self.shape(1000, 100, 1, 10), self.shape(10_000, 100, 1, 1)]:
            study = shape.write_spec(self.folder / "planned.toml")
            what = f"planning {shape.runs} runs of {shape.conditions} conditions"
            self.repeat(
                5,
                lambda: used(self.runner, "plan", study, "--out", self.folder / "nothing_there"),
                (Quantity(what, "s", 2), lambda usage: usage.wall_s),
                (Quantity(f"memory for {what}", "MiB", 1024), lambda usage: usage.memory_bytes / MIB),
            )

    def overhead(self) -> None:
        shape = self.shape(10, 2, 10, 100)
        study = shape.write_spec(self.folder / "short.toml")

        def compute() -> Usage:
            with tempfile.TemporaryDirectory(dir=self.folder) as out:
                return used(self.runner, study, "--out", out, "--no-report", "--quiet", "-j", 1)

        quantity = Quantity(f"overhead per run of {shape.runs} runs on one thread", "ms", 0.1)
        self.repeat(5, compute, (quantity, lambda usage: 1e3 * usage.wall_s / shape.runs))

    def status(self) -> None:
        shape = self.shape(50, 10, 10, 20)
        out = self.computed("watched", shape)
        quantity = Quantity(f"runner status of {shape.runs} runs", "s", 0.5)
        self.repeat(5, lambda: used(self.runner, "status", out), (quantity, lambda usage: usage.wall_s))

    def merging(self) -> None:
        shape = self.shape(50, 10, 100, 20)
        out = self.computed("merged", shape)
        quantity = Quantity(f"merging a journal of {shape.runs} runs into tables", "s", 10)
        command = [self.runner, "merge", out, "--no-report", "--quiet"]
        self.repeat(3, lambda: used(*command), (quantity, lambda usage: usage.wall_s))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke run; the table goes to target/benchmarks")
    parser.add_argument("--runner", type=Path, help="the program [default: build it]")
    parser.add_argument("--out", type=Path, help="folder of the table [default: results/benchmarks]")
    arguments = parser.parse_args()
    runner = (arguments.runner or built_runner()).resolve()

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(runner, Path(folder), arguments.quick)
        manifest = bench.start_up()
        bench.planning()
        bench.overhead()
        bench.status()
        bench.merging()
    rows = [{**quantity.row(), **provenance(manifest)} for quantity in bench.quantities]
    for row in rows:
        print(f"{'holds' if row['holds'] == 'true' else 'FAILS':>5}  {row['what']}: {row['value']:g} {row['unit']}")
    write_csv((arguments.out or (SMOKE_RESULTS if arguments.quick else RESULTS)) / "orchestration.csv", rows)


if __name__ == "__main__":
    main()
