"""A process that does a peer's work on demand: `worker.py PEER CORE DRAWN`, CORE a number or "all".

Reads a line of JSON per request (runs, quiet, learning, perhaps save), answers with the seconds that it took. Data,
compilation and a run's initial state are ready before the clock starts.
"""

import json
import os
import sys
import time
from pathlib import Path


def stay_on(core):
    """One thread on one core. Must come before NumPy is loaded."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})


def build(peer, drawn, folder, runs):
    import numpy as np

    from peers import batches, least_squares, plain

    if peer in ("reservoirpy", "blas"):
        rates = np.load(Path(folder) / "rates.npy")
        return {"reservoirpy": least_squares.ReservoirPy, "blas": least_squares.Blas}[peer](drawn, rates)
    if peer == "loop":
        return plain.Loop(drawn, drawn.targets[0])
    if peer == "jax":
        return batches.JaxBatch(drawn, runs)
    return batches.NumpyBatch(drawn, runs, sparse=peer == "csr")


def serve(peer, folder):
    import numpy as np

    from peers.work import Drawn

    drawn = Drawn(folder)
    jobs = {}
    for line in sys.stdin:
        request = json.loads(line)
        runs, quiet, learning = request["runs"], request["quiet"], request["learning"]
        if runs not in jobs:
            jobs[runs] = build(peer, drawn, folder, runs)
        job = jobs[runs]
        job.prepare(quiet, learning)
        job.begin()
        start = time.perf_counter()
        outputs = job.present(quiet, learning)
        seconds = time.perf_counter() - start
        if not np.all(np.isfinite(outputs)):
            raise SystemExit(f"{peer}, {runs} runs: not finite")
        if "save" in request:
            np.savez(request["save"], outputs=outputs, weights=np.asarray(job.weights))
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    name, core, drawn_folder = sys.argv[1:]
    if core != "all":
        stay_on(core)
    serve(name, drawn_folder)
