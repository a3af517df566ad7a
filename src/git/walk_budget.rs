//! How far a walk over trees goes.
//!
//! A few small objects can stand for a tree of any size: ten entries that all name the same tree,
//! and so on downward, are ten million files after seven of them, or as many directories without a
//! file. So a walk counts the directories that it enters, the paths that it lists, and the bytes of
//! these paths, and ends with a gap that names the limit.

use portcullis_model::fact::{Gap, GapReason};

/// Trees that are nested deeper are not entered. git has such a limit too (`core.maxTreeDepth`,
/// git-config(1)); ours keeps the recursion well within a thread's stack.
const DEPTH: usize = 256;

/// So many directories are entered. The largest repositories that we know have a third of it.
const TREES: usize = 300_000;

/// So many paths are listed.
const PATHS: usize = 1_000_000;

/// So many bytes all listed paths have together.
const BYTES: usize = 128 * 1024 * 1024;

/// What is left of the limits.
#[derive(Debug)]
pub struct WalkBudget {
    what: &'static str,
    trees: usize,
    paths: usize,
    bytes: usize,
}

impl WalkBudget {
    /// That of one walk; a gap names `what`.
    pub fn of(what: &'static str) -> Self {
        WalkBudget { what, trees: TREES, paths: PATHS, bytes: BYTES }
    }

    /// That of many walks together, which mostly meet few directories each.
    pub fn of_many(what: &'static str) -> Self {
        WalkBudget { trees: 8 * TREES, ..WalkBudget::of(what) }
    }

    /// A directory is entered, at this depth below the root.
    ///
    /// # Errors
    /// There were too many, or they are nested too deep.
    pub fn enter(&mut self, path: &[u8], depth: usize) -> Result<(), Gap> {
        if depth > DEPTH {
            let remedy = "Put the files there into fewer directories";
            return Err(self.ended("directories are nested too deep", path, remedy));
        }
        self.trees = self
            .trees
            .checked_sub(1)
            .ok_or_else(|| self.too_much("more directories differ than we enter", path))?;
        Ok(())
    }

    /// A path is listed.
    ///
    /// # Errors
    /// There were too many, or they are too long.
    pub fn list(&mut self, path: &[u8]) -> Result<(), Gap> {
        self.paths =
            self.paths.checked_sub(1).ok_or_else(|| self.too_much("more paths differ than we list", path))?;
        let bytes = self.bytes.checked_sub(path.len());
        self.bytes =
            bytes.ok_or_else(|| self.too_much("there are more bytes of paths than we keep", path))?;
        Ok(())
    }

    /// The gap of a walk that meets too much.
    fn too_much(&self, fault: &str, path: &[u8]) -> Gap {
        self.ended(fault, path, "Split the change into smaller ones")
    }

    fn ended(&self, fault: &str, path: &[u8], remedy: &str) -> Gap {
        let path = String::from_utf8_lossy(&path[..path.len().min(200)]);
        Gap::new(self.what, GapReason::Truncated, format!("{fault}, at `{path}`"), remedy)
    }
}
