//! Times and terms in seconds, of which no sum is too large for an engine.

/// Times and terms beyond this many seconds, three thousand million years, are cut off, so that no
/// engine's sum of them is too large.
const FARTHEST: i64 = 100_000_000_000_000_000;

/// A time or term that no sum makes too large.
pub(super) const fn clamp(seconds: i64) -> i64 {
    if seconds > FARTHEST {
        FARTHEST
    } else if seconds < -FARTHEST {
        -FARTHEST
    } else {
        seconds
    }
}

/// How long after its time an operation may arrive.
pub(super) const fn reach(within: i64, skew: i64) -> i64 {
    clamp(within.saturating_add(skew))
}
