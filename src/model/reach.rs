//! Which directories a set of globs can match anything in.
//!
//! A walk over a tree need not enter the others. One pattern that begins with `**` reaches everywhere and makes every
//! walk a whole one. What is not understood counts as reaching everywhere: too much is entered, never too little.
//!
//! Only names count here. A link that lies outside and leads inside is not found by a walk that does not enter its
//! directory, nor is content that a content pattern would match: who asks for these walks everywhere.

use crate::model::glob::Glob;

/// The directories that some glob can match something in.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// `None`: everywhere.
    rules: Option<Vec<Rule>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    /// One for each directory on the way.
    components: Vec<Glob>,
    /// Does it go on below them, at any depth?
    is_open: bool,
}

impl Reach {
    /// Everywhere.
    pub fn everywhere() -> Self {
        Reach { rules: None }
    }

    /// Wherever one of these globs, matched without regard to case and Unicode form, can match something.
    pub fn of<'g>(globs: impl IntoIterator<Item = &'g Glob>) -> Self {
        let rules: Vec<Rule> = globs.into_iter().map(Rule::of).collect();
        let everywhere = rules.iter().any(|rule| rule.is_open && rule.components.is_empty());
        Reach { rules: (!everywhere).then_some(rules) }
    }

    /// Can anything below this directory match? The path has no `/` at its end; the root is empty.
    pub fn enters(&self, directory: &[u8]) -> bool {
        let Some(rules) = &self.rules else { return true };
        directory.is_empty() || rules.iter().any(|rule| rule.enters(directory))
    }
}

impl Rule {
    fn of(glob: &Glob) -> Self {
        let mut parts: Vec<&str> = glob.as_str().split('/').collect();
        let mut components = Vec::new();
        let last = parts.pop();
        for part in &parts {
            match component(part) {
                Some(glob) => components.push(glob),
                None => return Rule { components, is_open: true },
            }
        }
        // A last part that is not one component, such as the end of `{a/b,c/d}`, was cut out of something larger.
        let is_whole = last.is_some_and(|last| component(last).is_some());
        Rule { components, is_open: !is_whole }
    }

    fn enters(&self, directory: &[u8]) -> bool {
        let mut names = directory.split(|b| *b == b'/');
        for component in &self.components {
            match names.next() {
                Some(name) if component.matches_folded(name) => {}
                Some(_) => return false,
                None => return true,
            }
        }
        self.is_open || names.next().is_none()
    }
}

/// A pattern for one component; `None` for `**`, and for a piece of something that spans several.
fn component(part: &str) -> Option<Glob> {
    let count = |wanted: char| part.chars().filter(|c| *c == wanted).count();
    let is_whole = count('{') == count('}') && count('[') == count(']') && !part.contains('\\');
    if part == "**" || !is_whole { None } else { Glob::new(part).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reach(globs: &[&str]) -> Reach {
        let globs: Vec<Glob> = globs.iter().map(|glob| Glob::new(glob).unwrap()).collect();
        Reach::of(&globs)
    }

    fn entered(globs: &[&str], directories: &[&str]) -> Vec<bool> {
        directories.iter().map(|directory| reach(globs).enters(directory.as_bytes())).collect()
    }

    #[test]
    fn anchored_globs_enter_their_way_and_what_lies_below() {
        let directories = ["", "services", "services/upload", "services/upload/a/b", "services/other", "x"];
        assert_eq!(entered(&["services/upload/**"], &directories), [true, true, true, true, false, false]);
        assert_eq!(entered(&["services/*.rs"], &directories), [true, true, false, false, false, false]);
        assert_eq!(entered(&["SERVICES/up*/**"], &directories), [true, true, true, true, false, false]);
        assert_eq!(entered(&["services/**/x"], &directories), [true, true, true, true, true, false]);
    }

    #[test]
    fn floating_and_strange_globs_enter_everything() {
        for glob in ["**/x", "{a/b,c/d}", "{a/b,c/d}/**", "[a/b]c/d", "a\\/b/c"] {
            assert!(reach(&[glob]).enters(b"q") || glob.starts_with('['), "{glob}");
        }
        assert!(Reach::everywhere().enters(b"q/r"));
        assert!(!reach(&[]).enters(b"q"));
    }

    proptest! {
        /// Every directory above a path that matches is entered.
        #[test]
        fn nothing_that_matches_is_passed_by(
            glob in "(a|b|A|[*]|[?]|a[*]|[*][*]|[{]a,b[}]|[{]a/b,b[}]|\\[ab\\])(/(a|b|[*]|[*][*]|[{]a,b/c[}])){0,3}",
            path in "(a|b|ab|c)(/(a|b|B|c)){0,4}",
        ) {
            let Ok(glob) = Glob::new(&glob) else { return Ok(()) };
            let found = glob.matches_folded(path.as_bytes());
            if found {
                let reach = Reach::of([&glob]);
                for (at, _) in path.match_indices('/') {
                    prop_assert!(reach.enters(&path.as_bytes()[..at]), "{glob:?} {path}");
                }
            }
        }
    }
}
