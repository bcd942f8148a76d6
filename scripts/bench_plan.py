# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""How well `runner plan` foretells the time that a study takes.

    python scripts/bench_plan.py            # about ten minutes on 2 cores
    python scripts/bench_plan.py --quick    # smaller studies, once: under a minute

Each round asks for an estimate and then computes the study, from nothing. The measured time is the
wall time of the whole process without statistics and figures, which the estimate does not promise.
A ratio above 1 is an estimate that was too long.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchlib import RESULTS, ROOT, SMOKE_RESULTS, Protocol
from benchlib import available_threads, built_runner, measure, provenance, set_arguments, spread, write_csv

SECONDS = {"s": 1, "m": 60, "h": 3600, "day": 86_400, "days": 86_400}

FORCE = Protocol(networks=2, targets=16, trials=40, rule='{ kind = "force", alpha = 1.0 }')
LARGE = Protocol(networks=4, targets=16, trials=10, units=2000)


@dataclass(frozen=True)
class Case:
    """A study, and what makes it a small one of the same kind."""

    name: str
    spec: Path
    smaller: tuple[str, ...]


def cases(folder: Path) -> list[Case]:
    fewer_trials = ("training.trials=4",)
    return [
        # Its expectation is about trial 300: all trials, but fewer replicates.
        Case("eta_sweep", ROOT / "experiments" / "eta_sweep.toml", ("replicates.networks=1", "replicates.targets=2")),
        Case("force", FORCE.write_spec(folder / "force.toml"), fewer_trials),
        Case("large", LARGE.write_spec(folder / "large.toml"), fewer_trials),
    ]


def estimated_s(runner: Path, spec: Path, threads: int, sets: tuple[str, ...]) -> float:
    """The estimate, from a line like `estimated: 2m 53s on 2 threads, 1.4 MiB of memory`."""
    with tempfile.TemporaryDirectory() as nothing_there:
        command = [runner, "plan", spec, "--out", nothing_there, "-j", str(threads), *set_arguments(sets)]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    line = re.search(r"estimated: (.+) on \d+ threads", text)
    if line is None:
        sys.exit(f"no estimate in:\n{text}")
    parts = re.findall(r"([\d.]+) ?([a-z]+)", line[1])
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, help="rounds [default: 3; 1 with --quick]")
    parser.add_argument("--quick", action="store_true", help="smaller studies; the table goes to target/benchmarks")
    parser.add_argument("--runner", type=Path, help="the program [default: build it]")
    parser.add_argument("--out", type=Path, help="folder of the table [default: results/benchmarks]")
    arguments = parser.parse_args()
    repeats = arguments.repeats or (1 if arguments.quick else 3)
    runner = arguments.runner or built_runner()
    threads = available_threads()

    estimates: dict[str, list[float]] = {}
    walls: dict[str, list[float]] = {}
    manifests: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            for case in cases(Path(folder)):
                sets = case.smaller if arguments.quick else ()
                estimates.setdefault(case.name, []).append(estimated_s(runner, case.spec, threads, sets))
                measurement = measure(runner, case.spec, threads, sets)
                walls.setdefault(case.name, []).append(measurement.wall_s)
                manifests[case.name] = measurement.manifest
                print(
                    f"round {repeat + 1}: {case.name}: estimated {estimates[case.name][-1]:.1f} s,"
                    f" took {measurement.wall_s:.1f} s",
                    file=sys.stderr,
                )

    rows = []
    print(f"{'study':<12}{'estimated s':>12}{'measured s':>12}{'ratio':>8}")
    for name, manifest in manifests.items():
        ratios = [estimate / wall for estimate, wall in zip(estimates[name], walls[name])]
        counts = manifest["counts"]
        rows.append(
            {
                "study": name,
                "runs": counts["runs"],
                # Runs that diverge end early: no estimate knows of them.
                "diverged": counts["diverged"],
                "threads": threads,
                **spread("estimated_s", estimates[name]),
                **spread("measured_s", walls[name]),
                **spread("estimated_over_measured", ratios),
                "repeats": repeats,
                **provenance(manifest),
            }
        )
        medians = [statistics.median(values) for values in (estimates[name], walls[name], ratios)]
        print("{:<12}{:>12.1f}{:>12.1f}{:>8.2f}".format(name, *medians))
    write_csv((arguments.out or (SMOKE_RESULTS if arguments.quick else RESULTS)) / "plan.csv", rows)


if __name__ == "__main__":
    main()
