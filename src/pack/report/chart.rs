//! Charts: inline SVG that says nothing that the table beside it does not say.

use super::words::Tone;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{ProtectionStateV1, RequirementOverTimeV1, TrendPointV1};

/// The size of the chart of months, in its own units: about the pixels of a narrow screen.
const WIDTH: u64 = 360;
const HEIGHT: u64 = 190;
/// Where the columns begin and end.
const LEFT: u64 = 30;
const TOP: u64 = 12;
const BOTTOM: u64 = 164;

/// The four kinds of landings, from the bottom of a column to its top.
fn parts(point: &TrendPointV1) -> [(Tone, u64); 4] {
    [
        (Tone::Met, point.allowed),
        (Tone::Waived, point.waived),
        (Tone::Unproven, point.undetermined),
        (Tone::Broken, point.blocked),
    ]
}

/// Landings of each month in columns.
pub(super) fn trend(points: &[TrendPointV1], label: &str) -> Markup {
    let most = points.iter().map(|point| point.landings).max().unwrap_or(0).max(1);
    let top = round_up(most);
    let height = |value: u64| u128::from(BOTTOM - TOP) * u128::from(value.min(top)) / u128::from(top);
    let y = |value: u64| BOTTOM - height(value) as u64;
    let pitch = (WIDTH - LEFT - 6) as f64 / points.len().max(1) as f64;
    let every = points.len().div_ceil(7).max(1);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) role="img" aria-label=(label) {
            @for value in [0, top / 2, top] {
                line.axis x1=(LEFT) x2=(WIDTH) y1=(y(value)) y2=(y(value)) {}
                text x=(LEFT - 5) y=(y(value) + 4) text-anchor="end" { (value) }
            }
            @for (at, point) in points.iter().enumerate() {
                (column(point, LEFT as f64 + 4.0 + pitch * at as f64, pitch * 0.72, &y))
                @if at % every == 0 {
                    text x=(units(LEFT as f64 + 4.0 + pitch * (at as f64 + 0.36))) y=(BOTTOM + 16) text-anchor="middle" { (month_label(&point.month)) }
                }
            }
        }
    }
}

fn column(point: &TrendPointV1, x: f64, width: f64, y: &dyn Fn(u64) -> u64) -> Markup {
    let mut below = 0;
    html! {
        @for (tone, value) in parts(point) {
            @if value > 0 {
                @let (low, high) = (y(below), y(below.saturating_add(value)));
                rect class={ "fill-" (tone.class()) } x=(units(x)) width=(units(width)) y=(high) height=(low - high) {}
                @if tone == Tone::Broken { (hatch(x, width, high, low)) }
                (advance(&mut below, value))
            }
        }
    }
}

fn advance(below: &mut u64, value: u64) -> Markup {
    *below = below.saturating_add(value);
    Markup::default()
}

/// Slanting lines over what is broken, for those who see no colours.
fn hatch(x: f64, width: f64, high: u64, low: u64) -> Markup {
    html! {
        @for at in (high..low).step_by(5) {
            line.hatch x1=(units(x)) x2=(units(x + width)) y1=((at + 4).min(low)) y2=(at) {}
        }
    }
}

/// A number with one digit after the point.
pub(super) fn units(value: f64) -> String {
    format!("{value:.1}")
}

/// The next even number with one digit that is not zero, or with a five behind it.
pub(super) fn round_up(most: u64) -> u64 {
    let mut step: u64 = 2;
    loop {
        for factor in [1, 2, 3, 4, 5] {
            let rounded = step.saturating_mul(factor);
            if rounded >= most {
                return rounded;
            }
        }
        step = step.saturating_mul(5);
    }
}

fn month_label(month: &str) -> String {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = month.get(5..7).and_then(|number| number.parse::<usize>().ok());
    let name = number.and_then(|number| NAMES.get(number.wrapping_sub(1)));
    match (name, month.get(2..4)) {
        (Some(name), Some(year)) => format!("{name} {year}"),
        _ => "?".to_string(),
    }
}

/// The meaning of the colours.
pub(super) fn legend() -> Markup {
    let kinds = [
        (Tone::Met, "met"),
        (Tone::Waived, "waived"),
        (Tone::Unproven, "could not be shown"),
        (Tone::Broken, "not met"),
    ];
    html! {
        ul.legend {
            @for (tone, words) in kinds {
                li {
                    svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" {
                        rect class={ "fill-" (tone.class()) } width="12" height="12" {}
                        @if tone == Tone::Broken { (hatch(0.0, 12.0, 0, 12)) }
                    }
                    (words)
                }
            }
        }
    }
}

/// The width of a bar over time, in its own units.
const SPAN: f64 = 1000.0;

/// A requirement over a period from one second to another: full height where it held, lower where
/// it was weaker or off, and empty where no one looked.
pub(super) fn protection(requirement: &RequirementOverTimeV1, from: i64, to: i64, label: &str) -> Markup {
    let length = (to - from).max(1) as f64;
    let place = |moment: &str| {
        let second = moment.parse::<jiff::Timestamp>().map_or(from, |moment| moment.as_second());
        (second.clamp(from, to) - from) as f64 / length * SPAN
    };
    html! {
        svg viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" aria-label=(label) {
            rect.ground width="1000" height="16" {}
            @for span in &requirement.spans {
                @let (left, right) = (place(&span.from), place(&span.to));
                @let (tone, _) = super::words::protection(span.state);
                @let height = height_of(span.state);
                rect class={ "fill-" (tone.class()) } x=(units((left - 2.0).max(0.0))) width=(units((right - left).max(0.0) + 4.0)) y=(16 - height) height=(height) {}
            }
        }
    }
}

/// A lower bar for less protection.
fn height_of(state: ProtectionStateV1) -> u32 {
    match state {
        ProtectionStateV1::Held => 16,
        ProtectionStateV1::Weaker => 11,
        ProtectionStateV1::Hidden => 8,
        ProtectionStateV1::Off => 4,
    }
}
