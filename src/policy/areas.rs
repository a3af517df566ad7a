//! `[[data-processing]]`: the inventory.

use super::Problem;
use super::document::{AreaText, Document, List};
use super::meaning::{Source, filled, line, named, said, swallows};
use crate::model::glob::Glob;
use crate::model::inventory::{Area, Inventory, Ruled};
use crate::model::line_pattern::LinePattern;
use regex_syntax::hir::{Hir, HirKind};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// Checks and builds the inventory.
pub fn inventory(source: &Source<'_, '_>, document: &Document, problems: &mut Vec<Problem>) -> Inventory {
    let Some(areas) = &document.data_processing else { return Inventory::default() };
    filled(areas, "name at least one area, or nothing is data-processing code", problems);
    defined_once(source.text, areas.get_ref(), problems);
    areas.get_ref().iter().for_each(|area| check(source, area, problems));
    Inventory { areas: areas.get_ref().iter().map(|area| build(source.text, area)).collect() }
}

fn defined_once(text: &str, areas: &[Spanned<AreaText>], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for name in areas.iter().map(|area| &area.get_ref().name) {
        match seen.get(name.get_ref().as_str()) {
            None => drop(seen.insert(name.get_ref(), name.span())),
            Some(first) => {
                let message =
                    format!("the area `{}` is already defined in line {}", name.get_ref(), line(text, first));
                problems.push(Problem::new(name.span(), message).help("give each area a name of its own"));
            }
        }
    }
}

fn check(source: &Source<'_, '_>, area: &Spanned<AreaText>, problems: &mut Vec<Problem>) {
    let span = area.span();
    let area = area.get_ref();
    named(&area.name, "an area", problems);
    said(&area.purpose, "the purpose of the area", problems);
    check_lists(area, problems);
    area.content.iter().flat_map(|list| list.get_ref()).for_each(|pattern| check_pattern(pattern, problems));
    let lost = source.removed.holds(&span, "paths") || source.removed.holds(&span, "content");
    if area.paths.is_none() && area.content.is_none() && !lost {
        let message = format!("nothing belongs to the area `{}`", area.name.get_ref());
        problems.push(Problem::new(span, message).help("write `paths`, `content` or both"));
    }
}

fn check_lists(area: &AreaText, problems: &mut Vec<Problem>) {
    area.paths.iter().for_each(|list| filled(list, "no path would belong to the area", problems));
    area.content.iter().for_each(|list| filled(list, "no content would belong to the area", problems));
    if let Some(exclude) = &area.exclude {
        filled(exclude, "leave it out, or name what does not belong to the area", problems);
        exclude.get_ref().iter().for_each(|pattern| check_exclusion(pattern, area, problems));
    }
}

fn check_exclusion(exclusion: &Spanned<Glob>, area: &AreaText, problems: &mut Vec<Problem>) {
    let paths = area.paths.iter().flat_map(|list| list.get_ref()).map(Spanned::get_ref);
    if matches!(exclusion.get_ref().as_str(), "**" | "**/*") {
        let message = "this excludes every file, so nothing belongs to the area";
        problems
            .push(Problem::new(exclusion.span(), message).help("exclude only what does not process data"));
    } else if let Some(path) = paths.into_iter().find(|path| swallows(exclusion.get_ref(), path)) {
        let message = format!("this excludes everything that the path `{path}` brings in");
        problems.push(Problem::new(exclusion.span(), message).help("leave out one of the two"));
    }
}

fn check_pattern(pattern: &Spanned<String>, problems: &mut Vec<Problem>) {
    if let Some((message, help)) = pattern_mistake(pattern.get_ref()) {
        problems.push(Problem::new(pattern.span(), message).help(help));
    }
}

/// What is wrong with a content pattern, and what to do. Patterns are searched for in one line at a time.
fn pattern_mistake(text: &str) -> Option<(String, &'static str)> {
    let parsed = LinePattern::parse(text).and_then(|pattern| pattern.compiles().map(|()| pattern));
    let pattern = match parsed {
        Ok(pattern) => pattern,
        Err(error) => return Some((bad_pattern(&error), "see the syntax at https://docs.rs/regex/#syntax")),
    };
    if pattern.matches_nothing() {
        let message = format!("`{text}` also matches where nothing is, so it tells no line from another");
        Some((message, "name at least one character that has to be there"))
    } else if pattern.hir().properties().minimum_len().is_none() || needs_line_break(pattern.hir()) {
        let message = format!("`{text}` can never match a line");
        Some((message, "leave it out, or write what one line holds"))
    } else {
        None
    }
}

/// The last line of what the regular expression library says; the lines before draw a picture.
fn bad_pattern(error: &str) -> String {
    let reason = error.lines().last().unwrap_or_default();
    format!("bad regular expression: {}", reason.trim().trim_start_matches("error: "))
}

fn needs_line_break(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Repetition(repetition) => repetition.min > 0 && needs_line_break(&repetition.sub),
        HirKind::Capture(capture) => needs_line_break(&capture.sub),
        HirKind::Concat(parts) => parts.iter().any(needs_line_break),
        HirKind::Alternation(parts) => parts.iter().all(needs_line_break),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

fn build(text: &str, area: &Spanned<AreaText>) -> Area {
    let place = area.span();
    let area = area.get_ref();
    Area {
        name: area.name.get_ref().clone(),
        purpose: area.purpose.get_ref().clone(),
        paths: rules(text, area.paths.as_ref()),
        content: rules(text, area.content.as_ref()),
        exclude: rules(text, area.exclude.as_ref()),
        opaque: area.opaque,
        line: line(text, &place),
    }
}

fn rules<T: Clone>(text: &str, list: Option<&List<T>>) -> Vec<Ruled<T>> {
    let rules = list.into_iter().flat_map(|list| list.get_ref());
    rules.map(|rule| Ruled { rule: rule.get_ref().clone(), line: line(text, &rule.span()) }).collect()
}
