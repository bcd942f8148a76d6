//! The measures that all figures share, in pt unless said otherwise.

/// Pixels per pt: plotters draws in whole pixels, so they are smaller than what a printer resolves.
pub(super) const PX_PER_PT: f64 = 20.0;

/// Font size of axis titles.
pub(super) const TITLE_SIZE: f64 = 7.0;
/// Font size of tick labels and legends.
pub(super) const TICK_SIZE: f64 = 6.3;
/// Font size of captions; journals ask for at least 6 pt.
pub(super) const NOTE_SIZE: f64 = 6.0;
/// Height of the lane for ∞.
pub(super) const LANE: f64 = 11.0;
/// Width of the lane for zeros beside a log axis: its label keeps clear of the first tick's.
pub(super) const SIDE_LANE: f64 = 18.0;
/// Room left of a panel for tick labels and a title.
pub(super) const LEFT: f64 = 33.0;
/// Room below a panel for tick labels and a title.
pub(super) const BELOW: f64 = 23.0;
