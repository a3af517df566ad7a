//! Which answers of a host are about something that is over, so that a later run of the same work
//! may use them once more.
//!
//! What an answer says decides, not how old it is: a request that is merged, a check that has
//! ended. Everything else is asked again in each run: branches, rules, members, permissions,
//! deployments, refusals, and lists that are cut into pages, because a list of which one page is
//! old and another new may have lost an item.

use serde_json::Value;

/// A question to a host, and its answer.
pub struct AnsweredQuestion<'a> {
    /// The path, in its segments as they were sent.
    pub path: Vec<&'a str>,
    /// Was something sent with it?
    pub is_post: bool,
    /// The answer.
    pub answer: &'a Value,
    /// Was this request of the repository seen to be over?
    pub is_over: &'a dyn Fn(&str) -> bool,
}

/// What an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Something that goes on, or nothing that is known to be over.
    Open,
    /// Something that is over.
    Over,
    /// A request that has landed: what is said of it is over too.
    Request(String),
}

/// Tells what an answer is about.
pub type Settles = fn(&AnsweredQuestion<'_>) -> Settlement;

impl<'a> AnsweredQuestion<'a> {
    /// The segments behind the repository: behind so many after the one of this name.
    pub(crate) fn below(&self, root: &str, names: usize) -> &[&'a str] {
        let at = self.path.iter().position(|segment| *segment == root);
        at.and_then(|at| self.path.get(at + 1 + names..)).unwrap_or_default()
    }

    /// Over, if this request is.
    pub(crate) fn of_request(&self, number: &str) -> Settlement {
        over_if((self.is_over)(number))
    }

    /// Over, if there are items in this list and each of them is. An empty list may still grow.
    pub(crate) fn of_items(&self, list: &str, is_over: impl Fn(&Value) -> bool) -> Settlement {
        let items = self.answer.pointer(list).and_then(Value::as_array);
        over_if(items.is_some_and(|items| !items.is_empty() && items.iter().all(is_over)))
    }
}

/// Over where something holds.
pub(crate) fn over_if(holds: bool) -> Settlement {
    if holds { Settlement::Over } else { Settlement::Open }
}

/// Is this the whole name of a commit, and no name that can be given to another?
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Has the item a field with this text?
pub(crate) fn says(item: &Value, field: &str, texts: &[&str]) -> bool {
    item.get(field).and_then(Value::as_str).is_some_and(|said| texts.contains(&said))
}

/// Is there a text in this field?
pub(crate) fn has_text(item: &Value, field: &str) -> bool {
    item.get(field).is_some_and(Value::is_string)
}

/// Nothing is ever over.
pub(crate) fn never(_: &AnsweredQuestion<'_>) -> Settlement {
    Settlement::Open
}

#[cfg(test)]
mod tests;
