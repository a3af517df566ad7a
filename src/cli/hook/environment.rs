//! What git tells a hook by its environment (githooks(5), git-receive-pack(1)). Only these
//! variables are read, and none is ever printed: under HTTP the environment holds a password.

use crate::exit::{Failure, Result};
use portcullis_git::Repository;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// More push options than this are not read.
const MOST_OPTIONS: usize = 64;

/// Where the repository and the objects of the push are, and what the pusher said beside it.
#[derive(Debug, Default)]
pub struct HookEnvironment {
    /// The git directory.
    pub directory: PathBuf,
    /// Where the objects of the push are until it is taken; `None` where they are in the repository
    /// already, or there are none.
    pub quarantine: Option<PathBuf>,
    /// Where else objects may be.
    alternates: Vec<PathBuf>,
    /// The push options that begin with `portcullis.`, by the rest of their name.
    pub options: BTreeMap<String, String>,
}

impl HookEnvironment {
    /// Reads it.
    ///
    /// # Errors
    /// git was told to show a part of the repository as the whole.
    pub fn read(lookup: Lookup<'_>) -> Result<Self> {
        if is_set(lookup, "GIT_NAMESPACE") {
            return Err(Failure::environment(
                "the server shows a namespace of the repository as the whole (`GIT_NAMESPACE`), which the gate cannot \
                 judge: serve each project from a repository of its own",
            ));
        }
        let path = |name: &str| lookup(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let quarantine = path("GIT_QUARANTINE_PATH").or_else(|| path("GIT_OBJECT_DIRECTORY"));
        let alternates = lookup("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
        Ok(HookEnvironment {
            directory: path("GIT_DIR").unwrap_or_else(|| PathBuf::from(".")),
            quarantine,
            alternates: split_paths(&alternates.to_string_lossy()),
            options: read_options(lookup),
        })
    }

    /// The repository without what the push brings.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open_stored(&self) -> Result<Repository> {
        Ok(Repository::open_git_directory(&self.directory)?)
    }

    /// The repository with what the push brings: the quarantine first, then what it is laid over.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open_received(&self) -> Result<Repository> {
        let mut repository = self.open_stored()?;
        let own = resolve_path(&repository.object_directory());
        let is_other = |place: &&PathBuf| resolve_path(place) != own;
        for place in self.quarantine.iter().filter(is_other) {
            repository = repository.with_object_directory(place)?;
        }
        // git passes over an alternate that is not there.
        let others = self.alternates.iter().filter(is_other).filter(|place| place.is_dir());
        for place in others {
            repository = repository.with_object_directory(place)?;
        }
        Ok(repository)
    }
}

fn is_set(lookup: Lookup<'_>, name: &str) -> bool {
    lookup(name).is_some_and(|value| !value.is_empty())
}

fn resolve_path(place: &Path) -> PathBuf {
    place.canonicalize().unwrap_or_else(|_| place.to_path_buf())
}

/// Paths with `:` between them, each of which may be in the C-style quotes of git (git(1),
/// `GIT_ALTERNATE_OBJECT_DIRECTORIES`).
fn split_paths(text: &str) -> Vec<PathBuf> {
    let (mut found, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (path, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote_path(quoted),
            None => {
                let (path, after) = rest.split_once(':').unwrap_or((rest, ""));
                (path.to_string(), after)
            }
        };
        if !path.is_empty() {
            found.push(PathBuf::from(path));
        }
        rest = after;
    }
    found
}

/// What is in quotes, and what follows the colon after them.
fn unquote_path(text: &str) -> (String, &str) {
    let mut path = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (path, text[at + 1..].strip_prefix(':').unwrap_or("")),
            '\\' => path.extend(characters.next().map(|(_, escaped)| escaped)),
            c => path.push(c),
        }
    }
    (path, "")
}

/// `-o portcullis.NAME=VALUE` of git-push(1). Of a name that is there twice the last one counts, as
/// in git's own settings.
fn read_options(lookup: Lookup<'_>) -> BTreeMap<String, String> {
    let text = |name: String| lookup(&name).map(|value| value.to_string_lossy().into_owned());
    let count = text("GIT_PUSH_OPTION_COUNT".to_string()).and_then(|count| count.parse().ok()).unwrap_or(0);
    let options = (0..MOST_OPTIONS.min(count)).filter_map(|number| text(format!("GIT_PUSH_OPTION_{number}")));
    let ours = options.filter_map(|option| {
        let (name, value) = option.strip_prefix("portcullis.")?.split_once('=')?;
        Some((name.to_string(), value.to_string()))
    });
    ours.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<HookEnvironment> {
        let lookup =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        HookEnvironment::read(&lookup)
    }

    #[test]
    fn the_quarantine_and_its_alternates_are_read_with_their_quotes() {
        let found = read(&[
            ("GIT_QUARANTINE_PATH", "/r/objects/tmp"),
            ("GIT_OBJECT_DIRECTORY", "/r/objects/tmp"),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", r#"/r/objects:"/a:\"b\\":/c"#),
        ])
        .unwrap();
        assert_eq!(found.quarantine, Some(PathBuf::from("/r/objects/tmp")));
        let expected: Vec<PathBuf> = ["/r/objects", r#"/a:"b\"#, "/c"].map(PathBuf::from).into();
        assert_eq!(found.alternates, expected);
        assert_eq!(read(&[]).unwrap().directory, PathBuf::from("."));
    }

    #[test]
    fn only_our_options_are_kept() {
        let options = read(&[
            ("GIT_PUSH_OPTION_COUNT", "4"),
            ("GIT_PUSH_OPTION_0", "portcullis.request=first"),
            ("GIT_PUSH_OPTION_1", "ci.skip"),
            ("GIT_PUSH_OPTION_2", "portcullis.request=LOAD-7"),
            ("GIT_PUSH_OPTION_3", "portcullis.empty"),
            ("GIT_PUSH_OPTION_4", "portcullis.more=beyond the count"),
        ]);
        let options: Vec<_> = options.unwrap().options.into_iter().collect();
        assert_eq!(options, [("request".to_string(), "LOAD-7".to_string())]);
    }

    #[test]
    fn a_namespace_is_refused() {
        assert!(read(&[("GIT_NAMESPACE", "x")]).is_err());
        assert!(read(&[("GIT_NAMESPACE", "")]).is_ok());
    }
}
