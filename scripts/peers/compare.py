"""Before anything is timed: everybody computes the same.

Recurrent networks let rounding errors grow, and the order of sums differs from peer to peer: agreement is not to the
last digit. Tolerances leave a factor of a hundred or more above what was seen, and are far below any real difference: a
step more or less of the washout, another order of feedback and learning, another draw of a target.
"""

from pathlib import Path

import numpy as np

from .plain import Loop
from .work import TARGET, WASHOUT, Study

# Relative, of a mean squared error after whole presentations of 1.1 s: f64. Seen: 2e-13.
CURVES_F64 = 1e-9
# The same with a target of 100 ms after 50 ms: f32. Seen: 6e-6 (FORCE), else 2e-7.
CURVES_F32 = 1e-3
# Relative to the standard deviation of V, at each of 200 steps: f32. Seen: 2e-6.
OUTPUTS_F32 = 1e-4
# Norm of the difference of weights after learning, relative to that of the weights. Seen for a batch: 3e-7; for least
# squares: 7e-15 in f64, 1e-5 in f32.
WEIGHTS = {"batch": 1e-4, "reservoirpy": 1e-10, "blas": 1e-3}

SHORT_WASHOUT, SHORT_TARGET = 50, 100
BATCH_STEPS = (WASHOUT, 100)
UPDATES = 1000


def check(name, deviation, tolerance):
    print(f"  {name}: deviation {deviation:.1e}, allowed {tolerance:.0e}", flush=True)
    # Not `deviation > tolerance`, which is false for NaN.
    if not deviation <= tolerance:
        raise SystemExit(f"comparison failed: {name}: deviation {deviation:.3e} > {tolerance:.0e}; nothing was timed")


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def ours_and_the_loop(drawn):
    """Test and tracking MSE of our program against the plain loop's, before learning and after one and two trials."""
    for rule in ("bayesian", "force"):
        whole = Study(rule, "f64", 2, 2, test_every_trial=True)
        short = Study(rule, "f32", 2, 2, test_every_trial=True, washout=SHORT_WASHOUT, length=SHORT_TARGET)
        for study, tolerance in ((whole, CURVES_F64), (short, CURVES_F32)):
            _, rows = study.compute()
            # A target of 100 ms is that of 1000 ms, compressed.
            targets = drawn.targets[: study.targets, :: TARGET // study.length]
            loops = [Loop(drawn, target, rule).curves(study.washout, study.trials) for target in targets]
            for trial in range(study.trials + 1):
                deviations = [
                    abs(float(row[column]) / expected - 1.0)
                    for row in rows
                    if int(row["trial"]) == trial
                    for column, expected in zip(("test_mse", "tracking_mse"), loops[int(row["target"])][trial])
                    if expected is not None
                ]
                name = f"ours, {study.precision}, {rule}, {study.length} ms, trial {trial}: MSE as the NumPy loop"
                check(name, max(deviations, default=np.nan), tolerance)


def batch_and_the_loop(drawn, workers, runs, label):
    """V at each step of the first and last runs, washout and learning."""
    workers.run(runs, *BATCH_STEPS, save=True)
    picked = sorted({0, 1 % runs, runs - 1})
    loops = [Loop(drawn, drawn.targets[run % len(drawn.targets)]) for run in picked]
    expected = np.stack([loop.present(*BATCH_STEPS) for loop in loops], axis=1)
    weights = np.stack([loop.weights for loop in loops], axis=1)
    for path in workers.saved:
        with np.load(path) as saved:
            outputs = saved["outputs"].reshape(sum(BATCH_STEPS), -1)[:, picked]
            found = saved["weights"].reshape(len(weights), -1)[:, picked]
        check(f"{label}: V as the NumPy loop", np.max(np.abs(outputs - expected)) / np.std(expected), OUTPUTS_F32)
        check(f"{label}: weights as the NumPy loop", relative(found, weights), WEIGHTS["batch"])


def record_rates(drawn, folder):
    """A learning trial of the plain loop with FORCE: its rates for the workers, its final weights for us."""
    loop = Loop(drawn, drawn.targets[0], "force")
    loop.rates_at_learning = []
    loop.present(WASHOUT, UPDATES)
    np.save(Path(folder) / "rates.npy", np.array(loop.rates_at_learning))
    return loop.weights


def least_squares_and_the_loop(workers, expected, label):
    """Weights after the updates of a whole trial, from the rates of the plain loop."""
    workers.run(1, 0, UPDATES, save=True)
    for path in workers.saved:
        with np.load(path) as saved:
            deviation = relative(saved["weights"], expected)
        check(f"{label}: weights as the NumPy loop with FORCE", deviation, WEIGHTS[workers.peer])
