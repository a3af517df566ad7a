//! What should happen again and again, by the policy's `[due]`: beside what its other sections
//! already say.

use jiff::SignedDuration;

/// What is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectationRules {
    /// The longest time between two looks at the protection of a deployment branch.
    pub snapshots_every: Option<SignedDuration>,
    /// The longest time from a deployment to its record.
    pub records_within: Option<SignedDuration>,
}
