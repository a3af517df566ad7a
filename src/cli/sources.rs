//! The text of the files that findings point to, for formats that quote it.

use super::opening;
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::path::RepoPath;
use portcullis_render::SourceText;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

/// The longest line that is quoted, in bytes.
const LONGEST: usize = 4096;

/// The files at the judged head. Nothing is opened before a format asks for a line.
pub struct HeadSources<'a> {
    directory: &'a Path,
    head: Option<&'a Revision>,
    repository: OnceCell<Option<Repository>>,
    files: RefCell<BTreeMap<RepoPath, Option<Vec<u8>>>>,
}

impl<'a> HeadSources<'a> {
    /// The files at a commit of the repository that the directory is in.
    pub fn new(directory: &'a Path, head: Option<&'a Revision>) -> Self {
        HeadSources { directory, head, repository: OnceCell::new(), files: RefCell::default() }
    }

    fn read(&self, path: &RepoPath) -> Option<Vec<u8>> {
        let repository = self.repository.get_or_init(|| opening::open(self.directory).ok());
        repository.as_ref()?.file_at(self.head?, path).ok().flatten()
    }
}

impl SourceText for HeadSources<'_> {
    fn line(&self, path: &RepoPath, line: u64) -> Option<String> {
        let mut files = self.files.borrow_mut();
        let file = files.entry(path.clone()).or_insert_with(|| self.read(path));
        find_line(file.as_deref()?, line).map(str::to_string)
    }
}

/// A line of a text, counted from 1 and without its line ending; `None` for a line that is too long
/// to be quoted or is not UTF-8.
fn find_line(text: &[u8], line: u64) -> Option<&str> {
    let at = usize::try_from(line.checked_sub(1)?).ok()?;
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let found = text.split(|byte| *byte == b'\n').nth(at)?;
    let found = found.strip_suffix(b"\r").unwrap_or(found);
    std::str::from_utf8(found).ok().filter(|found| found.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_have_no_ending() {
        let text = b"one\r\n\nthree \xff\nfour\n";
        let lines: Vec<_> = (0..=5).map(|line| find_line(text, line)).collect();
        assert_eq!(lines, [None, Some("one"), Some(""), None, Some("four"), None]);
        assert_eq!(find_line(b"a", 1), Some("a"));
        assert_eq!(find_line(&[b'a'; LONGEST + 1], 1), None);
    }

    #[test]
    fn lines_are_those_of_the_judged_head() {
        let stage = portcullis_testkit::stage::Stage::honest().unwrap();
        let head = portcullis_testkit::stage::revision(stage.head()).unwrap();
        let path = RepoPath::from("services/upload/load.sql");
        let sources = HeadSources::new(stage.directory(), Some(&head));
        let line = "INSERT INTO records SELECT * FROM staging ORDER BY id;";
        assert_eq!(sources.line(&path, 1).as_deref(), Some(line));
        assert_eq!((sources.line(&path, 2), sources.line(&RepoPath::from("none.sql"), 1)), (None, None));
        assert_eq!(HeadSources::new(stage.directory(), None).line(&path, 1), None);
        assert_eq!(HeadSources::new(Path::new("/"), Some(&head)).line(&path, 1), None);
    }
}
