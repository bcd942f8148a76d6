"""Workers of one peer: one process that may use all cores, or one process per core with one thread each."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .work import PULSE

WORKER = Path(__file__).with_name("worker.py")


def cores():
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count()))


class Workers:
    def __init__(self, peer, per_core, folder):
        self.peer, self.folder = peer, folder
        places = map(str, cores()) if per_core else ["all"]
        self.processes = [
            subprocess.Popen(
                [sys.executable, WORKER, peer, place, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for place in places
        ]

    def run(self, runs, quiet, learning, save=False):
        """All processes do it at the same time; the seconds of the slowest. `saved` has what they saved."""
        self.saved = [Path(self.folder) / f"{self.peer}_{number}.npz" for number in range(len(self.processes))]
        for process, path in zip(self.processes, self.saved):
            request = {"runs": runs, "quiet": quiet, "learning": learning}
            if save:
                request["save"] = str(path)
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        answers = [process.stdout.readline() for process in self.processes]
        if not all(answers):
            raise SystemExit(f"a worker of {self.peer} ended: see above")
        return max(json.loads(answer)["seconds"] for answer in answers)

    def close(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait()


class Presentation:
    """A peer's portion of the work: a washout and learning steps in the shares that our study has, from the start
    of a trial, long enough to be timed."""

    def __init__(self, workers, runs, share):
        self.workers, self.runs, self.share = workers, runs, share

    def split(self, steps):
        if self.share == 1.0:
            return 0, steps
        # The whole pulse at least.
        quiet = max(PULSE, round(steps * (1.0 - self.share)))
        return quiet, steps - quiet

    def calibrate(self, seconds):
        """Chooses the number of steps, and compiles and warms up for it."""
        trial = 66
        for _ in range(2):
            # The second time is the one that counts: the first one loads and compiles.
            took = self.workers.run(self.runs, *self.split(trial))
        self.steps = max(trial, round(trial * seconds / took))
        self.workers.run(self.runs, *self.split(self.steps))

    def measure(self):
        """Microseconds of the whole machine per step and run."""
        seconds = self.workers.run(self.runs, *self.split(self.steps))
        return 1e6 * seconds / (self.steps * self.runs * len(self.workers.processes))
