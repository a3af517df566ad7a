//! What waivers may cover.

/// What waivers may cover of a control's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waivable {
    /// Nothing.
    Never {
        /// Why not, as the end of a sentence.
        because: &'static str,
        /// What to do in place of a waiver, as a request.
        instead: &'static str,
    },
    /// What is found at the commits that the waiver names: anything wider would cover content that
    /// no one has seen yet.
    ByCommit,
    /// All of them, in the scope that the waiver gives itself.
    Freely,
}

impl Waivable {
    /// May a waiver cover anything of it?
    pub fn at_all(self) -> bool {
        !matches!(self, Waivable::Never { .. })
    }
}
