"""Updates of FORCE (recursive least squares) on given rates: ReservoirPy's node, and BLAS by hand.

Neither simulates the network: the rates and targets are those of a run that the plain loop recorded.
"""

import numpy as np
from scipy.linalg import blas

from .work import ALPHA, UNITS


class Given:
    """Recorded rates and their targets, over again if more are asked for."""

    runs = 1
    kind = np.float64

    def __init__(self, drawn, rates):
        self.readout = drawn.readout.astype(self.kind)
        self.rates = rates.astype(self.kind)
        self.targets = drawn.targets[0].astype(self.kind)

    def prepare(self, quiet, updates):
        rows = np.arange(updates) % len(self.rates)
        self.x, self.y = self.rates[rows], self.targets[rows][:, None]


class ReservoirPy(Given):
    """`reservoirpy.nodes.RLS` without its bias, from the same w(0) and P(0)."""

    def begin(self):
        from reservoirpy.nodes import RLS

        self.node = RLS(alpha=ALPHA, Wout=self.readout[:, None].copy(), fit_bias=False)
        self.node.initialize(self.x, self.y)

    def present(self, quiet, updates):
        outputs = self.node.partial_fit(self.x, self.y)
        self.weights = self.node.Wout[:, 0]
        return outputs


class Blas(Given):
    """k = P r (SSYMV), then the lower triangle of P less k k'/(1 + r'k) (SSYR): half of P, in place, f32."""

    kind = np.float32

    def begin(self):
        self.weights = self.readout.copy()
        self.inverse = np.asfortranarray(np.eye(UNITS, dtype=np.float32) / np.float32(ALPHA))

    def present(self, quiet, updates):
        outputs = np.empty(updates, np.float32)
        for step, (rates, target) in enumerate(zip(self.x, self.y[:, 0])):
            outputs[step] = output = self.weights @ rates
            product = blas.ssymv(1.0, self.inverse, rates, lower=1)
            scale = 1.0 / (1.0 + float(rates @ product))
            self.inverse = blas.ssyr(-scale, product, a=self.inverse, lower=1, overwrite_a=1)
            # With P just updated, P r is scale * k.
            self.weights += np.float32(scale * (target - output)) * product
        return outputs
