//! When to ask again, and how long to wait before (RFC 9110, section 10.2.3; GitHub docs, "Rate
//! limits for the REST API" and "Best practices for using the REST API").
//!
//! The host's own clock decides: a limit that resets at an instant is compared with the `date` of
//! the answer that says so, never with a clock of ours.

use crate::http::LimitStyle;
use crate::http::transport::{Response, TransportError};
use jiff::Timestamp;
use portcullis_model::fact::{Gap, GapReason};
use std::time::Duration;

/// How often a busy or failing host is asked again, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one question is put at most, the first time included.
    pub attempts: u32,
    /// How long all waiting of one run may take together: between attempts, and for what is not
    /// prompt.
    pub longest_wait: Duration,
    /// What comes within this time is not waited for: the largest pages of a busy host take some
    /// seconds.
    pub prompt: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, and a minute in all, beyond five seconds for each answer.
    fn default() -> Self {
        RetryPolicy { attempts: 4, longest_wait: Duration::from_secs(60), prompt: Duration::from_secs(5) }
    }
}

/// What the outcome of an attempt calls for.
pub(super) enum Attempt {
    /// This is the answer, good or bad.
    Done(Response),
    /// Not an answer yet: wait, and ask again; the gap if there is no more time.
    Again { wait: Duration, gap: Gap },
}

/// Judges the outcome of an attempt (counted from 1).
pub(super) fn judge_attempt(
    what: &str,
    outcome: Result<Response, TransportError>,
    attempt: u32,
    limits: &LimitStyle,
) -> Attempt {
    let response = match outcome {
        Ok(response) => response,
        Err(TransportError(why)) => {
            return Attempt::Again { wait: backoff(attempt), gap: unreachable(what, why) };
        }
    };
    if is_limited(&response, limits) {
        let wait = limit_wait(&response, limits);
        return Attempt::Again { wait, gap: limited(what, wait) };
    }
    match response.status {
        500..=599 => {
            let gap = unreachable(what, format!("the host answered {}", response.status));
            Attempt::Again { wait: retry_after(&response).unwrap_or_else(|| backoff(attempt)), gap }
        }
        _ => Attempt::Done(response),
    }
}

/// The gap of a question that is not put any more.
pub(super) fn exhausted(what: &str, waited: Duration) -> Gap {
    let waited = waited.as_secs();
    unreachable(
        what,
        format!("the host was waited for during {} of this run, and is not asked any more", seconds(waited)),
    )
}

/// The gap of a question that the limit of this run leaves open.
pub(super) fn spent(what: &str, why: String) -> Gap {
    let remedy =
        "Run again with the same --cache, which goes on where this run ended, or allow more requests.";
    Gap::new(what, GapReason::Truncated, why, remedy)
}

fn unreachable(what: &str, why: impl Into<String>) -> Gap {
    Gap::new(what, GapReason::Unreachable, why, "Run again when the host can be reached.")
}

fn limited(what: &str, wait: Duration) -> Gap {
    let wait = wait.as_secs();
    let detail = format!("the host limits the rate of requests and asks to wait {}", seconds(wait));
    Gap::new(
        what,
        GapReason::RateLimited,
        detail,
        "Run again later, or with a token that has a higher limit.",
    )
}

fn seconds(number: u64) -> String {
    format!("{number} second{}", if number == 1 { "" } else { "s" })
}

/// Half a second, then twice as long each time.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(500 << attempt.saturating_sub(1).min(10))
}

/// 429 always; 403 when the headers or the message name a limit, because 403 is also a plain
/// refusal.
fn is_limited(response: &Response, limits: &LimitStyle) -> bool {
    let spent = response.header(limits.remaining) == Some("0");
    let says_so = || {
        let text = String::from_utf8_lossy(&response.body).to_ascii_lowercase();
        limits.phrases.iter().any(|phrase| text.contains(phrase))
    };
    match response.status {
        429 => true,
        403 => response.header("retry-after").is_some() || spent || says_so(),
        _ => false,
    }
}

/// `retry-after`; else until the primary limit resets; else a minute, the least that a secondary
/// limit asks for.
fn limit_wait(response: &Response, limits: &LimitStyle) -> Duration {
    let until_reset = || {
        let spent = response.header(limits.remaining) == Some("0");
        spent.then(|| reset_wait(response, limits)).flatten()
    };
    retry_after(response).or_else(until_reset).unwrap_or(Duration::from_secs(60))
}

fn retry_after(response: &Response) -> Option<Duration> {
    response.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

fn reset_wait(response: &Response, limits: &LimitStyle) -> Option<Duration> {
    let reset: i64 = response.header(limits.reset)?.trim().parse().ok()?;
    let now: Timestamp =
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(response.header("date")?).ok()?;
    let seconds = reset.saturating_sub(now.as_second()).max(0);
    Some(Duration::from_secs(u64::try_from(seconds).ok()?.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LimitStyle = LimitStyle {
        remaining: "x-ratelimit-remaining",
        reset: "x-ratelimit-reset",
        phrases: &["rate limit"],
    };

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Response { status, headers, body: body.into() }
    }

    /// The wait that an answer calls for, and the reason of the gap behind it; `None` when it is an
    /// answer.
    fn wait(response: Response) -> Option<(u64, GapReason)> {
        match judge_attempt("it", Ok(response), 1, &LIMITS) {
            Attempt::Done(_) => None,
            Attempt::Again { wait, gap } => Some((wait.as_secs(), gap.reason)),
        }
    }

    #[test]
    fn the_host_says_how_long_to_wait() {
        let limited = |seconds| Some((seconds, GapReason::RateLimited));
        assert_eq!(wait(answer(429, &[("retry-after", "7")], "")), limited(7));
        assert_eq!(wait(answer(403, &[("retry-after", "7")], "")), limited(7));
        let reset = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1767225600"),
            ("date", "Wed, 31 Dec 2025 23:59:30 GMT"),
        ];
        assert_eq!(wait(answer(403, &reset, "")), limited(31));
    }

    #[test]
    fn without_a_time_it_is_a_minute() {
        let minute = Some((60, GapReason::RateLimited));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(wait(answer(403, &[], secondary)), minute);
        assert_eq!(wait(answer(429, &[("retry-after", "soon")], "")), minute);
        let no_date = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767225600")];
        assert_eq!(wait(answer(403, &no_date, "")), minute);
    }

    #[test]
    fn a_plain_refusal_is_an_answer() {
        let refused = r#"{"message":"Resource not accessible by integration"}"#;
        assert_eq!(wait(answer(403, &[("x-ratelimit-remaining", "12")], refused)), None);
        assert_eq!(wait(answer(404, &[], "")), None);
    }

    #[test]
    fn failures_are_asked_again_ever_more_slowly() {
        assert_eq!(wait(answer(502, &[("retry-after", "3")], "")), Some((3, GapReason::Unreachable)));
        let lost = |attempt| match judge_attempt("it", Err(TransportError("closed".into())), attempt, &LIMITS)
        {
            Attempt::Again { wait, .. } => wait.as_millis(),
            Attempt::Done(_) => 0,
        };
        assert_eq!([1, 2, 3].map(lost), [500, 1000, 2000]);
        assert_eq!(lost(u32::MAX), 512_000);
    }
}
