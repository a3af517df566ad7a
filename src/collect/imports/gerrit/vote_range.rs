//! Which votes a project has on its label.

use super::{LABEL, MalformedNotes};
use portcullis_git::Repository;
use portcullis_model::fact::{Gap, GapReason};

/// The lowest and the highest vote of the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VoteRange {
    pub lowest: i64,
    pub highest: i64,
}

impl VoteRange {
    pub fn is_objection(self, value: Option<i64>) -> bool {
        value.is_some_and(|value| value <= self.lowest && value < 0)
    }

    /// As the project configures the label, or from -2 to +2, which is what Gerrit sets up for all
    /// projects.
    pub fn read(repository: &Repository) -> Result<Self, Gap> {
        let usual = VoteRange { lowest: -2, highest: 2 };
        let Some(tip) = repository.ref_tip("refs/meta/config")? else { return Ok(usual) };
        let Some(bytes) = repository.file_at(&tip, &"project.config".into())? else { return Ok(usual) };
        let said = range_in(&String::from_utf8_lossy(&bytes)).map_err(|MalformedNotes(fault)| {
            let what = format!("which votes there are on `{LABEL}`, in project.config of refs/meta/config");
            Gap::new(
                what,
                GapReason::Malformed,
                fault,
                "Correct the label in Gerrit, and fetch refs/meta/config",
            )
        })?;
        Ok(said.unwrap_or(usual))
    }
}

/// The values of the label in a `project.config`, which has the syntax of git-config(1). `None`
/// where the project does not define the label.
///
/// # Errors
/// A value of the label cannot be read: without it a lower vote would be the highest.
pub(super) fn range_in(config: &str) -> Result<Option<VoteRange>, MalformedNotes> {
    let section = format!("[label \"{LABEL}\"]").to_ascii_lowercase();
    let (mut inside, mut is_defined) = (false, false);
    let mut values = Vec::new();
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.to_ascii_lowercase().starts_with(&section);
            is_defined |= inside;
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("value")
        {
            let number = value.trim().trim_start_matches('"').split([' ', '"']).next().and_then(read_vote);
            values.push(number.ok_or_else(|| MalformedNotes(format!("`{line}` is not a vote")))?);
        }
    }
    match (values.iter().min(), values.iter().max()) {
        (Some(lowest), Some(highest)) => Ok(Some(VoteRange { lowest: *lowest, highest: *highest })),
        // A section that only changes a rule of the label leaves the values to the parent project,
        // whose configuration is not here.
        _ if is_defined => Err(MalformedNotes("the label is there without its values".to_string())),
        _ => Ok(None),
    }
}

pub(super) fn read_vote(text: &str) -> Option<i64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}
