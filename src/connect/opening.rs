//! What a connector is opened with.

use std::fmt;
use std::path::{Path, PathBuf};

/// What a connector is opened with, besides its settings.
#[derive(Clone, Copy)]
pub struct Opening<'o> {
    /// The columns, in the order in which a row has its values. Several may have one name.
    pub columns: &'o [String],
    /// Where a path begins that is not absolute.
    pub directory: &'o Path,
    /// The environment: the value of a variable.
    pub environment: &'o dyn Fn(&str) -> Option<String>,
}

impl Opening<'_> {
    /// A path of the settings, from the directory on.
    pub(crate) fn resolve_path(&self, path: &str) -> PathBuf {
        self.directory.join(path)
    }
}

impl fmt::Debug for Opening<'_> {
    /// Without the environment, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("columns", &self.columns).field("directory", &self.directory).finish()
    }
}
