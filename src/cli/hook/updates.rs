//! What a push asks for: one line or three arguments for each ref (githooks(5)).

use crate::exit::{Failure, Result};
use portcullis_model::change::{BranchName, Revision};

/// One ref that a push would move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name of the ref.
    pub name: String,
    /// Where it points; `None` where there is no such ref yet.
    pub old: Option<Revision>,
    /// Where it would point; `None` where it would be deleted.
    pub new: Option<Revision>,
}

impl RefUpdate {
    /// Reads the lines that git hands to `pre-receive` and `post-receive`: `OLD NEW REF`.
    ///
    /// # Errors
    /// A line is of another form.
    pub fn read_lines(text: &str) -> Result<Vec<RefUpdate>> {
        text.lines().filter(|line| !line.is_empty()).map(RefUpdate::read_line).collect()
    }

    fn read_line(line: &str) -> Result<RefUpdate> {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(old), Some(new), Some(name)) => RefUpdate::read(name, old, new),
            _ => Err(Failure::usage("a line of the push is not `OLD NEW REF`: let git run this hook")),
        }
    }

    /// Reads a name and two object names, of which one may be all zeros.
    ///
    /// # Errors
    /// They are of another form.
    pub fn read(name: &str, old: &str, new: &str) -> Result<RefUpdate> {
        let is_full_name = name.starts_with("refs/") && !name.contains(char::is_control);
        if !is_full_name {
            return Err(Failure::usage("a ref of the push has no name that begins with `refs/`"));
        }
        let update = RefUpdate { name: name.to_string(), old: read_object(old)?, new: read_object(new)? };
        match (&update.old, &update.new) {
            (None, None) => Err(Failure::usage(format!("`{name}` is neither made, moved nor deleted"))),
            _ => Ok(update),
        }
    }

    /// The branch that it is.
    pub fn branch(&self) -> Option<BranchName> {
        self.name.strip_prefix("refs/heads/").map(|name| BranchName::from(name.to_string()))
    }
}

fn read_object(text: &str) -> Result<Option<Revision>> {
    let is_zero = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte == b'0');
    if is_zero {
        return Ok(None);
    }
    let read = Revision::try_from(text.to_string());
    read.map(Some).map_err(|error| Failure::usage(format!("the push names no object: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn lines_of_git_are_read_and_nothing_else_is() {
        let text = format!("{A} {ZERO} refs/heads/a b\n{ZERO} {A} refs/heads/main\n");
        let read = RefUpdate::read_lines(&text).unwrap();
        assert_eq!((read[0].new.clone(), read[0].name.as_str()), (None, "refs/heads/a b"));
        assert_eq!(read[1].branch(), Some(BranchName::new("main")));
        assert_eq!(read[1].old, None);
        for bad in [
            format!("{A} {A}"),
            format!("{A} {A} main"),
            format!("{A} {A} HEAD"),
            format!("{A} 11 refs/heads/main"),
            format!("{ZERO} {ZERO} refs/heads/main"),
            format!("{A} {A} refs/heads/\u{1b}[2J"),
        ] {
            assert!(RefUpdate::read_lines(&bad).is_err(), "{bad}");
        }
        let nested = RefUpdate::read("refs/heads/refs/heads/main", ZERO, A).unwrap();
        assert_ne!(nested.branch(), Some(BranchName::new("main")), "a branch of a longer name");
    }
}
