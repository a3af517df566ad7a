//! Files that decide what a checkout or an archive holds of other files.
//!
//! | file | decides |
//! | --- | --- |
//! | `.gitattributes`, anywhere | line ends, encoding, filters, keywords, merges, and what an archive leaves out, of what lies in its directory and below (gitattributes(5)) |
//! | `.gitignore`, anywhere | which files beside those of the commit do not make a work tree another one (gitignore(5)) |
//! | `.gitmodules`, in the root | what lies in a submodule (gitmodules(5)) |
//! | `.lfsconfig`, in the root | where the bytes behind Git LFS pointers come from, and which are left out (git-lfs-config(5)) |
//!
//! A change to one of them is a change to what its changed lines govern: old lines and new ones,
//! and no others.

use crate::path::RepoPath;
use portcullis_pattern::fold::fold_path;
use portcullis_pattern::glob::{Below, Glob};

/// What the changed lines of such a file govern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Governs {
    /// Paths of which changed lines speak, from the root; `*` stands for what `?` or a class of
    /// characters may be.
    pub patterns: Vec<Glob>,
    /// Files at the head of which they speak, sorted.
    pub files: Vec<RepoPath>,
    /// Such files, of lines that change what the file is, with a content pattern that one of their
    /// lines matches.
    pub matches: Vec<GovernedMatch>,
    /// Submodules whose settings changed.
    pub submodules: Vec<RepoPath>,
    /// There are more files than are listed or searched.
    pub cut: bool,
    /// It cannot be told: all that lies in its directory and below.
    pub all: bool,
}

/// A governed file with a content pattern that it matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GovernedMatch {
    /// The pattern, as the policy writes it.
    pub pattern: String,
    /// The file.
    pub path: RepoPath,
}

/// Kinds of such files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Governor {
    /// `.gitattributes`
    Attributes,
    /// `.gitignore`
    Ignore,
    /// `.gitmodules`
    Modules,
    /// `.lfsconfig`
    Lfs,
}

/// Each with its name, and whether it stands in the root only.
const GOVERNORS: [(&str, Governor, bool); 4] = [
    (".gitattributes", Governor::Attributes, false),
    (".gitignore", Governor::Ignore, false),
    (".gitmodules", Governor::Modules, true),
    (".lfsconfig", Governor::Lfs, true),
];

impl Governor {
    /// By its path; a file system may take another spelling of the name for the same (case, Unicode
    /// form, a dot or space at the end).
    pub fn of(path: &RepoPath) -> Option<Self> {
        let (directory, name) = split_path(path);
        // Nearly all paths.
        if !matches!(name.first(), Some(b'.' | 0x80..)) {
            return None;
        }
        let name = fold_path(name);
        let name = name.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
        let is =
            |(known, _, root): &&(&str, Governor, bool)| *known == name && (directory.is_empty() || !root);
        GOVERNORS.iter().find(is).map(|(_, governor, _)| *governor)
    }
}

/// The directory that a file stands in, empty for the root, and its name.
pub fn split_path(path: &RepoPath) -> (&[u8], &[u8]) {
    let bytes = path.as_bytes();
    match bytes.iter().rposition(|b| *b == b'/') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (&[], bytes),
    }
}

/// What of that which is governed a pattern is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Files, submodules that may hold what it means, and paths where nothing stands yet.
    Anything,
    /// The same, but no submodule that may hold what it means at any depth.
    Named,
    /// Only what stands there.
    Standing,
}

/// A changed file that governs others.
#[derive(Clone, Copy, Debug)]
pub struct Governing<'f> {
    /// Under which name it does.
    pub path: &'f RepoPath,
    /// What; `None` when nobody looked.
    pub(crate) governs: Option<&'f Governs>,
}

impl<'f> Governing<'f> {
    /// The first of what it governs that a pattern means, in words; what these exclusions leave out
    /// does not count.
    ///
    /// A pattern of the policy and one of the file that both say where they begin meet where a path
    /// could fit both, whether or not it is there: `services/*.sql` and `services/upload/**`. Where
    /// one of them is of any depth, as `*.png` is, only files that are there count.
    pub fn meets(&self, glob: &Glob, exclude: &[&Glob], reach: Reach) -> Option<String> {
        let holds = |directory: &[u8]| match glob.below(directory) {
            Below::Nothing => false,
            Below::Named => true,
            Below::Anywhere => reach == Reach::Anything,
        };
        let Some(governs) = self.governs.filter(|governs| !governs.all) else {
            return holds(split_path(self.path).0).then(|| "all that lies below its directory".to_string());
        };
        let left = |path: &&RepoPath| !exclude.iter().any(|exclusion| exclusion.matches(path.as_bytes()));
        let is_meant = |path: &&RepoPath| glob.matches_folded(path.as_bytes());
        let files = governs.files.iter().filter(is_meant);
        let submodules = governs.submodules.iter().filter(|path| is_meant(path) || holds(path.as_bytes()));
        let named = files.chain(submodules).find(left).map(ToString::to_string);
        let left = |pattern: &Glob| !exclude.iter().any(|exclusion| excludes_whole(exclusion, pattern));
        let is_said = |pattern: &&Glob| {
            (governs.cut || is_rooted(pattern) && is_rooted(glob))
                && may_both_match(pattern, glob)
                && left(pattern)
        };
        let mut said = governs.patterns.iter().filter(|_| governs.cut || reach != Reach::Standing);
        named.or_else(|| said.find(is_said).map(|pattern| format!("`{pattern}`")))
    }

    /// A governed file that is not excluded and matches this content pattern.
    pub fn matching(&self, pattern: &str, exclude: &[&Glob]) -> Option<&'f RepoPath> {
        let mut matches = self.governs?.matches.iter();
        let left = |path: &RepoPath| !exclude.iter().any(|exclusion| exclusion.matches(path.as_bytes()));
        let counts = |found: &&GovernedMatch| found.pattern == pattern && left(&found.path);
        matches.find(counts).map(|found| &found.path)
    }

    /// May there be governed files that content patterns were not put to?
    pub fn is_unseen(&self) -> bool {
        self.governs.is_none_or(|governs| governs.cut || governs.all)
    }

    /// Does it set what lies in submodules?
    pub fn has_submodules(&self) -> bool {
        self.governs.is_some_and(|governs| !governs.submodules.is_empty())
    }
}

/// Is all that the pattern means below a directory that is excluded whole?
fn excludes_whole(exclusion: &Glob, pattern: &Glob) -> bool {
    let directory = exclusion
        .as_str()
        .strip_suffix("**")
        .filter(|directory| !directory.contains(['*', '?', '[', '{', '\\']));
    directory.is_some_and(|directory| directory.ends_with('/') && pattern.as_str().starts_with(directory))
}

fn is_rooted(glob: &Glob) -> bool {
    glob.as_str().split('/').next() != Some("**")
}

/// May one path match both? Errs towards "yes": a class is any character, alternatives are any
/// characters.
fn may_both_match(a: &Glob, b: &Glob) -> bool {
    let (a, b) = (letters_of(a), letters_of(b));
    let fits = |a: &Vec<Letter>, b: &Vec<Letter>| {
        is_met(a, b, |one| *one == Letter::Many, |a, b| a == b || *a == Letter::One || *b == Letter::One)
    };
    is_met(&a, &b, |component| component.as_slice() == [Letter::Deep], fits)
}

/// Is there a sequence that both describe? Each element stands for one, but for those that stand
/// for any number.
fn is_met<T>(a: &[T], b: &[T], many: impl Fn(&T) -> bool, fits: impl Fn(&T, &T) -> bool) -> bool {
    // For the rest of `a` from a place on: is it met by the rest of `b` from each place on?
    let mut below: Vec<bool> = Vec::new();
    for at in (0..=a.len()).rev() {
        let mut here = vec![false; b.len() + 1];
        for to in (0..=b.len()).rev() {
            here[to] = match (a.get(at), b.get(to)) {
                (None, None) => true,
                (Some(one), other) if many(one) => below[to] || other.is_some() && here[to + 1],
                (one, Some(other)) if many(other) => here[to + 1] || one.is_some() && below[to],
                (Some(one), Some(other)) => fits(one, other) && below[to + 1],
                _ => false,
            };
        }
        below = here;
    }
    below.first() == Some(&true)
}

/// A character of a component, or what stands for characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letter {
    Is(char),
    One,
    Many,
    /// `**`: any number of components.
    Deep,
}

fn letters_of(glob: &Glob) -> Vec<Vec<Letter>> {
    let mut all = vec![Vec::new()];
    let text = fold_path(glob.as_str().as_bytes());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let letter = match c {
            '/' => {
                all.push(Vec::new());
                continue;
            }
            '*' => Letter::Many,
            '?' => Letter::One,
            '\\' => Letter::Is(rest.next().unwrap_or('\\')),
            '[' => {
                rest.by_ref().skip(1).find(|c| *c == ']');
                Letter::One
            }
            // Alternatives may hold a `/`: from here on it is anything.
            '{' => {
                all.pop();
                all.push(vec![Letter::Deep]);
                return all;
            }
            c => Letter::Is(c),
        };
        if let Some(last) = all.last_mut() {
            last.push(letter);
        }
    }
    for component in &mut all {
        if component.as_slice() == [Letter::Many, Letter::Many] {
            *component = vec![Letter::Deep];
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(a: &str, b: &str) -> bool {
        let (a, b) = (Glob::new(a).unwrap(), Glob::new(b).unwrap());
        assert_eq!(may_both_match(&a, &b), may_both_match(&b, &a), "{a} {b}");
        may_both_match(&a, &b)
    }

    #[test]
    fn patterns_meet_where_one_path_fits_both() {
        for (a, b) in [
            ("services/**", "services/upload/**"),
            ("services/*/x.sql", "services/upload/**"),
            ("**/*.sql", "services/upload/**"),
            ("services/up*d", "services/upload/**"),
            ("Services/Upload/x", "services/upload/**"),
            ("a*c", "*b*"),
            ("x/[ab].sql", "x/a.sql"),
            ("x/{a,b/c}/y", "x/b/c/y"),
            ("**/a/**", "b/**/a/c"),
        ] {
            assert!(met(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("docs/**", "services/upload/**"),
            ("services/*.md", "services/upload/**"),
            ("services/*", "services/upload/*.sql"),
            ("**/*.png", "db/**/*.sql"),
            ("a?c", "ac"),
            (r"a\*", "ab"),
        ] {
            assert!(!met(a, b), "{a} {b}");
        }
    }

    #[test]
    fn a_governor_is_known_in_each_spelling_that_a_system_takes() {
        let of = |path: &str| Governor::of(&path.into());
        assert_eq!(of("a/.gitattributes"), Some(Governor::Attributes));
        for path in [".GitAttributes", ".gitattributes.", ".gitattributes::$DATA", ".git\u{200c}attributes"] {
            assert_eq!(of(path), Some(Governor::Attributes), "{path}");
        }
        assert_eq!(of(".gitmodules"), Some(Governor::Modules));
        for path in [
            "a/.gitmodules",
            "a/.lfsconfig",
            "gitattributes",
            ".gitattributes2",
            ".mailmap",
            ".git-blame-ignore-revs",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
