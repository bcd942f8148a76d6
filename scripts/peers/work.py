"""The work that everybody does: the published network, its protocol, the drawn numbers; and how our program does it.

N = 500 units, p = 0.1, g = 1.5, tau_m = 10 ms, steps of 1 ms: the defaults of a study. A presentation lasts 100 ms
of washout and 1000 ms of target, with learning at every ms of the target, or none if it is a test.
"""

import csv
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = 500
SEED = 2021
WASHOUT = 100
TARGET = 1000
PULSE = 10
LEAK = 0.1  # dt / tau_m
ETA0 = 1e-3
ALPHA = 1.0

RULES = {
    "bayesian": f'kind = "bayesian", eta0 = {ETA0}, noise = {{ kind = "fixed", variance = 1.0 }}',
    "classical": f'kind = "classical", eta0 = {ETA0 / 10}',
    "force": f'kind = "force", alpha = {ALPHA}',
}


def cargo_build():
    subprocess.run(
        ["cargo", "build", "--release", "--quiet", "--bin", "runner", "--example", "draw_network"], cwd=ROOT, check=True
    )


def program(name):
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / name


def draw(folder, targets):
    """Network 0 and the first targets of the study with our seed, as .npy files in the folder."""
    arguments = [UNITS, SEED, 0, targets, TARGET, folder]
    subprocess.run([program("examples/draw_network"), *map(str, arguments)], check=True)


class Drawn:
    """A network and targets as `draw` wrote them, in f64; J as a dense matrix."""

    def __init__(self, folder):
        import numpy as np

        def load(name):
            return np.load(Path(folder) / f"{name}.npy")

        self.row_start, self.column, self.value = load("row_start"), load("column"), load("value")
        rows = np.repeat(np.arange(UNITS), np.diff(self.row_start))
        self.recurrent = np.zeros((UNITS, UNITS))
        self.recurrent[rows, self.column] = self.value
        self.feedback, self.pulse, self.readout = load("feedback"), load("pulse"), load("readout")
        self.targets = load("targets")


@dataclass
class Study:
    """A study of one condition on network 0, for our program: a run per target, tests before and after all trials."""

    rule: str
    precision: str
    targets: int
    trials: int
    test_every_trial: bool = False
    washout: int = WASHOUT
    length: int = TARGET

    def run_steps(self):
        tests = 1 + self.trials if self.test_every_trial else 2
        return self.targets * (self.trials + tests) * (self.washout + self.length)

    def updates(self):
        return self.targets * self.trials * self.length

    def learning_share(self):
        return self.updates() / self.run_steps()

    def spec(self):
        return f"""schema = 1
name = "peers"
question = "How long does it take?"
seed = {SEED}
network = {{ units = {UNITS} }}
target = {{ kind = "periodic_gp", length_ms = {self.length} }}
replicates = {{ networks = 1, targets = {self.targets}, traces = 0 }}
[training]
trials = {self.trials}
washout_ms = {self.washout}
checkpoints_every = {1 if self.test_every_trial else self.trials}
precision = "{self.precision}"
[[condition]]
rule = {{ {RULES[self.rule]} }}
"""

    def compute(self):
        """Seconds of the whole process, and the rows of curves.csv."""
        with tempfile.TemporaryDirectory() as folder:
            spec = Path(folder) / "peers.toml"
            spec.write_text(self.spec())
            command = [program("runner"), spec, "--out", Path(folder) / "out", "--no-report", "--quiet"]
            start = time.perf_counter()
            subprocess.run(command, check=True)
            seconds = time.perf_counter() - start
            with open(Path(folder) / "out" / "curves.csv", newline="") as file:
                rows = list(csv.DictReader(file))
        if any(row["status"] != "ok" for row in rows):
            # A diverged run ends early: its time would be too good.
            raise SystemExit(f"ours, {self.rule}, {self.precision}: a run diverged or failed; nothing to time")
        return seconds, rows
