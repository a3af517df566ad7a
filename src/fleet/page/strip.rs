//! How a repository did over the rounds of a year, as a strip: one bar for each time that a verdict
//! lasted. Between two rounds no one looked, so that a bar begins and ends with a round.

use jiff::Timestamp;
use maud::{Markup, html};
use portcullis_model::fleet::FleetVerdict;

/// The width and height of a strip, in units of its own.
const WIDTH: i64 = 240;
const HEIGHT: i64 = 14;

/// What a verdict of a single round is as wide as.
const NARROWEST: i64 = 3;

/// A time that a verdict lasted: from one round to the last one that found the same.
struct Bar {
    verdict: Option<FleetVerdict>,
    from: Timestamp,
    to: Timestamp,
}

pub(super) fn write_strip(repository: &str, past: &super::PastVerdicts) -> Markup {
    let bars = join_bars(repository, past);
    let (Some((first, _)), Some((last, _))) = (past.first(), past.last()) else { return html! {} };
    let length = (last.as_second() - first.as_second()).max(1);
    let place = |time: Timestamp| (time.as_second() - first.as_second()) * WIDTH / length;
    let told: Vec<String> = bars.iter().map(describe).collect();
    html! {
        svg role="img" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-label=(told.join("; ")) {
            title { (told.join("; ")) }
            @for bar in &bars {
                @let (from, to) = (place(bar.from).min(WIDTH - NARROWEST), place(bar.to));
                @if let Some(verdict) = bar.verdict {
                    rect class={ "fill-" (verdict.as_str()) } x=(from) y=(top(verdict)) width=((to - from).max(NARROWEST)) height=(HEIGHT - top(verdict)) {}
                }
            }
        }
    }
}

/// The worse a verdict is the higher is its bar, so that no colour is needed to tell it.
fn top(verdict: FleetVerdict) -> i64 {
    match verdict {
        FleetVerdict::Exempt => 12,
        FleetVerdict::Met => 10,
        FleetVerdict::Unproven => 5,
        FleetVerdict::Broken => 0,
    }
}

fn join_bars(repository: &str, past: &super::PastVerdicts) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (at, verdicts) in past {
        let verdict = verdicts.get(repository).copied();
        match bars.last_mut() {
            Some(bar) if bar.verdict == verdict => bar.to = *at,
            _ => bars.push(Bar { verdict, from: *at, to: *at }),
        }
    }
    bars
}

fn describe(bar: &Bar) -> String {
    let verdict = bar.verdict.map_or("not in scope", FleetVerdict::as_str);
    let (from, to) = (super::day(bar.from), super::day(bar.to));
    if from == to { format!("{verdict} on {from}") } else { format!("{verdict} from {from} to {to}") }
}
