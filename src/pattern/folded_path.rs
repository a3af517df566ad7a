//! A path as patterns see it that regard neither case nor Unicode form nor characters that cannot
//! be seen.

use crate::fold::fold_path;

/// Stands for whatever may lie below a path.
const CHILD: &str = "/x";

/// A path and its folded form, made once for all the patterns and files that it is compared with: a
/// deployment compares every path of thousands of landings with each of them.
#[derive(Clone, Debug)]
pub struct FoldedPath<'p> {
    path: &'p [u8],
    /// The folded form, and [`CHILD`].
    below: String,
}

impl<'p> FoldedPath<'p> {
    /// Folds a path.
    pub fn of(path: &'p [u8]) -> Self {
        let mut below = fold_path(path);
        below.push_str(CHILD);
        FoldedPath { path, below }
    }

    /// The path as it was given.
    pub fn as_given(&self) -> &'p [u8] {
        self.path
    }

    /// Its folded form.
    pub fn folded(&self) -> &str {
        &self.below[..self.below.len() - CHILD.len()]
    }

    /// The folded form of something that lies directly below it.
    pub(crate) fn child(&self) -> &str {
        &self.below
    }

    /// May both be the same file?
    pub fn is_same_file(&self, other: &FoldedPath<'_>) -> bool {
        self.below == other.below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_differ_in_case_form_and_invisible_characters_may_be_one_file() {
        let one = FoldedPath::of("Caf\u{e9}/a".as_bytes());
        for other in ["caf\u{e9}/A", "CAFE\u{301}/a", "Caf\u{200b}\u{e9}/a"] {
            assert!(one.is_same_file(&FoldedPath::of(other.as_bytes())), "{other}");
        }
        assert!(!one.is_same_file(&FoldedPath::of(b"Cafe/a")));
        assert_eq!((one.folded(), one.as_given()), ("caf\u{e9}/a", "Caf\u{e9}/a".as_bytes()));
    }
}
