//! Which part of a first-parent line a period is.
//!
//! The dates in commits are the word of their committers, so no commit is left out because of its
//! own date. The period is one piece of the line: it begins at the first commit that is not from
//! before it, and ends at the last that is not from after it, whatever lies between them says.
//!
//! 1. A commit whose date cannot be read or lies in the future says nothing. Such commits at either
//!    end of the piece belong to it.
//! 2. Where the tip of the branch was seen at a moment (a deployment record did), what the tip
//!    holds came in before, and the rest after. That goes before the dates of commits.
//! 3. So two periods of which one begins where the other ends have every commit between them.

use jiff::Timestamp;

/// How the rule is stated in an audit.
pub const RULE: &str = "A landing belongs to the period if its commit lies on the first-parent line from the first commit that is not from before the period to the last that is not from after it; the time of a commit is bounded by every tip of the branch that a record saw, and is else its committer date; a commit whose date cannot be right belongs to the period where its neighbours do.";

/// The clocks of two machines may be so many seconds apart.
const CLOCKS: i64 = 3_600;

/// A commit may be dated so many seconds before one below it without being named.
const BACK: i64 = 86_400;

/// So many odd dates are named.
const NAMED: usize = 200;

/// A period of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedPeriod {
    /// Its first moment.
    pub since: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// A commit of the line that was on the branch at a moment, by a source that is not its
/// committer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTip {
    /// Its place on the line, counted from 0 for the oldest.
    pub place: usize,
    /// When it was there.
    pub at: Timestamp,
    /// Was it the tip, so that nothing above it was there yet?
    pub was_tip: bool,
    /// Who says so: `production#3`.
    pub source: String,
}

/// A commit whose date is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddDate {
    /// Its place on the line.
    pub place: usize,
    /// What is odd, in one sentence.
    pub why: String,
}

/// The part of a line that a period is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodCut {
    /// The place of the first commit of the period.
    pub first: usize,
    /// The place behind the last one; the same as `first` where there is none.
    pub end: usize,
    /// Dates that cannot be right or that go back, within the period.
    pub odd: Vec<OddDate>,
}

/// What is known of the time of one commit.
#[derive(Clone, Copy)]
struct KnownTime {
    /// What it says itself, where that can be.
    said: Option<i64>,
    /// It did not come in before this.
    lower: i64,
    /// It did not come in after this.
    upper: i64,
}

impl KnownTime {
    /// The best that can be said; `None` where nothing is.
    fn best(self) -> Option<i64> {
        self.said.map(|said| said.clamp(self.lower.min(self.upper), self.upper))
    }

    /// Is it surely from before this moment?
    fn is_before(self, moment: i64) -> bool {
        self.best().map_or(self.upper < moment, |best| best < moment)
    }

    /// Is it surely from this moment on, or later?
    fn is_from(self, moment: i64) -> bool {
        self.best().map_or(self.lower >= moment, |best| best >= moment)
    }
}

/// Finds the part of a line, whose commits have these dates (seconds since 1970, the oldest first).
pub fn cut_line(dates: &[i64], seen: &[SeenTip], period: &AuditedPeriod, as_of: Timestamp) -> PeriodCut {
    let (since, until) = (period.since.as_second(), period.until.as_second());
    let times = known_times(dates, seen, as_of.as_second());
    let mut first = times.iter().position(|time| time.is_from(since)).unwrap_or(times.len());
    let mut end = times.iter().rposition(|time| time.is_before(until)).map_or(0, |last| last + 1);
    if first > end {
        std::mem::swap(&mut first, &mut end);
    }
    let is_open = |time: &KnownTime| !time.is_before(since) && !time.is_from(until);
    while first > 0 && times.get(first - 1).is_some_and(|time| time.said.is_none() && is_open(time)) {
        first -= 1;
    }
    while times.get(end).is_some_and(|time| time.said.is_none() && is_open(time)) {
        end += 1;
    }
    let odd = odd_dates(dates, &times, seen, first..end, (since, until));
    PeriodCut { first, end, odd }
}

fn known_times(dates: &[i64], seen: &[SeenTip], as_of: i64) -> Vec<KnownTime> {
    let possible = |date: &i64| *date > 0 && *date <= as_of.saturating_add(CLOCKS);
    let said = |date: &i64| Some(*date).filter(possible);
    let mut times: Vec<KnownTime> = dates
        .iter()
        .map(|date| KnownTime { said: said(date), lower: i64::MIN, upper: as_of.saturating_add(CLOCKS) })
        .collect();
    for tip in seen {
        let at = tip.at.as_second();
        times.iter_mut().take(tip.place + 1).for_each(|time| time.upper = time.upper.min(at));
        if tip.was_tip {
            times.iter_mut().skip(tip.place + 1).for_each(|time| time.lower = time.lower.max(at));
        }
    }
    times
}

/// The moment at which a commit came in, as far as its date and the tips that were seen say.
pub fn best_moment(dates: &[i64], seen: &[SeenTip], as_of: Timestamp) -> Vec<Option<Timestamp>> {
    let times = known_times(dates, seen, as_of.as_second());
    times.into_iter().map(|time| time.best().and_then(|best| Timestamp::from_second(best).ok())).collect()
}

fn odd_dates(
    dates: &[i64],
    times: &[KnownTime],
    seen: &[SeenTip],
    within: std::ops::Range<usize>,
    (since, until): (i64, i64),
) -> Vec<OddDate> {
    let mut newest = i64::MIN;
    let mut odd = Vec::new();
    for place in within {
        let (Some(date), Some(time)) = (dates.get(place).copied(), times.get(place).copied()) else {
            continue;
        };
        let why = match time.said {
            None => Some("its date cannot be read or lies in the future, so it says nothing".to_string()),
            Some(said) if said > time.upper.saturating_add(CLOCKS) => {
                Some(format!("its date is later than {} saw it on the branch", name_of(seen, place, true)))
            }
            Some(said) if said.saturating_add(CLOCKS) < time.lower => Some(format!(
                "its date is from before {}, which did not see it yet",
                name_of(seen, place, false)
            )),
            Some(said) if said < since => {
                Some("its date is from before the period, and a commit below it is in the period".to_string())
            }
            Some(said) if said >= until => {
                Some("its date is from after the period, and a commit above it is in the period".to_string())
            }
            Some(said) if said.saturating_add(BACK) < newest => {
                Some("its date is more than a day before that of a commit below it".to_string())
            }
            Some(_) => None,
        };
        newest = newest.max(time.said.unwrap_or(i64::MIN));
        odd.extend(why.map(|why| (place, date, why)));
    }
    odd.truncate(NAMED);
    odd.into_iter().map(|(place, _, why)| OddDate { place, why }).collect()
}

/// Who saw a commit first, or last did not see it.
fn name_of(seen: &[SeenTip], place: usize, there: bool) -> &str {
    let tips = seen.iter().filter(|tip| (tip.place >= place) == there && (there || tip.was_tip));
    let found = if there { tips.min_by_key(|tip| tip.at) } else { tips.max_by_key(|tip| tip.at) };
    found.map_or("the present", |tip| tip.source.as_str())
}
