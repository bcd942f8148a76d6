//! The tables of a spec. Ranges are those of `synapse_core::params::range`, which also checks them;
//! defaults of the network are those of [`NetworkParams::default`].

use super::file;
use super::{Case, Field, FieldKind, Presence, TableSchema, Variants};
use crate::spec::scalar::Scalar;
use synapse_core::params::{NetworkParams, range};

use FieldKind::{Bool, Choice, List, Real, Table, Text};
use Presence::{Default as Or, Defaults, Optional, Required};

/// Words for what an expression such as g²/(pN) is.
pub const SCALES: &[&str] = &["variance", "standard_deviation"];
/// Words of `network.pulse_input`.
pub const PULSE_INPUTS: &[&str] = &["per_unit", "shared"];
/// Words of `network.feedback`.
pub const FEEDBACKS: &[&str] = &["readout", "own_potential"];
/// Words of `training.precision`.
pub const PRECISIONS: &[&str] = &["f32", "f64"];
/// Words of `rule.update_order`.
pub const UPDATE_ORDERS: &[&str] = &["together", "variance_first"];
const GAINS: &[&str] = &["published", "exact"];
/// `rule.covariance.recent` where it is not written: as many as the ranks of interest, so that a reduction
/// costs no more than the steps between.
const RECENT: i64 = 25;
const ASSIGNMENTS: &[&str] = &["index", "random", "feedback"];
const DROPPED: &[&str] = &["to_diagonal", "forgotten"];

/// `training.washout_ms` where it is not written: the 200 ms from which the published curves are
/// approached, long enough (20 τ_m) for the pulse to spread through the network.
pub const WASHOUT_MS: f64 = 200.0;
/// `training.checkpoints_every` where it is not written: few enough that tests cost little beside training.
pub const CHECKPOINTS_EVERY: i64 = 50;
/// `training.learn_every_ms` where it is not written: every step of the default network, as published.
pub const LEARN_EVERY_MS: f64 = 1.0;
/// `rule.noise.variance` where it is not written: the σ_δ² of the published curves.
pub const NOISE_VARIANCE: f64 = 1.0;
/// `rule.alpha` where it is not written (Sussillo & Abbott 2009 use 1 to 100).
pub const ALPHA: f64 = 1.0;

pub(super) const fn whole(range: (u64, u64)) -> FieldKind {
    FieldKind::Whole(range.0, range.1)
}

pub(super) const fn field(
    name: &'static str,
    kind: FieldKind,
    presence: Presence,
    doc: &'static str,
) -> Field {
    Field {
        name,
        kind,
        presence,
        doc,
    }
}

/// `[network]`
pub static NETWORK: TableSchema = TableSchema {
    name: "network",
    variants: None,
    fields: &[
        field(
            "units",
            whole(range::UNITS),
            Or(|| Scalar::Integer(NetworkParams::default().units as i64)),
            "N, the number of units",
        ),
        field(
            "connection_probability",
            Real(range::CONNECTION_PROBABILITY),
            Or(|| Scalar::float(NetworkParams::default().connection_probability)),
            "p, the probability that a recurrent weight is not zero",
        ),
        field(
            "gain",
            Real(range::GAIN),
            Or(|| Scalar::float(NetworkParams::default().gain)),
            "g, the gain of the recurrent weights",
        ),
        field(
            "recurrent_scale",
            Choice(SCALES),
            Or(|| Scalar::text(SCALES[0])),
            "what g²/(pN) is: the variance of the recurrent weights or their standard deviation",
        ),
        field(
            "tau_ms",
            Real(range::DURATION_MS),
            Or(|| Scalar::float(NetworkParams::default().tau_ms)),
            "time constant of the membrane in ms",
        ),
        field(
            "dt_ms",
            Real(range::DURATION_MS),
            Or(|| Scalar::float(NetworkParams::default().dt_ms)),
            "length of a time step in ms; at most tau_ms",
        ),
        field(
            "pulse_ms",
            Real(range::OPTIONAL_LENGTH_MS),
            Or(|| Scalar::float(NetworkParams::default().pulse_ms)),
            "length of the input pulse in ms; whole time steps",
        ),
        field(
            "pulse_onset_ms",
            Real(range::OPTIONAL_LENGTH_MS),
            Or(|| Scalar::float(NetworkParams::default().pulse_onset_ms)),
            "when the pulse begins, in ms after the start of a trial; whole time steps",
        ),
        field(
            "pulse_input",
            Choice(PULSE_INPUTS),
            Or(|| Scalar::text(PULSE_INPUTS[0])),
            "whether each unit receives its own input during the pulse or all share one value per time step",
        ),
        field(
            "feedback",
            Choice(FEEDBACKS),
            Or(|| Scalar::text(FEEDBACKS[0])),
            "what feeds back into unit i: A_i times the readout or A_i times the unit's own potential",
        ),
        field(
            "feedback_gain",
            Real(range::GAIN),
            Or(|| Scalar::float(NetworkParams::default().feedback_gain)),
            "A_i is uniform from minus this to this; 0 is no feedback",
        ),
        field(
            "readout_scale",
            Choice(SCALES),
            Or(|| Scalar::text(SCALES[0])),
            "what 1/N is: the variance of the initial readout weights or their standard deviation",
        ),
        field(
            "initial_state",
            Real(range::DEVIATION),
            Or(|| Scalar::float(NetworkParams::default().initial_state)),
            "standard deviation of the normal potentials V_i from which every trial of a network starts, the same in \
             each; 0: from rest",
        ),
        field(
            "state_noise",
            Real(range::DEVIATION),
            Or(|| Scalar::float(NetworkParams::default().state_noise)),
            "standard deviation of the noise in the potentials V_i, in training and tests: each time step adds \
             state_noise · √(2 dt/τ_m) · ξ_i with standard normal ξ_i, so that this is the deviation of a unit without \
             input; 0: none",
        ),
    ],
};

const LENGTH_MS: Field = field(
    "length_ms",
    Real(range::LENGTH_MS),
    Required,
    "length of one presentation of the target in ms; whole time steps",
);

/// One sine of a `sines` target.
pub static COMPONENT: TableSchema = TableSchema {
    name: "component",
    variants: None,
    fields: &[
        field(
            "period_ms",
            Real(range::DURATION_MS),
            Required,
            "period in ms",
        ),
        field("amplitude", Real(range::FINITE), Required, "amplitude"),
        field(
            "phase",
            Real(range::FINITE),
            Or(|| Scalar::float(0.0)),
            "phase at the start of the target, in radians",
        ),
    ],
};

/// `[target]`
pub static TARGET: TableSchema = TableSchema {
    name: "target",
    variants: Some(Variants {
        tag: "kind",
        doc: "what the readout learns",
        default: None,
        cases: &[
            Case {
                word: "periodic_gp",
                doc: "a draw from a periodic Gaussian process, one per target replicate",
                fields: &[LENGTH_MS],
            },
            Case {
                word: "sines",
                doc: "a sum of sines, the same for every replicate",
                fields: &[
                    LENGTH_MS,
                    field(
                        "components",
                        List(&COMPONENT),
                        Required,
                        "the sines: amplitude · sin(2π t / period_ms + phase)",
                    ),
                ],
            },
            Case {
                word: "file",
                doc: "a recorded signal, or one for each target replicate",
                fields: file::FIELDS,
            },
        ],
    }),
    fields: &[],
};

/// `[training]`
pub static TRAINING: TableSchema = TableSchema {
    name: "training",
    variants: Some(Variants {
        tag: "protocol",
        doc: "how training is laid out in time",
        default: Some("trials"),
        cases: &[
            Case {
                word: "trials",
                doc: "trials: reset, pulse, washout, target; tests in closed loop at checkpoints",
                fields: &[
                    field(
                        "trials",
                        whole(range::COUNT),
                        Required,
                        "how many trials with learning",
                    ),
                    field(
                        "washout_ms",
                        Real(range::OPTIONAL_LENGTH_MS),
                        Or(|| Scalar::float(WASHOUT_MS)),
                        "time from the start of a trial to the start of the target, in ms; whole time steps",
                    ),
                    field(
                        "washout_feedback",
                        Bool,
                        Or(|| Scalar::Bool(true)),
                        "whether the output is fed back during the washout, too; without, the state in which the \
                         target begins does not depend on the readout weights",
                    ),
                    field(
                        "checkpoints_every",
                        whole(range::COUNT),
                        Or(|| Scalar::Integer(CHECKPOINTS_EVERY)),
                        "test before the first trial, after every so many trials, and after the last",
                    ),
                ],
            },
            Case {
                word: "stream",
                doc: "one continuous run over repeated periods of the target, with a frozen test at the end",
                fields: &[
                    field(
                        "duration_ms",
                        Real(range::STREAM_MS),
                        Required,
                        "length of the run with learning, in ms; whole time steps",
                    ),
                    field(
                        "validate_every_ms",
                        Real(range::LENGTH_MS),
                        Required,
                        "length of a validation block in ms; whole time steps",
                    ),
                    field(
                        "test_periods",
                        whole(range::COUNT),
                        Or(|| Scalar::Integer(1)),
                        "periods of the target in the frozen test at the end",
                    ),
                    field(
                        "learn_at_validation",
                        Bool,
                        Or(|| Scalar::Bool(true)),
                        "whether the first time step of a validation block may be a learning step; \
                         the Python repository skips it",
                    ),
                ],
            },
        ],
    }),
    fields: &[
        field(
            "learn_every_ms",
            Real(range::LENGTH_MS),
            Or(|| Scalar::float(LEARN_EVERY_MS)),
            "time between two learning steps in ms; whole time steps",
        ),
        field(
            "error_steps",
            whole(range::ERROR_STEPS),
            Or(|| Scalar::Integer(1)),
            "how many errors, one per time step, are summed into the error of a learning step",
        ),
        field(
            "error_lag_steps",
            whole(range::LAG_STEPS),
            Or(|| Scalar::Integer(0)),
            "how many time steps ago the newest of these errors is",
        ),
        field(
            "error_noise",
            Real(range::DEVIATION),
            Or(|| Scalar::float(0.0)),
            "standard deviation of the normal noise in the error that the rule sees, independent per time step; \
             scores do not have it; 0: none",
        ),
        field(
            "switch_target_at_trial",
            whole(range::OPTIONAL_COUNT),
            Or(|| Scalar::Integer(0)),
            "after so many trials another draw of the target takes the place of the first, in training and tests (the \
             test at this trial is still of the first); 0: never; only with training.protocol = \"trials\" and \
             target.kind = \"periodic_gp\"",
        ),
        field(
            "precision",
            Choice(PRECISIONS),
            Or(|| Scalar::text(PRECISIONS[0])),
            "number format of state and weights: 32-bit or 64-bit floating point",
        ),
    ],
};

const ETA0: Field = field(
    "eta0",
    Real(range::ETA0),
    Required,
    "the (initial) learning rate; 0 never learns",
);

/// `rule.noise`
pub static NOISE: TableSchema = TableSchema {
    name: "noise",
    variants: Some(Variants {
        tag: "kind",
        doc: "where the variance of the error comes from",
        default: Some("fixed"),
        cases: &[
            Case {
                word: "fixed",
                doc: "a constant",
                fields: &[field(
                    "variance",
                    Real(range::POSITIVE),
                    Or(|| Scalar::float(NOISE_VARIANCE)),
                    "the variance of the error (1 for the published curves)",
                )],
            },
            Case {
                word: "window",
                doc: "the variance of the last errors",
                fields: &[
                    field(
                        "errors",
                        whole(range::WINDOW_ERRORS),
                        Required,
                        "how many errors, one per time step",
                    ),
                    field(
                        "lag_steps",
                        whole(range::LAG_STEPS),
                        Or(|| Scalar::Integer(0)),
                        "how many time steps ago the newest of them is",
                    ),
                ],
            },
            Case {
                word: "exponential",
                doc: "the mean square of the errors, older ones weighing exponentially less",
                fields: &[field(
                    "errors",
                    whole(range::WINDOW_ERRORS),
                    Required,
                    "how many errors, one per time step",
                )],
            },
            Case {
                word: "inverse_gamma",
                doc: "the posterior mean from all errors so far under an inverse-gamma prior",
                fields: &[
                    field(
                        "shape",
                        Real(range::SHAPE),
                        Required,
                        "shape of the prior, above 1",
                    ),
                    field(
                        "scale",
                        Real(range::POSITIVE),
                        Required,
                        "scale of the prior: its mean is scale/(shape − 1)",
                    ),
                ],
            },
        ],
    }),
    fields: &[],
};

/// `rule.covariance`
pub static COVARIANCE: TableSchema = TableSchema {
    name: "covariance",
    variants: Some(Variants {
        tag: "kind",
        doc: "how much of the synapses' joint uncertainty is kept",
        default: Some("diagonal"),
        cases: &[
            Case {
                word: "diagonal",
                doc: "a variance per synapse",
                fields: &[],
            },
            Case {
                word: "block",
                doc: "covariances within blocks of synapses",
                fields: &[
                    field("size", whole(range::BLOCK), Required, "synapses per block"),
                    field(
                        "assignment",
                        Choice(ASSIGNMENTS),
                        Optional,
                        "which synapses share a block: neighbours by number (if not written), in a random \
                         order, or in the order of the feedback to their units",
                    ),
                ],
            },
            Case {
                word: "low_rank",
                doc: "an inverse of low rank beside its diagonal; with the exact gain",
                fields: &[
                    field(
                        "rank",
                        whole(range::RANK),
                        Required,
                        "leading directions that a reduction keeps",
                    ),
                    field(
                        "recent",
                        whole(range::RANK),
                        Or(|| Scalar::Integer(RECENT)),
                        "learning steps between two reductions, all kept until then",
                    ),
                    field(
                        "dropped",
                        Choice(DROPPED),
                        Or(|| Scalar::text(DROPPED[0])),
                        "whether the precision of the other directions goes to the diagonal or is forgotten",
                    ),
                ],
            },
            Case {
                word: "full",
                doc: "all covariances",
                fields: &[],
            },
        ],
    }),
    fields: &[],
};

/// `rule.drift`
pub static DRIFT: TableSchema = TableSchema {
    name: "drift",
    variants: None,
    fields: &[
        field(
            "tau_ms",
            Real(range::DURATION_MS),
            Required,
            "time constant of the pull toward the prior in ms",
        ),
        field(
            "prior_mean",
            Real(range::FINITE),
            Or(|| Scalar::float(0.0)),
            "mean of the prior over weights",
        ),
        field(
            "prior_variance",
            Real(range::PRIOR_VARIANCE),
            Required,
            "variance of the prior over weights",
        ),
    ],
};

/// `rule`
pub static RULE: TableSchema = TableSchema {
    name: "rule",
    variants: Some(Variants {
        tag: "kind",
        doc: "the learning rule",
        default: None,
        cases: &[
            Case {
                word: "classical",
                doc: "the delta rule",
                fields: &[ETA0],
            },
            Case {
                word: "bayesian",
                doc: "the Bayesian rule: each synapse's learning rate is its variance over the error's",
                fields: &[
                    ETA0,
                    field(
                        "covariance",
                        Table(&COVARIANCE),
                        Defaults,
                        "how much of the synapses' joint uncertainty is kept",
                    ),
                    field(
                        "gain",
                        Choice(GAINS),
                        Or(|| Scalar::text(GAINS[0])),
                        "whether a step is divided by the variance of the error alone or, as in a Kalman \
                         filter, also by that of the output",
                    ),
                    field(
                        "noise",
                        Table(&NOISE),
                        Defaults,
                        "where the variance of the error comes from; with covariances and the exact gain, one that \
                         falls to less than a hundredth needs training.precision = f64",
                    ),
                    field(
                        "update_order",
                        Choice(UPDATE_ORDERS),
                        Or(|| Scalar::text(UPDATE_ORDERS[0])),
                        "whether weights and variances change together or the variance goes first",
                    ),
                    field(
                        "drift",
                        Table(&DRIFT),
                        Optional,
                        "pull of mean and variance toward a prior; none if not written",
                    ),
                    field(
                        "forgetting",
                        Real(range::FORGETTING),
                        Optional,
                        "after each learning step the covariance is divided by this; nothing is forgotten if \
                         not written",
                    ),
                ],
            },
            Case {
                word: "force",
                doc: "FORCE: recursive least squares",
                fields: &[field(
                    "alpha",
                    Real(range::POSITIVE),
                    Or(|| Scalar::float(ALPHA)),
                    "the initial inverse correlation matrix is the identity over alpha; below 0.01 in f32, \
                     rounding breaks it: then training.precision = f64",
                )],
            },
        ],
    }),
    fields: &[],
};

/// `[replicates]`
pub static REPLICATES: TableSchema = TableSchema {
    name: "replicates",
    variants: None,
    fields: &[
        field(
            "networks",
            whole(range::COUNT),
            Required,
            "how many networks",
        ),
        field(
            "targets",
            whole(range::COUNT),
            Optional,
            "how many targets per network; where target.kind = \"file\" it may be left out: as many as there are signals",
        ),
        field(
            "traces",
            whole(range::OPTIONAL_COUNT),
            Or(|| Scalar::Integer(1)),
            "for how many targets of network 0 the output over time is kept, per condition",
        ),
    ],
};

/// The fields of a spec that stand before all tables.
pub static TOP: TableSchema = TableSchema {
    name: "spec",
    variants: None,
    fields: &[
        field(
            "schema",
            FieldKind::Whole(1, 1),
            Required,
            "version of the spec format",
        ),
        field(
            "name",
            Text,
            Required,
            "name of the study and of its result folder: a-z, 0-9, _ and -",
        ),
        field("question", Text, Required, "what the study asks"),
        field(
            "surprise",
            Text,
            Optional,
            "which outcome would be a surprise",
        ),
        field(
            "seed",
            FieldKind::Whole(0, i64::MAX as u64),
            Required,
            "from which all random numbers follow",
        ),
        field(
            "keep_state",
            Bool,
            Or(|| Scalar::Bool(false)),
            "whether to keep what each run has learned, so that more trials go on from there",
        ),
    ],
};
