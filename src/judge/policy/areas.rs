//! `[[data-processing]]`: the inventory.

use super::checks::{PolicySource, check_filled, check_name, check_text, leaves_nothing};
use super::document::{AreaText, PolicyDocument};
use super::list::List;
use super::{Problem, line_patterns};
use portcullis_model::inventory::{Area, Inventory, Ruled};
use portcullis_pattern::glob::Glob;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// Checks and builds the inventory.
pub fn build_inventory(
    source: &PolicySource<'_, '_>,
    document: &PolicyDocument,
    problems: &mut Vec<Problem>,
) -> Inventory {
    let Some(areas) = &document.data_processing else { return Inventory::default() };
    check_filled(areas, "name at least one area, or nothing is data-processing code", problems);
    check_unique(source, areas.get_ref(), problems);
    areas.get_ref().iter().for_each(|area| check_area(source, area, problems));
    Inventory { areas: areas.get_ref().iter().map(|area| build_area(source, area)).collect() }
}

fn check_unique(source: &PolicySource<'_, '_>, areas: &[Spanned<AreaText>], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for name in areas.iter().map(|area| &area.get_ref().name) {
        match seen.get(name.get_ref().as_str()) {
            None => drop(seen.insert(name.get_ref(), name.span())),
            Some(first) => {
                let message = format!(
                    "the area `{}` is already defined in line {}",
                    name.get_ref(),
                    source.line(first)
                );
                problems.push(Problem::new(name.span(), message).help("give each area a name of its own"));
            }
        }
    }
}

fn check_area(source: &PolicySource<'_, '_>, area: &Spanned<AreaText>, problems: &mut Vec<Problem>) {
    let span = area.span();
    let area = area.get_ref();
    check_name(&area.name, "an area", problems);
    check_text(&area.purpose, "the purpose of the area", problems);
    check_lists(area, problems);
    area.content.iter().flat_map(|list| list.get_ref()).for_each(|pattern| check_pattern(pattern, problems));
    let lost = source.removed.holds(&span, "paths") || source.removed.holds(&span, "content");
    if area.paths.is_none() && area.content.is_none() && !lost {
        let message = format!("nothing belongs to the area `{}`", area.name.get_ref());
        problems.push(Problem::new(span, message).help("write `paths`, `content` or both"));
    }
}

fn check_lists(area: &AreaText, problems: &mut Vec<Problem>) {
    area.paths.iter().for_each(|list| check_filled(list, "no path would belong to the area", problems));
    area.content.iter().for_each(|list| check_filled(list, "no content would belong to the area", problems));
    if let Some(exclude) = &area.exclude {
        check_filled(exclude, "leave it out, or name what does not belong to the area", problems);
        exclude.get_ref().iter().for_each(|pattern| check_exclusion(pattern, area, problems));
    }
}

fn check_exclusion(exclusion: &Spanned<Glob>, area: &AreaText, problems: &mut Vec<Problem>) {
    let paths = area.paths.iter().flat_map(|list| list.get_ref()).map(Spanned::get_ref);
    if matches!(exclusion.get_ref().as_str(), "**" | "**/*") {
        let message = "this excludes every file, so nothing belongs to the area";
        problems
            .push(Problem::new(exclusion.span(), message).help("exclude only what does not process data"));
    } else if let Some(path) = paths.into_iter().find(|path| leaves_nothing(exclusion.get_ref(), path)) {
        let message = format!("this excludes everything that the path `{path}` brings in");
        problems.push(Problem::new(exclusion.span(), message).help("leave out one of the two"));
    }
}

fn check_pattern(pattern: &Spanned<String>, problems: &mut Vec<Problem>) {
    if let Some((message, help)) = line_patterns::mistake(pattern.get_ref()) {
        problems.push(Problem::new(pattern.span(), message).help(help));
    }
}

fn build_area(source: &PolicySource<'_, '_>, area: &Spanned<AreaText>) -> Area {
    let place = area.span();
    let area = area.get_ref();
    Area {
        name: area.name.get_ref().clone(),
        purpose: area.purpose.get_ref().clone(),
        paths: located_rules(source, area.paths.as_ref()),
        content: located_rules(source, area.content.as_ref()),
        exclude: located_rules(source, area.exclude.as_ref()),
        opaque: area.opaque,
        line: source.line(&place),
    }
}

fn located_rules<T: Clone>(source: &PolicySource<'_, '_>, list: Option<&List<T>>) -> Vec<Ruled<T>> {
    let rules = list.into_iter().flat_map(|list| list.get_ref());
    rules.map(|rule| Ruled { rule: rule.get_ref().clone(), line: source.line(&rule.span()) }).collect()
}
