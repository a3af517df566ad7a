//! What is said of a policy that is valid and worth a second look.

use std::path::Path;

/// One remark: the line of the policy, where that is known, and a sentence.
pub struct Remark {
    /// The line.
    pub line: Option<u64>,
    text: String,
}

impl Remark {
    /// A sentence about a line of the policy, or about none.
    pub fn new(line: impl Into<Option<u64>>, text: String) -> Self {
        Remark { line: line.into(), text }
    }

    /// As a compiler says it, after the name of the file.
    pub fn at(&self, file: &Path) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line}: {}", file.display(), self.text)
    }
}
