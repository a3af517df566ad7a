//! Reads settings with serde, and goes on after a mistake.
//!
//! serde stops at the first error. To report every mistake at once, the erroneous key or element is
//! taken out of the parsed text and the rest is read again, until it reads or nothing more can be
//! taken out. This works for any plain type, so a control needs no code of its own for it. What it
//! asks of types:
//!
//! - no `#[serde(flatten)]` and no untagged enums: those lose the place of an error in the text;
//! - `#[serde(deny_unknown_fields)]`, and nothing that reads any value at all: what is not looked
//!   at is not checked.

use super::Problem;
use super::serde_messages;
use super::tree::{self, Path, TomlValue, TreeStep};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

/// A text with this many mistakes is not read any further, so that reading ends in reasonable time.
pub const MOST: usize = 100;

/// Settings of one control with more lists than this are not settings.
const MOST_LISTS: usize = 1000;

/// The keys that had to be taken out, each with the span of its table: they were written, but
/// wrong.
#[derive(Debug, Default)]
pub struct RemovedKeys(BTreeSet<(usize, usize, String)>);

impl RemovedKeys {
    /// Was this key of the table at `span` written, but wrong?
    pub fn holds(&self, span: &Range<usize>, key: &str) -> bool {
        self.0.contains(&(span.start, span.end, key.to_string()))
    }

    /// Was any key of the table at `span` taken out?
    fn touches(&self, span: &Range<usize>) -> bool {
        self.0.iter().any(|(start, end, _)| (*start, *end) == (span.start, span.end))
    }

    fn add(&mut self, span: &Range<usize>, key: &str) {
        self.0.insert((span.start, span.end, key.to_string()));
    }
}

/// Reads `value` with `read` and adds every mistake to `problems`. The value is `None` when it
/// could not be read even without its erroneous parts.
pub fn recover<'i, T>(
    value: TomlValue<'i>,
    read: impl Fn(ValueDeserializer<'i>) -> Result<T, Error>,
    problems: &mut Vec<Problem>,
) -> (Option<T>, RemovedKeys) {
    let mut recovery = Recovery { value, read, removed: RemovedKeys::default(), problems };
    let value = recovery.run();
    (value, recovery.removed)
}

struct Recovery<'i, 'p, F> {
    value: TomlValue<'i>,
    read: F,
    removed: RemovedKeys,
    problems: &'p mut Vec<Problem>,
}

impl<'i, T, F: Fn(ValueDeserializer<'i>) -> Result<T, Error>> Recovery<'i, '_, F> {
    /// Ends, because each turn but the last makes the value smaller.
    fn run(&mut self) -> Option<T> {
        loop {
            let path = match self.attempt(self.value.clone()) {
                Err(error) => self.note_error(&error),
                Ok(value) => match self.note_list_for_table()? {
                    Some(path) => path,
                    None => return Some(value),
                },
            };
            if self.problems.len() >= MOST || !self.remove(&path) {
                return None;
            }
        }
    }

    fn note_error(&mut self, error: &Error) -> Path {
        let path = self.place(error);
        let around = (1..=path.len()).filter_map(|length| path.get(..length).map(<[TreeStep]>::to_vec));
        match around.into_iter().find(|path| self.wants_table(path, Some(error))) {
            Some(path) => self.expected_table(path),
            None => {
                self.note(error, &path);
                path
            }
        }
    }

    /// serde also reads a table from a list, by position: `project = ["name"]`. No one means that.
    /// The outer `None` says that there are too many lists to look at.
    fn note_list_for_table(&mut self) -> Option<Option<Path>> {
        let lists = tree::lists(&self.value);
        if lists.len() > MOST_LISTS {
            self.problems
                .push(Problem::new(self.value.span(), "there are too many lists here to be settings"));
            return None;
        }
        Some(
            lists.into_iter().find(|path| self.wants_table(path, None)).map(|path| self.expected_table(path)),
        )
    }

    fn expected_table(&mut self, path: Path) -> Path {
        let span = tree::node(&self.value, &path).map_or(0..0, Spanned::span);
        let help = "write one table, `[name]` in single brackets or `{ key = value }`";
        self.problems.push(Problem::new(span, "expected a table, found a list").help(help));
        path
    }

    /// Is there a list at `path`, where an empty table would be of the right type? `before` is the
    /// error with the list in its place: one that stays is not about the list.
    fn wants_table(&self, path: &Path, before: Option<&Error>) -> bool {
        if !tree::node(&self.value, path).is_some_and(|node| node.get_ref().is_array()) {
            return false;
        }
        let mut replaced = self.value.clone();
        tree::replace(&mut replaced, path, tree::empty_table());
        match self.attempt(replaced).err() {
            Some(after) if Some(&after) == before => false,
            Some(after) => {
                !(tree::is_nowhere(after.span()) && serde_messages::refuses_table(after.message()))
            }
            None => true,
        }
    }

    fn attempt(&self, value: TomlValue<'i>) -> Result<T, Error> {
        (self.read)(ValueDeserializer::from(value))
    }

    /// The key or element that an error is about.
    fn place(&self, error: &Error) -> Path {
        let Some(span) = error.span() else { return Path::new() };
        let mut path = tree::locate(&self.value, &span);
        if let Some(index) = self.culprit(&path, error) {
            path.push(TreeStep::Index(index));
        }
        path
    }

    /// The element of a list that an error at the whole list is about. Types that check themselves
    /// after reading do not say which element it was, so the shortest beginning of the list that
    /// fails alike is looked for.
    fn culprit(&self, path: &Path, error: &Error) -> Option<usize> {
        let Some(DeValue::Array(list)) = tree::node(&self.value, path).map(Spanned::get_ref) else {
            return None;
        };
        if self.fails_alike(path, 0, error) {
            return None;
        }
        let (mut passing, mut failing) = (0, list.len());
        while failing - passing > 1 {
            let middle = passing + (failing - passing) / 2;
            if self.fails_alike(path, middle, error) {
                failing = middle;
            } else {
                passing = middle;
            }
        }
        Some(passing)
    }

    fn fails_alike(&self, path: &Path, length: usize, error: &Error) -> bool {
        let mut shorter = self.value.clone();
        tree::truncate(&mut shorter, path, length);
        let again = self.attempt(shorter).err();
        again.is_some_and(|again| again.message() == error.message() && again.span() == error.span())
    }

    fn note(&mut self, error: &Error, path: &Path) {
        let node = tree::node(&self.value, path);
        let value_span = node.map_or(0..0, Spanned::span);
        match serde_messages::missing_field(error.message()) {
            Some(name) => self.note_missing(name, path, value_span),
            // What a table says as a whole (it requires nothing, say) may only follow from what was
            // taken out of it.
            None if is_whole(error, &value_span) && self.removed.touches(&value_span) => {}
            None => {
                let span = narrow_span(error.span(), value_span, path);
                let problem = serde_messages::translate(error.message(), span, node.map(Spanned::get_ref));
                self.note_meant(&problem, path);
                self.problems.push(problem);
            }
        }
    }

    /// A misspelt key is not missing as well.
    fn note_meant(&mut self, problem: &Problem, path: &Path) {
        let table = path.split_last().and_then(|(_, table)| tree::node(&self.value, table));
        if let (Some(table), Some(meant)) = (table, serde_messages::meant_key(problem)) {
            self.removed.add(&table.span(), meant);
        }
    }

    fn note_missing(&mut self, first: &str, path: &Path, span: Range<usize>) {
        for name in self.missing(first, path, &span) {
            if !self.removed.holds(&span, &name) {
                self.problems.push(serde_messages::missing_key(&name, span.clone()));
            }
        }
    }

    /// All keys that a table lacks; serde names only the first. A lacking key is filled with one
    /// value after the other, until serde goes on to the next lacking key.
    fn missing(&self, first: &str, path: &Path, span: &Range<usize>) -> Vec<String> {
        let mut names = vec![first.to_string()];
        let mut value = self.value.clone();
        while let Some((filled, name)) = names.last().and_then(|last| self.fill(&value, path, last, span)) {
            if names.contains(&name) {
                break;
            }
            value = filled;
            names.push(name);
        }
        names
    }

    fn fill(
        &self,
        value: &TomlValue<'i>,
        path: &Path,
        name: &str,
        span: &Range<usize>,
    ) -> Option<(TomlValue<'i>, String)> {
        tree::stand_ins().find_map(|stand_in| {
            let mut filled = value.clone();
            tree::insert(&mut filled, path, name, stand_in);
            let error = self.attempt(filled.clone()).err()?;
            let next = serde_messages::missing_field(error.message())?.to_string();
            (error.span().as_ref() == Some(span) && next != name).then_some((filled, next))
        })
    }

    fn remove(&mut self, path: &Path) -> bool {
        let Some((last, parent)) = path.split_last() else { return false };
        let parent = parent.to_vec();
        if let (TreeStep::Key(key), Some(table)) = (last, tree::node(&self.value, &parent)) {
            self.removed.add(&table.span(), key);
        }
        tree::remove(&mut self.value, &parent, last);
        // A list that is empty only now is not the mistake of having written an empty list.
        let emptied = matches!(last, TreeStep::Index(_)) && tree::is_empty_list(&self.value, &parent);
        if emptied { self.remove(&parent) } else { true }
    }
}

/// Is an error about all of the node at `node`? At the root serde gives no place.
fn is_whole(error: &Error, node: &Range<usize>) -> bool {
    error.span().is_none_or(|span| span == *node)
}

/// The place of an error: what serde says, or the element when serde only knows the list around it.
fn narrow_span(said: Option<Range<usize>>, node: Range<usize>, path: &[TreeStep]) -> Range<usize> {
    match (said, path.last()) {
        (None, _) => node,
        (Some(said), Some(TreeStep::Index(_))) if said.start < node.start || node.end < said.end => node,
        (Some(said), _) => said,
    }
}
