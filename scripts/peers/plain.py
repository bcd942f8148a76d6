"""The plain NumPy loop: one run at a time, J as a dense matrix, f64.

For each time step of a presentation, from V_i = 0 and r_i = 0:

    V = sum_i w_i r_i;  if learning: the rule, with the error V_tar - V;
    V_i += (dt/tau)(sum_j J_ij r_j + A_i V - V_i + I_i);  r_i = tanh V_i
"""

import numpy as np

from .work import ALPHA, ETA0, LEAK, UNITS


class Loop:
    runs = 1

    def __init__(self, drawn, target, rule="bayesian"):
        self.drawn, self.target = drawn, target
        self.learn = {"bayesian": self.bayesian, "force": self.force}[rule]
        self.rates_at_learning = None
        self.begin()

    def prepare(self, quiet, learning):
        """Nothing to compile."""

    def begin(self):
        """The state of a new run."""
        self.weights = self.drawn.readout.copy()
        self.variances = np.full(UNITS, ETA0)
        self.inverse = np.eye(UNITS) / ALPHA

    def bayesian(self, rates, error):
        """With an error variance of 1."""
        gain = self.variances * rates
        self.weights += gain * error
        self.variances -= gain * gain

    def force(self, rates, error):
        product = self.inverse @ rates
        self.inverse -= np.outer(product, product / (1.0 + rates @ product))
        self.weights += (self.inverse @ rates) * error

    def present(self, quiet, scored, learning=True):
        """`quiet` steps of washout and `scored` steps of the target: V at each of them."""
        recurrent, feedback, pulse = self.drawn.recurrent, self.drawn.feedback, self.drawn.pulse
        potentials, rates = np.zeros(UNITS), np.zeros(UNITS)
        outputs = np.empty(quiet + scored)
        for step in range(quiet + scored):
            output = outputs[step] = self.weights @ rates
            if learning and step >= quiet:
                if self.rates_at_learning is not None:
                    self.rates_at_learning.append(rates)
                self.learn(rates, self.target[(step - quiet) % len(self.target)] - output)
            potentials += LEAK * (recurrent @ rates + feedback * output - potentials)
            if step < len(pulse):
                potentials += LEAK * pulse[step]
            rates = np.tanh(potentials)
        return outputs

    def curves(self, washout, trials):
        """As a study with a test after every trial has them: a list of (test MSE, tracking MSE) per checkpoint."""
        self.begin()
        length = len(self.target)

        def mse(learning):
            outputs = self.present(washout, length, learning)
            return float(np.mean((self.target - outputs[washout:]) ** 2))

        points = [(mse(learning=False), None)]
        for _ in range(trials):
            tracking = mse(learning=True)
            points.append((mse(learning=False), tracking))
        return points
