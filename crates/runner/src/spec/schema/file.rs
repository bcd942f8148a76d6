//! The fields of a `file` target.

use super::tables::{field, whole};
use super::{Field, FieldKind, Presence};
use crate::spec::scalar::Scalar;
use crate::spec::signal::TimeUnit;
use synapse_core::params::range;
use synapse_report::text_table::{Decimal, Separator};

use FieldKind::{Bool, Choice, Real, Text, Texts};
use Presence::{Default as Or, Optional, Required, Unless};

/// Words of `target.resample`.
pub const RESAMPLES: &[&str] = &["lowpass", "linear"];

/// A `file` target. Fields after `standardise` say how the file is read; what that gives is what
/// identifies a run.
pub(super) static FIELDS: &[Field] = &[
    field(
        "path",
        Texts,
        Required,
        "a table with a header line, plain or gzip, relative to the spec; a list of them: a target from each",
    ),
    field("column", Text, Unless("columns"), "the column of that file"),
    field(
        "sample_ms",
        Real(range::DURATION_MS),
        Unless("time_column"),
        "time between two samples in ms; with time_column it need not be written, and must agree if it is",
    ),
    field(
        "standardise",
        Bool,
        Or(|| Scalar::Bool(false)),
        "shift and scale the signal to mean 0 and variance 1 at the network's time steps",
    ),
    field(
        "columns",
        Texts,
        Optional,
        "instead of column: several columns of one file, a target from each",
    ),
    field(
        "separator",
        Choice(&Separator::WORDS),
        Or(|| Scalar::text(Separator::WORDS[0])),
        "what stands between two cells; blank: any number of blanks and tabs",
    ),
    field(
        "decimal",
        Choice(&Decimal::WORDS),
        Or(|| Scalar::text(Decimal::WORDS[0])),
        "what stands before the decimals of a number",
    ),
    field(
        "skip_lines",
        whole(SKIP_LINES),
        Or(|| Scalar::Integer(0)),
        "how many lines stand before the header, whatever they hold",
    ),
    field(
        "comment",
        Text,
        Optional,
        "what lines begin with that are left out, such as \"#\"",
    ),
    field(
        "units_row",
        Bool,
        Or(|| Scalar::Bool(false)),
        "whether the line after the header holds units",
    ),
    field(
        "time_column",
        Text,
        Optional,
        "the column of the samples' times: they must ascend in equal steps, which are then sample_ms",
    ),
    field(
        "time_unit",
        Choice(&TimeUnit::WORDS),
        Optional,
        "the unit of time_column; h:mm:ss: clock times such as 0:01:02.500",
    ),
    field(
        "resample",
        Choice(RESAMPLES),
        Or(|| Scalar::text(RESAMPLES[0])),
        "where the network's step is longer than sample_ms: lowpass filters before samples are left out, linear \
         does not, so that what oscillates faster than the steps comes out as something slower; elsewhere both \
         are linear between samples",
    ),
    field(
        "sha256",
        Texts,
        Optional,
        "SHA-256 of the samples, or of each target's; a result folder's study.toml has it, so that other samples \
         are noticed",
    ),
];

/// `target.skip_lines`: more than any instrument writes.
const SKIP_LINES: (u64, u64) = (0, 1_000_000);
