"""Many runs on one network at once, in f32, learning by the Bayesian rule: NumPy, SciPy and JAX.

State is N x runs, so that a unit's numbers of all runs are contiguous. J is dense, or in compressed rows for SciPy. The
NumPy versions allocate nothing per step that they need not; the JAX version is one compiled scan.
"""

import numpy as np
import scipy.sparse

from .work import ETA0, LEAK, PULSE, UNITS


def targets_of(drawn, runs):
    """V_tar, time x runs; the drawn targets over again if there are more runs."""
    return np.take(drawn.targets, np.arange(runs), axis=0, mode="wrap").T.astype(np.float32)


class NumpyBatch:
    def __init__(self, drawn, runs, sparse=False):
        self.runs = runs
        self.recurrent = drawn.recurrent.astype(np.float32)
        self.sparse = sparse
        if sparse:
            self.recurrent = scipy.sparse.csr_array(self.recurrent)
        self.feedback = drawn.feedback.astype(np.float32)[:, None]
        self.input = (LEAK * drawn.pulse).astype(np.float32)[:, :, None]
        self.readout = drawn.readout.astype(np.float32)[:, None]
        self.targets = targets_of(drawn, runs)
        shape = (UNITS, runs)
        self.weights, self.variances = np.empty(shape, np.float32), np.empty(shape, np.float32)
        self.potentials, self.rates = np.empty(shape, np.float32), np.empty(shape, np.float32)
        self.drive, self.gain = np.empty(shape, np.float32), np.empty(shape, np.float32)

    def prepare(self, quiet, learning):
        """Nothing to compile."""

    def begin(self):
        self.weights[:] = self.readout
        self.variances[:] = ETA0

    def learn(self, errors):
        gain = np.multiply(self.variances, self.rates, out=self.gain)
        # The drive is scratch here: it is computed anew in each step.
        self.weights += np.multiply(gain, errors, out=self.drive)
        self.variances -= np.multiply(gain, gain, out=gain)

    def sum_of_inputs(self):
        if self.sparse:
            self.drive = self.recurrent @ self.rates
        else:
            np.matmul(self.recurrent, self.rates, out=self.drive)

    def present(self, quiet, learning):
        leak = np.float32(LEAK)
        self.potentials[:] = 0
        self.rates[:] = 0
        outputs = np.empty((quiet + learning, self.runs), np.float32)
        for step in range(quiet + learning):
            output = np.einsum("nr,nr->r", self.weights, self.rates, out=outputs[step])
            if step >= quiet:
                self.learn(self.targets[(step - quiet) % len(self.targets)] - output)
            self.sum_of_inputs()
            self.drive += np.multiply(self.feedback, output, out=self.gain)
            self.drive -= self.potentials
            self.drive *= leak
            self.potentials += self.drive
            if step < PULSE:
                self.potentials += self.input[step]
            np.tanh(self.potentials, out=self.rates)
        return outputs


class JaxBatch:
    def __init__(self, drawn, runs):
        import jax.numpy as jnp

        self.runs = runs
        self.targets = targets_of(drawn, runs)
        constants = (drawn.recurrent, drawn.feedback[:, None], LEAK * drawn.pulse[:, :, None])
        self.constants = tuple(jnp.asarray(constant, jnp.float32) for constant in constants)
        self.readout = drawn.readout.astype(np.float32)[:, None]
        self.compiled = {}

    def begin(self):
        import jax.numpy as jnp

        shape = (UNITS, self.runs)
        self.weights = jnp.asarray(np.broadcast_to(self.readout, shape))
        self.variances = jnp.full(shape, ETA0, jnp.float32)

    def prepare(self, quiet, learning):
        """Compiles for presentations of so many steps."""
        import jax
        import jax.numpy as jnp

        if (quiet, learning) in self.compiled:
            return
        self.begin()
        rows = np.arange(learning) % len(self.targets)
        targets = jnp.asarray(self.targets[rows])
        step = jax.jit(present_with_jax, static_argnames="quiet")
        compiled = step.lower(self.constants, self.weights, self.variances, targets, quiet=quiet).compile()
        self.compiled = {(quiet, learning): (compiled, targets)}

    def present(self, quiet, learning):
        import jax

        compiled, targets = self.compiled[quiet, learning]
        result = compiled(self.constants, self.weights, self.variances, targets)
        self.weights, self.variances, outputs = jax.block_until_ready(result)
        return np.asarray(outputs)


def present_with_jax(constants, weights, variances, targets, quiet):
    """A presentation as three scans: the pulse, the rest of the washout, the target with learning."""
    import jax
    import jax.numpy as jnp

    recurrent, feedback, pulse = constants

    def move(potentials, rates, output):
        potentials = potentials + LEAK * (recurrent @ rates + feedback * output - potentials)
        return potentials

    def pulsed(state, row):
        potentials, rates = state
        output = jnp.sum(weights * rates, axis=0)
        potentials = move(potentials, rates, output) + row
        return (potentials, jnp.tanh(potentials)), output

    def learning(state, target):
        potentials, rates, weights, variances = state
        output = jnp.sum(weights * rates, axis=0)
        gain = variances * rates
        weights = weights + gain * (target - output)
        variances = variances - gain * gain
        potentials = move(potentials, rates, output)
        return (potentials, jnp.tanh(potentials), weights, variances), output

    zeros = jnp.zeros_like(weights)
    state, first = jax.lax.scan(pulsed, (zeros, zeros), pulse)
    unpulsed = jnp.zeros((quiet - PULSE, 1, 1), jnp.float32)
    state, second = jax.lax.scan(pulsed, state, unpulsed)
    state, third = jax.lax.scan(learning, (*state, weights, variances), targets)
    return state[2], state[3], jnp.concatenate((first, second, third))
