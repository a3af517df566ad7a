//! The chart of classes over time: inline SVG that says nothing that the table beside it does not
//! say. Each class has a pattern of its own, so that no colour is needed to tell it.

use super::super::chart::{round_up, units};
use super::super::links::dataset_anchor;
use super::slots::{CLASSES, Slot, Slots, second};
use super::words::{differing, seen};
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditedDatasetV1, AuditedRunV1};

/// The size of the chart in its own units: about the pixels of a narrow screen.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 354.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 156.0;

/// The grounds and lines of the patterns, from the worst class on.
const PATTERNS: [(&str, &str); CLASSES + 1] = [
    ("fill-broken", ""),
    ("fill-unproven", "M-1 7L7 -1"),
    ("fill-waived", "M0 3H6"),
    ("fill-soft", "M-1 -1L7 7M-1 7L7 -1"),
    ("fill-link", "M3 0V6"),
    ("fill-met", "M0 1.5H2M3 4.5H5"),
    ("fill-ink", "M0 3H6M3 0V6"),
];

/// A figure of the chart in its units.
struct Scale {
    ends: (i64, i64),
    top: u64,
}

impl Scale {
    fn x(&self, second: i64) -> f64 {
        let (from, to) = self.ends;
        let share = (second.clamp(from, to) - from) as f64 / (to - from).max(1) as f64;
        LEFT + (RIGHT - LEFT) * share
    }

    fn y(&self, value: u64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * value.min(self.top) as f64 / self.top.max(1) as f64
    }
}

/// The columns of a dataset.
pub(super) fn classes_over_time(slots: &Slots<'_>, classes: &[&str], dataset: &AuditedDatasetV1) -> Markup {
    let most = slots.all.iter().filter_map(|slot| slot.worst).map(differing).max().unwrap_or(0);
    let scale = Scale { ends: slots.ends, top: round_up(most.max(2)) };
    let prefix = dataset_anchor(&dataset.dataset);
    let width = (RIGHT - LEFT) / slots.all.len().max(1) as f64;
    let every = slots.all.len().div_ceil(6).max(1);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) role="img" aria-label=(slots.label()) {
            (patterns(&prefix, classes.len()))
            @for slot in slots.all.iter().filter(|slot| slot.silent) {
                rect x=(units(scale.x(slot.from))) width=(units(width)) y=(units(TOP)) height=(units(BOTTOM - TOP)) fill={ "url(#" (prefix) "-silent)" } {}
            }
            @for value in [0, scale.top / 2, scale.top] {
                line.axis x1=(units(LEFT)) x2=(units(RIGHT)) y1=(units(scale.y(value))) y2=(units(scale.y(value))) {}
                text x=(units(LEFT - 5.0)) y=(units(scale.y(value) + 4.0)) text-anchor="end" { (short_number(value)) }
            }
            @for (place, slot) in slots.all.iter().enumerate() {
                (column(slot, classes, &prefix, &scale, width))
                @if place % every == 0 { text x=(units(scale.x(slot.from))) y=(units(BOTTOM + 24.0)) { (day_label(slot.from)) } }
            }
            @for at in deployed_before(dataset) { (mark(scale.x(at))) }
        }
    }
}

/// The patterns that the columns and the legend are filled with.
fn patterns(prefix: &str, classes: usize) -> Markup {
    html! {
        defs {
            @for (place, (ground, lines)) in PATTERNS.iter().enumerate() {
                @if place < classes || place == CLASSES {
                    pattern id={ (prefix) "-" (place) } width="6" height="6" patternUnits="userSpaceOnUse" {
                        rect class=(ground) width="6" height="6" {}
                        @if !lines.is_empty() { path.hatch d=(lines) {} }
                    }
                }
            }
            pattern id={ (prefix) "-silent" } width="5" height="5" patternUnits="userSpaceOnUse" { path.silent d="M-1 6L6 -1" {} }
        }
    }
}

/// What a column is made of, from its bottom to its top: the worst class is at the bottom.
fn parts(run: &AuditedRunV1, classes: &[&str]) -> Vec<(usize, u64)> {
    let shown: Vec<(usize, u64)> =
        classes.iter().enumerate().map(|(place, class)| (place, seen(run, class))).collect();
    let named = shown.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
    let others = (CLASSES, differing(run).saturating_sub(named));
    shown.into_iter().chain([others]).filter(|(_, count)| *count > 0).collect()
}

fn column(slot: &Slot<'_>, classes: &[&str], prefix: &str, scale: &Scale, width: f64) -> Markup {
    let Some(run) = slot.worst else { return Markup::default() };
    let (left, inner) = (scale.x(slot.from) + width * 0.12, width * 0.76);
    let mut below = 0_u64;
    let stacked: Vec<(usize, u64, u64)> = parts(run, classes)
        .into_iter()
        .map(|(place, count)| {
            let from = below;
            below = below.saturating_add(count);
            (place, from, below)
        })
        .collect();
    html! {
        @if stacked.is_empty() { circle.fill-met cx=(units(left + inner / 2.0)) cy=(units(BOTTOM - 3.0)) r="1.6" {} }
        @for (place, from, to) in &stacked {
            @let (low, high) = (scale.y(*from), scale.y(*to));
            rect.edge x=(units(left)) width=(units(inner)) y=(units(high)) height=(units((low - high).max(0.6))) fill={ "url(#" (prefix) "-" (place) ")" } {}
        }
    }
}

/// When what lies between a last good and a first bad run was deployed.
fn deployed_before(dataset: &AuditedDatasetV1) -> Vec<i64> {
    let between = dataset.stretches.iter().filter_map(|stretch| stretch.exposure.as_ref());
    between.flat_map(|exposure| &exposure.between).filter_map(|one| second(&one.time.to_string())).collect()
}

/// A triangle below the axis.
fn mark(x: f64) -> Markup {
    let (top, bottom) = (BOTTOM + 3.0, BOTTOM + 11.0);
    let points = format!(
        "{},{} {},{} {},{}",
        units(x),
        units(top),
        units(x - 4.5),
        units(bottom),
        units(x + 4.5),
        units(bottom)
    );
    html! { polygon.fill-ink points=(points) {} }
}

fn day_label(second: i64) -> String {
    jiff::Timestamp::from_second(second)
        .map_or_else(|_| String::new(), |at| at.strftime("%-d %b").to_string())
}

/// A number that fits beside the axis.
fn short_number(value: u64) -> String {
    match value {
        0..10_000 => value.to_string(),
        10_000..10_000_000 => format!("{}k", value / 1_000),
        _ => format!("{}M", value / 1_000_000),
    }
}

/// The meaning of the patterns.
pub(super) fn legend(classes: &[&str], has_silence: bool, has_deployment: bool) -> Markup {
    html! {
        ul.legend {
            @for (class, (ground, lines)) in classes.iter().zip(PATTERNS) { (entry(class, &html! {
                rect class={ "edge " (ground) } width="12" height="12" {}
                @if !lines.is_empty() { g transform="scale(2)" { path.hatch d=(lines) {} } }
            })) }
            @if has_silence { (entry("a run was due, and none came", &html! { path.silent d="M0 6L6 0M0 12L12 0M6 12L12 6" {} })) }
            @if has_deployment { (entry("deployment before the first bad run", &html! { polygon.fill-ink points="6,1 1,11 11,11" {} })) }
        }
    }
}

fn entry(words: &str, sign: &Markup) -> Markup {
    html! { li { svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" { (sign) } (words) } }
}
