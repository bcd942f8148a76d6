"""What the benchmark scripts share: the program, specs, one measured study, and who measured."""

import csv
import json
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "benchmarks"
# Git ignores it: a smoke run must not replace real results.
SMOKE_RESULTS = ROOT / "target" / "benchmarks"


def built_runner() -> Path:
    """The program, built from the sources as they are: a stale binary cannot be measured."""
    command = ["cargo", "build", "--release", "--bin", "runner", "--message-format=json-render-diagnostics"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    return next(Path(message["executable"]) for message in messages if message.get("executable"))


def available_threads() -> int:
    """As many as the program takes by default."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Protocol:
    """A study of one condition; the defaults are those of `experiments/eta_sweep.toml`."""

    networks: int
    targets: int
    trials: int
    rule: str = '{ kind = "bayesian", eta0 = 3.2e-4, noise = { kind = "fixed", variance = 1.0 } }'
    units: int = 500
    p: float = 0.1
    target_length_ms: int = 700
    washout_ms: int = 200

    @property
    def runs(self) -> int:
        return self.networks * self.targets

    @property
    def run_steps(self) -> int:
        """Time steps of all runs together: the trials, and a test before the first and after the last."""
        return self.runs * (self.trials + 2) * (self.washout_ms + self.target_length_ms)

    @property
    def non_zeros(self) -> int:
        """Non-zeros of J, as many as expected."""
        return round(self.p * self.units**2)

    def write_spec(self, path: Path) -> Path:
        """The study as a spec. It has no tests but the two above, and no traces."""
        path.write_text(
            f"""schema = 1
name = "{path.stem}"
question = "How long does it take?"
seed = 2021
[network]
units = {self.units}
connection_probability = {self.p}
gain = 1.5
tau_ms = 10
[target]
kind = "periodic_gp"
length_ms = {self.target_length_ms}
[training]
protocol = "trials"
precision = "f32"
trials = {self.trials}
washout_ms = {self.washout_ms}
checkpoints_every = {self.trials}
[replicates]
networks = {self.networks}
targets = {self.targets}
traces = 0
[[condition]]
rule = {self.rule}
"""
        )
        return path


@dataclass(frozen=True)
class Measurement:
    """One study computed from nothing: the wall time of the whole process, and what it says of itself."""

    wall_s: float
    manifest: dict


def measure(runner: Path, spec: Path, threads: int, sets: tuple[str, ...] = ()) -> Measurement:
    """Computes a study into a folder that is then deleted; statistics and figures are left out."""
    with tempfile.TemporaryDirectory() as out:
        command = [runner, spec, "--out", out, "--no-report", "--quiet", "-j", str(threads), *set_arguments(sets)]
        start = time.perf_counter()
        subprocess.run(command, check=True)
        wall_s = time.perf_counter() - start
        return Measurement(wall_s, json.loads((Path(out) / "manifest.json").read_text()))


def set_arguments(sets: tuple[str, ...]) -> list[str]:
    return [word for path_and_value in sets for word in ("--set", path_and_value)]


def spread(name: str, values: list[float]) -> dict[str, float]:
    """Columns for the median and the range of repeated measurements."""
    return {
        name: round(statistics.median(values), 6),
        f"{name}_min": round(min(values), 6),
        f"{name}_max": round(max(values), 6),
    }


def provenance(manifest: dict) -> dict[str, str]:
    """Columns for the machine and the revision that the program was built from."""
    host, tool = manifest["host"], manifest["tool"]
    # What is not known is told as such, not as clean.
    state = {False: "", True: "-dirty", None: "-unknown"}[tool["git_dirty"]]
    return {
        "machine": f"{host['cpu']}, {host['cpus']} cores, {host['vectors']}, {host['os']}",
        "revision": tool["git_revision"][:12] + state,
    }


def write_csv(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"wrote {path}")
