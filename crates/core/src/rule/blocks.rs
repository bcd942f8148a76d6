//! The Bayesian rule with covariances between the synapses of a block:
//!
//! k = Σ r,  w += c k δ,  Σ −= c k kᵀ within blocks,  Σ(0) = η₀ σ_δ² I
//!
//! Σ: N × N, zero between blocks (V²); c = 1/(σ_δ² + rᵀk) with the exact gain, a Kalman filter whose
//! covariance is cut down to its blocks after every step, or 1/σ_δ² with the published one. Blocks of
//! one synapse are the diagonal rule, one block of all is recursive least squares. With the exact gain
//! Σ stays positive: it loses at most what a block's own Kalman filter would.
//!
//! The subtraction of c k kᵀ waits for the next learning step, where one pass does both that and the
//! new Σ r.

use super::noise::Noises;
use super::relaxation::{Relaxation, Relaxations};
use super::upkeep::Upkeep;
use super::{LearningStep, Rule};
use crate::kernel;
use crate::memory::{self, OutOfMemory};
use crate::network::Network;
use crate::numeric::{Lanes, Mask, PerUnit, Real};
use crate::params::{Assignment, Gain, RuleParams};

pub(super) struct Blocks<F, const L: usize> {
    size: usize,
    units: usize,
    /// Which synapse is where, if they do not come in the order of their numbers: Σ, k and the rates here
    /// are in this order.
    order: Option<Vec<usize>>,
    /// Rates in this order: scratch.
    rates: PerUnit<F, L>,
    /// Σ before the pending update: the lower triangle of each block, row by row.
    packed: PerUnit<F, L>,
    /// k and c of the pending update; c is 0 where there is none.
    directions: PerUnit<F, L>,
    scales: Lanes<F, L>,
    /// Σ r: the next k.
    products: PerUnit<F, L>,
    lanes: [LaneRule<F>; L],
    noises: Noises<F, L>,
}

#[derive(Clone, Copy)]
struct LaneRule<F> {
    eta0: F,
    gain: Gain,
    relaxation: Option<Relaxation<F>>,
    upkeep: Upkeep<F>,
}

impl<F: Real, const L: usize> Blocks<F, L> {
    pub(super) fn new(
        network: &Network,
        size: usize,
        assignment: Assignment,
    ) -> Result<Self, OutOfMemory> {
        let units = network.params.units;
        let idle = LaneRule {
            eta0: F::ZERO,
            gain: Gain::Exact,
            relaxation: None,
            upkeep: Upkeep::new(),
        };
        let sorted_by = |keys: &[f64]| {
            let mut order: Vec<usize> = (0..units).collect();
            order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
            Some(order)
        };
        let what = "the blocks of covariances";
        Ok(Self {
            size,
            units,
            order: match assignment {
                Assignment::Index => None,
                Assignment::Random => sorted_by(&network.shuffle),
                Assignment::Feedback => sorted_by(&network.feedback),
            },
            rates: PerUnit::try_zeros(units, what)?,
            packed: PerUnit::try_zeros(kernel::blocks_len(units, size), what)?,
            directions: PerUnit::try_zeros(units, what)?,
            scales: [F::ZERO; L],
            products: PerUnit::try_zeros(units, what)?,
            lanes: [idle; L],
            noises: Noises::new(),
        })
    }

    fn clear(&mut self, lane: usize) {
        let all = [&mut self.packed, &mut self.directions, &mut self.products];
        for rows in all {
            for row in rows.rows_mut() {
                row[lane] = F::ZERO;
            }
        }
        self.scales[lane] = F::ZERO;
    }

    fn start(&mut self, lane: usize, variance: F) {
        let rows = self.packed.rows_mut();
        for unit in 0..self.units {
            rows[kernel::blocks_diagonal(unit, self.size)][lane] = variance;
        }
    }
}

impl<F: Real, const L: usize> Rule<F, L> for Blocks<F, L> {
    fn begin(
        &mut self,
        lane: usize,
        params: &RuleParams,
        learn_every_ms: f64,
    ) -> Result<(), OutOfMemory> {
        let RuleParams::Bayesian {
            eta0, gain, noise, ..
        } = params
        else {
            return Ok(());
        };
        self.clear(lane);
        self.noises.begin(lane, noise)?;
        self.lanes[lane] = LaneRule {
            eta0: F::from_f64(*eta0),
            gain: *gain,
            relaxation: Relaxation::of(params, learn_every_ms),
            upkeep: Upkeep::new(),
        };
        Ok(())
    }

    fn observe(&mut self, errors: &Lanes<F, L>, on: &Mask<L>) {
        self.noises.observe(errors, on);
    }

    fn learn(&mut self, step: &LearningStep<'_, F, L>, weights: &mut PerUnit<F, L>) {
        let noises = self.noises.variances();
        let learns = |lane: usize| noises[lane].filter(|_| step.on[lane]);
        for lane in 0..L {
            if let Some(variance) = learns(lane) {
                let start = self.lanes[lane].eta0 * variance;
                if self.lanes[lane].upkeep.begins(start) {
                    self.start(lane, start);
                }
            }
        }
        let rates = match &self.order {
            None => step.rates,
            Some(order) => {
                for (rates, &unit) in self.rates.rows_mut().iter_mut().zip(order) {
                    *rates = step.rates.rows()[unit];
                }
                &self.rates
            }
        };
        let mut projections = [F::ZERO; L];
        kernel::blocks_update_and_product(
            &mut self.packed,
            self.size,
            &self.directions,
            &self.scales,
            rates,
            &mut self.products,
            &mut projections,
        );
        std::mem::swap(&mut self.directions, &mut self.products);
        let mut factor = [F::ZERO; L];
        for lane in 0..L {
            // A lane that does not learn now has no pending update any more.
            self.scales[lane] = match (learns(lane), self.lanes[lane].gain) {
                (None, _) => F::ZERO,
                (Some(variance), Gain::Published) => F::ONE / variance,
                (Some(variance), Gain::Exact) => F::ONE / (variance + projections[lane]),
            };
            if self.scales[lane] != F::ZERO {
                factor[lane] = self.scales[lane] * step.delta[lane];
            }
        }
        match &self.order {
            None => kernel::add_scaled(weights, &self.directions, &factor),
            Some(order) => {
                for (direction, &unit) in self.directions.rows().iter().zip(order) {
                    for (lane, weight) in weights.rows_mut()[unit].iter_mut().enumerate() {
                        *weight += factor[lane] * direction[lane];
                    }
                }
            }
        }
        let relaxations = Relaxations::of(|lane| {
            self.lanes[lane]
                .relaxation
                .filter(|_| self.scales[lane] != F::ZERO)
        });
        if let Some(relaxations) = relaxations {
            relaxations.weights(weights);
            let diagonal = (0..self.units).map(|unit| kernel::blocks_diagonal(unit, self.size));
            relaxations.covariances(&mut self.packed, diagonal, &mut self.scales);
        }
        for lane in 0..L {
            if self.scales[lane] == F::ZERO {
                continue;
            }
            if let Some(growth) = self.lanes[lane].upkeep.growth() {
                let rows = self.packed.rows_mut();
                for unit in 0..self.units {
                    rows[kernel::blocks_diagonal(unit, self.size)][lane] += growth;
                }
            }
        }
    }

    fn park(&mut self, lane: usize) {
        self.clear(lane);
        self.noises.park(lane);
        self.lanes[lane].eta0 = F::ZERO;
        self.lanes[lane].relaxation = None;
        self.lanes[lane].upkeep = Upkeep::new();
    }

    /// Its age, c, k, Σ, and the window.
    fn save(&self, lane: usize) -> Result<Vec<f64>, OutOfMemory> {
        let window = self.noises.save(lane)?;
        let (directions, packed) = (self.directions.rows(), self.packed.rows());
        let count = 3 + directions.len() + packed.len() + window.len();
        let mut saved = memory::reserved(count, super::SAVED)?;
        saved.extend(self.lanes[lane].upkeep.save());
        saved.push(self.scales[lane].to_f64());
        let rows = directions.iter().chain(packed);
        saved.extend(rows.map(|row| row[lane].to_f64()));
        saved.extend(window);
        Ok(saved)
    }

    fn restore(&mut self, lane: usize, saved: &[f64]) -> bool {
        let rows = self.directions.rows().len() + self.packed.rows().len();
        let &[updates, variance, scale, ref rest @ ..] = saved else {
            return false;
        };
        let Some((numbers, window)) = rest.split_at_checked(rows) else {
            return false;
        };
        if !self.lanes[lane].upkeep.restore([updates, variance]) {
            return false;
        }
        self.scales[lane] = F::from_f64(scale);
        let rows = self.directions.rows_mut().iter_mut();
        for (row, &number) in rows.chain(self.packed.rows_mut()).zip(numbers) {
            row[lane] = F::from_f64(number);
        }
        self.noises.restore(lane, window)
    }
}
