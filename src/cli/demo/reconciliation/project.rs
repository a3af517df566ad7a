//! The made-up project whose records are checked: its repository with deployments, runs and the
//! register of incidents, and its database.

use super::books::StoryBooks;
use crate::demo::deployments::{deploy_commit, land_request};
use crate::exit::Result;
use crate::policy_file::parse_policy;
use crate::story::check::moment;
use crate::story::world::{BEGIN, DAY, StoryWorld};
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::host::HostProfile;
use portcullis_model::reading::ReportReaders;
use portcullis_model::reconciliation::ReconciliationRun;
use portcullis_testkit::lane::state::Op;
use portcullis_testkit::lane::{Lane, POLICY};

/// What the story's project adds to the policy of the demonstration.
const MORE: &str = include_str!("policy.toml");

/// Its policy.
///
/// # Errors
/// It is not valid, which is a defect.
pub fn read_story_policy() -> Result<Policy> {
    parse_policy(
        "the policy of the story",
        &format!("{POLICY}{MORE}"),
        &HostProfile::github_com(),
        &HouseTexts::none(),
    )
}

/// The project.
pub struct StoryProject<'p> {
    /// What happens in it.
    pub world: StoryWorld,
    /// Its runs and incidents.
    pub books: StoryBooks<'p>,
    lane: Lane,
    readers: &'p dyn ReportReaders,
    deployed: u64,
}

impl<'p> StoryProject<'p> {
    /// A month before the story.
    ///
    /// # Errors
    /// The temporary directory cannot be written.
    pub fn begin(policy: &'p Policy, world: StoryWorld, readers: &'p dyn ReportReaders) -> Result<Self> {
        let lane = Lane::with_clock(&format!("{POLICY}{MORE}"), Some(BEGIN - 30 * DAY));
        let books = StoryBooks::begin(policy, lane.directory().to_path_buf())?;
        Ok(Self { world, books, lane, readers, deployed: 0 })
    }

    /// A change of the upload is reviewed, tested, landed and deployed.
    ///
    /// # Errors
    /// The repository cannot be written, or the gate does not allow it.
    pub fn deploy(&mut self, at: i64, title: &str, statement: &str) -> Result<u64> {
        let slot = 1 + usize::try_from(self.deployed).unwrap_or(0) % 4;
        let change = vec![Op::Slot(10, slot, format!("{statement}\n"))];
        let candidate = land_request(&mut self.lane, change, title, moment(at - 3600));
        deploy_commit((&self.lane, self.readers), candidate, moment(at), self.deployed == 0)?;
        self.deployed += 1;
        Ok(self.deployed)
    }

    /// A run of the check at a moment, kept in the repository.
    ///
    /// # Errors
    /// A system cannot be read, or the run not be kept.
    pub fn run_check(&mut self, at: i64) -> Result<(ReconciliationRun, Vec<String>)> {
        let world = &self.world;
        self.books.run_check(at, &|now| world.at(now))
    }
}
