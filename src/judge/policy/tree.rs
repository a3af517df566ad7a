//! Parsed TOML as a tree: finding, taking out and putting in by place.

use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// A parsed value with its place in the text.
pub type TomlValue<'i> = Spanned<DeValue<'i>>;

/// The way from the root of a tree to a node.
pub type Path = Vec<TreeStep>;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeStep {
    /// Into a table, by key.
    Key(String),
    /// Into a list, by position.
    Index(usize),
}

/// The node at the end of `path`.
pub fn node<'a, 'i>(value: &'a TomlValue<'i>, path: &[TreeStep]) -> Option<&'a TomlValue<'i>> {
    path.iter().try_fold(value, |value, step| match step {
        TreeStep::Key(key) => value.get_ref().get(key.as_str()),
        TreeStep::Index(index) => value.get_ref().get(*index),
    })
}

fn node_mut<'a, 'i>(value: &'a mut TomlValue<'i>, path: &[TreeStep]) -> Option<&'a mut DeValue<'i>> {
    path.iter().try_fold(value.get_mut(), |value, step| match (value, step) {
        (DeValue::Table(table), TreeStep::Key(key)) => table.get_mut(key.as_str()).map(Spanned::get_mut),
        (DeValue::Array(list), TreeStep::Index(index)) => list.get_mut(*index).map(Spanned::get_mut),
        _ => None,
    })
}

/// The node that is at `span`: the smallest one whose key or value reaches over it, the outer
/// one of two equal ones. The keys of a `[table]` are not inside the span of the table, which
/// is only its header, so the whole tree is searched.
pub fn locate(value: &TomlValue<'_>, span: &Range<usize>) -> Path {
    let mut search = NodeSearch { span, here: Path::new(), best: None };
    search.consider(&value.span());
    search.visit(value);
    search.best.map_or_else(Path::new, |(_, path)| path)
}

struct NodeSearch<'s> {
    span: &'s Range<usize>,
    here: Path,
    best: Option<(usize, Path)>,
}

impl NodeSearch<'_> {
    fn visit(&mut self, value: &TomlValue<'_>) {
        match value.get_ref() {
            DeValue::Table(table) => table.iter().for_each(|(key, value)| {
                self.enter(TreeStep::Key(key.get_ref().to_string()), &[key.span(), value.span()], value);
            }),
            DeValue::Array(list) => list.iter().enumerate().for_each(|(index, value)| {
                self.enter(TreeStep::Index(index), &[value.span()], value);
            }),
            _ => {}
        }
    }

    fn enter(&mut self, step: TreeStep, spans: &[Range<usize>], value: &TomlValue<'_>) {
        self.here.push(step);
        spans.iter().for_each(|span| self.consider(span));
        self.visit(value);
        self.here.pop();
    }

    fn consider(&mut self, candidate: &Range<usize>) {
        let covers = candidate.start <= self.span.start && self.span.end <= candidate.end;
        let smaller = self.best.as_ref().is_none_or(|(size, _)| candidate.len() < *size);
        if covers && smaller {
            self.best = Some((candidate.len(), self.here.clone()));
        }
    }
}

/// Takes the child `step` of the node at `path` out.
pub fn remove(value: &mut TomlValue<'_>, path: &[TreeStep], step: &TreeStep) {
    match (node_mut(value, path), step) {
        (Some(DeValue::Table(table)), TreeStep::Key(key)) => {
            table.remove(key.as_str());
        }
        (Some(DeValue::Array(list)), TreeStep::Index(index)) => {
            *list = std::mem::replace(list, DeArray::new())
                .into_iter()
                .enumerate()
                .filter(|(position, _)| position != index)
                .map(|(_, element)| element)
                .collect();
        }
        _ => {}
    }
}

/// Shortens the list at `path` to its first `length` elements.
pub fn truncate(value: &mut TomlValue<'_>, path: &[TreeStep], length: usize) {
    if let Some(DeValue::Array(list)) = node_mut(value, path) {
        *list = std::mem::replace(list, DeArray::new()).into_iter().take(length).collect();
    }
}

/// Puts `child` under `key` into the table at `path`.
pub fn insert<'i>(value: &mut TomlValue<'i>, path: &[TreeStep], key: &str, child: TomlValue<'i>) {
    if let Some(DeValue::Table(table)) = node_mut(value, path) {
        table.insert(Spanned::new(NOWHERE, Cow::Owned(key.to_string())), child);
    }
}

/// Is there a list at `path`, and nothing in it?
pub fn is_empty_list(value: &TomlValue<'_>, path: &[TreeStep]) -> bool {
    matches!(node(value, path).map(Spanned::get_ref), Some(DeValue::Array(list)) if list.is_empty())
}

/// Puts `child` in the place of the node at `path`.
pub fn replace<'i>(value: &mut TomlValue<'i>, path: &[TreeStep], child: TomlValue<'i>) {
    let Some((last, parent)) = path.split_last() else { return };
    let place = match (node_mut(value, parent), last) {
        (Some(DeValue::Table(table)), TreeStep::Key(key)) => table.get_mut(key.as_str()),
        (Some(DeValue::Array(list)), TreeStep::Index(index)) => list.get_mut(*index),
        _ => None,
    };
    if let Some(place) = place {
        *place = child;
    }
}

/// The paths of all lists.
pub fn lists(value: &TomlValue<'_>) -> Vec<Path> {
    let mut found = Vec::new();
    collect_lists(value, &mut Path::new(), &mut found);
    found
}

fn collect_lists(value: &TomlValue<'_>, here: &mut Path, found: &mut Vec<Path>) {
    if value.get_ref().is_array() {
        found.push(here.clone());
    }
    for (step, child) in children_of(value) {
        here.push(step);
        collect_lists(child, here, found);
        here.pop();
    }
}

fn children_of<'a, 'i>(value: &'a TomlValue<'i>) -> Vec<(TreeStep, &'a TomlValue<'i>)> {
    match value.get_ref() {
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| (TreeStep::Key(key.get_ref().to_string()), value)).collect()
        }
        DeValue::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (TreeStep::Index(index), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// A place that is in no text.
const NOWHERE: Range<usize> = usize::MAX - 1..usize::MAX;

/// Is this the place of something that was put in here?
pub fn is_nowhere(span: Option<Range<usize>>) -> bool {
    span == Some(NOWHERE)
}

/// A table with nothing in it.
pub fn empty_table() -> TomlValue<'static> {
    Spanned::new(NOWHERE, DeValue::Table(DeTable::new()))
}

/// One value of each type, to put where a value is missing.
pub fn stand_ins() -> impl Iterator<Item = TomlValue<'static>> {
    let parsed = ["'x'", "1", "true", "[]"].into_iter().filter_map(|text| DeValue::parse(text).ok());
    parsed.map(|value| Spanned::new(NOWHERE, value.into_inner())).chain(std::iter::once(empty_table()))
}
