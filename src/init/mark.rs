//! Marks: by which paths, and which lines in them, a tool is known.

use crate::area::AreaKind;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// How a tool shows in a repository.
#[derive(Debug)]
pub struct Mark {
    /// What the files are, after the name of the tool: `migrations by name`.
    pub says: &'static str,
    /// Globs of paths, without regard to case.
    pub paths: &'static [&'static str],
    /// What a line of the file has to match, as a regular expression over bytes; `None`: the path
    /// says it all.
    pub holds: Option<&'static str>,
    /// What is proposed in place of the file: folders beside it, as far as they have files.
    pub beside: &'static [&'static str],
    /// Is a proposal that rests on this mark alone written, or only shown as a comment?
    pub sure: bool,
    /// The area that its files belong to, if it is another than that of the tool.
    pub area: Option<AreaKind>,
}

impl Mark {
    /// Files whose path says it all.
    pub const fn by_path(says: &'static str, paths: &'static [&'static str]) -> Mark {
        Mark { says, paths, holds: None, beside: &[], sure: true, area: None }
    }

    /// Files at these paths with such a line.
    pub const fn by_line(says: &'static str, paths: &'static [&'static str], holds: &'static str) -> Mark {
        Mark { says, paths, holds: Some(holds), beside: &[], sure: true, area: None }
    }

    /// The same mark, for a proposal that people should look at first.
    pub const fn unsure(self) -> Mark {
        Mark { sure: false, ..self }
    }

    /// The same mark, for another area than that of the tool.
    pub const fn of_area(self, area: AreaKind) -> Mark {
        Mark { area: Some(area), ..self }
    }

    /// The same mark, for folders beside the file.
    pub const fn beside(self, folders: &'static [&'static str]) -> Mark {
        Mark { beside: folders, ..self }
    }
}

/// All marks of all tables in one set: a path is put to all of them at once.
pub struct MarkIndex {
    set: GlobSet,
    /// Of each glob of the set, which mark it is of.
    owners: Vec<usize>,
}

impl MarkIndex {
    /// The index of these marks. A text that is no glob is left out, so a test counts them.
    pub fn of(marks: &[&'static Mark]) -> Self {
        let (mut set, mut owners) = (GlobSetBuilder::new(), Vec::new());
        let globs = marks
            .iter()
            .enumerate()
            .flat_map(|(number, mark)| mark.paths.iter().map(move |glob| (number, glob)));
        for (number, glob) in globs {
            let built = GlobBuilder::new(glob).literal_separator(true).case_insensitive(true).build();
            if let Ok(built) = built {
                set.add(built);
                owners.push(number);
            }
        }
        MarkIndex { set: set.build().unwrap_or_else(|_| GlobSet::empty()), owners }
    }

    /// The marks that a path may be of, sorted, each once.
    pub fn marks_of(&self, path: &str) -> Vec<usize> {
        let globs = self.set.matches(path).into_iter();
        let mut marks: Vec<usize> = globs.filter_map(|glob| self.owners.get(glob).copied()).collect();
        marks.sort_unstable();
        marks.dedup();
        marks
    }
}
