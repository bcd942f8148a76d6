//! A run that breaks (weights, variances and P infinite or NaN) leaves nothing behind: neither in its
//! neighbours, nor in its lane, idle or given to another run.

use synapse_core::network::Network;
use synapse_core::numeric::{PerUnit, Real};
use synapse_core::params::{
    Assignment, Covariance, Drift, Dropped, Gain, NetworkParams, Noise, RuleParams, UpdateOrder,
};
use synapse_core::rule::{Kind, LearningStep, Rule, build};
use synapse_core::streams::{Purpose, RandomStream};

const LANES: usize = 4;
/// The lane that breaks.
const BROKEN: usize = 2;
const UNITS: usize = 37;

fn rules() -> [RuleParams; 6] {
    let bayesian = |noise, update_order, drift| RuleParams::Bayesian {
        eta0: 1e-2,
        covariance: Covariance::Diagonal,
        gain: Gain::Published,
        noise,
        update_order,
        drift,
        forgetting: 1.0,
    };
    [
        RuleParams::Classical { eta0: 1e-2 },
        bayesian(Noise::Fixed { variance: 0.5 }, UpdateOrder::Together, None),
        bayesian(
            Noise::Window {
                errors: 5,
                lag_steps: 1,
            },
            UpdateOrder::VarianceFirst,
            Some(Drift {
                tau_ms: 100.0,
                prior_mean: 0.1,
                prior_variance: 0.1,
            }),
        ),
        RuleParams::Force { alpha: 1.0 },
        RuleParams::Bayesian {
            eta0: 0.1,
            covariance: Covariance::Block {
                size: 5,
                assignment: Assignment::Index,
            },
            gain: Gain::Exact,
            noise: Noise::Fixed { variance: 1.0 },
            update_order: UpdateOrder::Together,
            drift: None,
            forgetting: 0.99,
        },
        RuleParams::Bayesian {
            eta0: 0.1,
            covariance: Covariance::LowRank {
                rank: 3,
                recent: 2,
                dropped: Dropped::ToDiagonal,
            },
            gain: Gain::Exact,
            noise: Noise::Fixed { variance: 1.0 },
            update_order: UpdateOrder::Together,
            drift: None,
            forgetting: 0.99,
        },
    ]
}

/// A rule and its weights, fed with what its streams say.
struct Learner<F> {
    rule: Box<dyn Rule<F, LANES>>,
    weights: PerUnit<F, LANES>,
    inputs: RandomStream,
}

impl<F: Real> Learner<F> {
    /// All lanes but the broken one at work.
    fn new(params: &RuleParams) -> Self {
        let network = NetworkParams {
            units: UNITS,
            ..NetworkParams::default()
        };
        let network = Network::draw(&network, 1, 0).unwrap();
        let mut rule = build::<F, LANES>(Kind::of(params), &network).unwrap();
        for lane in (0..LANES).filter(|&lane| lane != BROKEN) {
            rule.begin(lane, params, 1.0).unwrap();
        }
        Self {
            rule,
            weights: PerUnit::zeros(UNITS),
            inputs: RandomStream::new(5, Purpose::Target, 0),
        }
    }

    /// Learning steps; the broken lane, if it is on, has the rates and errors that it is given;
    /// otherwise its rates are 0, as after a reset, and its error is anything.
    fn learn(&mut self, steps: usize, broken: Option<fn(F) -> F>) {
        for _ in 0..steps {
            let mut rates = PerUnit::zeros(UNITS);
            for row in rates.rows_mut() {
                *row = std::array::from_fn(|_| F::from_f64(self.inputs.symmetric()));
                row[BROKEN] = broken.map_or(F::ZERO, |of| of(row[BROKEN]));
            }
            let mut delta: [F; LANES] =
                std::array::from_fn(|_| F::from_f64(self.inputs.symmetric()));
            delta[BROKEN] = broken.map_or(F::from_f64(f64::NAN), |of| of(delta[BROKEN]));
            let mut on = [true; LANES];
            on[BROKEN] = broken.is_some();
            self.rule.observe(&delta, &on);
            let step = LearningStep {
                rates: &rates,
                delta: &delta,
                on: &on,
            };
            self.rule.learn(&step, &mut self.weights);
        }
    }

    fn lane(&self, lane: usize) -> Vec<u64> {
        let rows = self.weights.rows().iter();
        rows.map(|row| row[lane].to_f64().to_bits()).collect()
    }

    fn clear_weights_of_the_broken(&mut self) {
        for row in self.weights.rows_mut() {
            row[BROKEN] = F::ZERO;
        }
    }
}

fn check<F: Real>(params: &RuleParams) {
    let mut learner = Learner::<F>::new(params);
    // What the others compute if nothing ever breaks.
    let mut undisturbed = Learner::<F>::new(params);
    let others_are_undisturbed = |learner: &Learner<F>, undisturbed: &Learner<F>| {
        for lane in (0..LANES).filter(|&lane| lane != BROKEN) {
            assert_eq!(learner.lane(lane), undisturbed.lane(lane), "{params:?}");
        }
    };

    learner.rule.begin(BROKEN, params, 1.0).unwrap();
    learner.learn(10, Some(|x| x));
    learner.learn(3, Some(|x| x / F::ZERO));
    undisturbed.learn(13, None);
    let weights = learner.weights.rows().iter().map(|row| row[BROKEN]);
    assert!(weights.clone().all(|w| !w.to_f64().is_finite()));
    others_are_undisturbed(&learner, &undisturbed);

    // Idle: zeros, to the last bit.
    learner.rule.park(BROKEN);
    learner.clear_weights_of_the_broken();
    learner.learn(10, None);
    undisturbed.learn(10, None);
    assert_eq!(learner.lane(BROKEN), [0; UNITS], "{params:?}");
    others_are_undisturbed(&learner, &undisturbed);

    // Another run in that lane: as in a lane that has seen nothing.
    learner.rule.begin(BROKEN, params, 1.0).unwrap();
    undisturbed.rule.begin(BROKEN, params, 1.0).unwrap();
    learner.learn(10, Some(|x| x));
    undisturbed.learn(10, Some(|x| x));
    assert_eq!(learner.lane(BROKEN), undisturbed.lane(BROKEN), "{params:?}");
    others_are_undisturbed(&learner, &undisturbed);
}

#[test]
fn a_broken_lane_leaves_nothing_behind() {
    for params in rules() {
        check::<f32>(&params);
        check::<f64>(&params);
    }
}
