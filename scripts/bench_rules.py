# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""What each rule costs: time per learning step, and memory per run.

    python scripts/bench_rules.py            # about four minutes on 2 cores
    python scripts/bench_rules.py --quick    # once, shorter: half a minute

The published network (N = 500) learns at every ms. Rules take turns within a round, so that a slow moment of the machine
hits all of them; a factor is the median over the rounds of the time beside that of the published rule in the same round. Time
is wall time of the whole machine per run and time step, network included; memory is what `runner plan` says of a run.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchlib import RESULTS, SMOKE_RESULTS, Protocol
from benchlib import available_threads, built_runner, measure, provenance, spread, write_csv

EXACT = 'kind = "bayesian", gain = "exact", eta0 = 1'
RULES = {
    "classical": ('{ kind = "classical", eta0 = 1e-4 }', 20),
    "published": ('{ kind = "bayesian", eta0 = 1e-3 }', 20),
    "diagonal, exact gain": (f"{{ {EXACT} }}", 20),
    **{f"blocks of {b}": (f'{{ {EXACT}, covariance = {{ kind = "block", size = {b} }} }}', 12) for b in (5, 10, 25, 50, 100)},
    **{f"rank {k}": (f'{{ {EXACT}, covariance = {{ kind = "low_rank", rank = {k} }} }}', 4) for k in (5, 10, 25, 50)},
    "all covariances, FORCE": ('{ kind = "force", alpha = 1 }', 3),
}


def memory_kib(runner: Path, spec: Path) -> float:
    """What a run in flight takes, beside the network."""
    text = subprocess.run([runner, "plan", spec], check=True, capture_output=True, text=True).stdout
    number, unit = re.search(r"([\d.]+) (\wiB|B) of it for each run", text).groups()
    return float(number) * {"B": 1 / 1024, "KiB": 1, "MiB": 1024}[unit]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds = 1 if arguments.quick else arguments.rounds
    runner = built_runner()
    threads = available_threads()
    times = {name: [] for name in RULES}
    memory, manifest = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        specs = {}
        for name, (rule, trials) in RULES.items():
            # 32 runs on each of two networks: full batches on two cores.
            protocol = Protocol(2, 32, max(1, trials // 4) if arguments.quick else trials, rule)
            path = Path(folder) / f"{re.sub('[^a-z0-9]+', '_', name)}.toml"
            specs[name] = (protocol, protocol.write_spec(path))
            memory[name] = memory_kib(runner, path)
        for _ in range(rounds):
            for name, (protocol, spec) in specs.items():
                measured = measure(runner, spec, threads)
                manifest = measured.manifest
                times[name].append(measured.wall_s / protocol.run_steps * 1e6)
    rows = []
    for name in RULES:
        factors = [own / published for own, published in zip(times[name], times["published"])]
        rows.append(
            {
                "rule": name,
                "kib_per_run": round(memory[name], 1),
                **spread("us_per_run_step", times[name]),
                "times_published": round(statistics.median(factors), 2),
                "rounds": rounds,
                "threads": threads,
                **provenance(manifest),
            }
        )
        print(f"{name:24} {rows[-1]['us_per_run_step']:8.2f} us  {rows[-1]['times_published']:6.2f} x  {memory[name]:8.1f} KiB")
    write_csv((SMOKE_RESULTS if arguments.quick else RESULTS) / "rules.csv", rows)


if __name__ == "__main__":
    main()
