//! What a run leaves behind.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All trials were computed.
    Ok,
    /// The state, weights or variances became non-finite, or |V| exceeded the bound.
    Diverged {
        /// The trial (or validation block) in which it happened.
        trial: usize,
        /// The time step within that trial (or block).
        step: usize,
    },
}

/// The errors at one checkpoint, means over the target's time steps of (V_tar − V)². After a run has
/// diverged both are missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checkpoint {
    /// The number of trials learned (or of the validation block).
    pub trial: usize,
    /// With learning frozen and the network's own output fed back, where the protocol tests.
    pub test_mse: Option<f64>,
    /// While learning; none before the first trial.
    pub tracking_mse: Option<f64>,
}

/// Target and output over the frozen test at the last checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The trial of the test.
    pub trial: usize,
    /// Time of each row since the start of the target, in ms.
    pub t_ms: Vec<f64>,
    /// V_tar.
    pub v_tar: Vec<f64>,
    /// V.
    pub v: Vec<f64>,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// One entry per checkpoint of the protocol, also when the run diverged before.
    pub checkpoints: Vec<Checkpoint>,
    /// Kept where the run asked for it and came to its last test.
    pub trace: Option<Trace>,
    /// Kept where the run asked for it and came to its end.
    pub state: Option<Learned>,
}

/// What a run of trials has learned: enough to go on with more of them. A trial starts from the same V_i
/// (0, or the network's own) and draws noise from a stream of its own, so this is all that it inherits
/// from the one before. Numbers of both formats are exact in f64.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// Trials learned.
    pub trial: usize,
    /// w_i, N entries.
    pub weights: Vec<f64>,
    /// The rule's own state, in an order that the rule knows.
    pub rule: Vec<f64>,
}
