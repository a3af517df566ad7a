//! A push on its way in: its refs, its objects, who pushed it, and the policy in force.

use super::environment::{HookEnvironment, Lookup};
use super::gitolite;
use super::in_force::{InForce, approvals_at, view_at};
use super::pusher::Pusher;
use super::state;
use super::updates::RefUpdate;
use crate::exit::{Failure, Result};
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::bare::push_log::{PushEntry, is_too_long};
use portcullis_collect::bare::{EarlierPushes, RepositoryView, Standpoint, approved_commits};
use portcullis_forge::bare::{BareServer, PushedRef, ServerGuard};
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::landing::Span;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A push on its way in.
pub struct Receiving {
    /// The repository with the objects of the push.
    pub repository: Rc<Repository>,
    /// The repository without them; `None` where both are one.
    stored: Option<Repository>,
    /// The refs.
    pub updates: Vec<RefUpdate>,
    /// The policy in force before it.
    pub in_force: InForce,
    /// The names of people, by that policy.
    pub signers: AllowedSigners,
    /// What the log will say of it.
    pub entry: PushEntry,
    guard: ServerGuard,
    earlier: Option<EarlierPushes>,
}

impl Receiving {
    /// Reads everything that is the same for all refs.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub fn read(lookup: Lookup<'_>, updates: Vec<RefUpdate>) -> Result<Self> {
        let environment = HookEnvironment::read(lookup)?;
        let time = jiff::Timestamp::now();
        let repository = environment.open_received()?;
        let in_force = InForce::read(&repository).map_err(unseen)?;
        let view = in_force.view(&repository);
        // A list that cannot be read names no one; what needs it says so.
        let signers = view.signers.value().cloned().unwrap_or_default();
        let Pusher { name, source } = Pusher::find(lookup, &signers, time);
        let request = environment.options.get("request").cloned();
        let certificate = None;
        let mut entry = PushEntry { time, principal: name, source, request, refs: Vec::new(), certificate };
        entry.refs = updates.iter().map(|update| pushed_ref(&repository, update)).collect();
        if is_too_long(&entry) {
            return Err(Failure::environment("the push moves more than an entry of the push log can hold")
                .hint("push fewer refs at once"));
        }
        let stored = environment.quarantine.is_some().then(|| environment.open_stored()).transpose()?;
        // A branch that cannot be read is asked for too.
        let is_guarded = |update: &&RefUpdate| {
            let guards = |branch| in_force.guards(&repository, &branch, update.old.as_ref()).unwrap_or(true);
            update.branch().is_some_and(guards)
        };
        let branches: Vec<String> =
            updates.iter().filter(is_guarded).map(|update| update.name.clone()).collect();
        let guard = state::see_guard(&repository, &branches);
        let earlier = gitolite::earlier_pushes(&repository);
        let repository = Rc::new(repository);
        Ok(Receiving { repository, stored, updates, in_force, signers, entry, guard, earlier })
    }

    /// Was a commit here before the push?
    fn was_here(&self, commit: &Revision) -> bool {
        self.stored.as_ref().unwrap_or(&self.repository).has_commit(commit)
    }

    /// The server as the judge of a change from this base sees it.
    pub fn server(&self, base: &Revision) -> BareServer<RepositoryView> {
        let approvals = Fact::from(approvals_at(&self.repository, base));
        BareServer::over(RepositoryView {
            repository: Rc::clone(&self.repository),
            standpoint: Standpoint::Server,
            policy: view_at(&self.repository, base),
            pending: Some(self.pending()),
            moved: self.moved(),
            guard: Fact::Known(self.guard.clone()),
            approvals: Rc::new(move |_| approvals.clone()),
            earlier: self.earlier.clone(),
        })
    }

    /// The push as the log will have it, without what was here before: that was pushed by others,
    /// as the tip of a ref, below one, or in a merge.
    fn pending(&self) -> portcullis_forge::bare::LoggedPush {
        let mut push = self.entry.logged();
        push.refs.retain(|one| one.after.as_ref().is_none_or(|after| !self.was_here(after)));
        for one in &mut push.refs {
            one.merged.retain(|commit| !self.was_here(commit));
        }
        push
    }

    /// The refs as the push would leave them.
    pub fn moved(&self) -> BTreeMap<String, Option<Revision>> {
        self.updates.iter().map(|update| (update.name.clone(), update.new.clone())).collect()
    }

    /// The commits that approvals for a branch name.
    pub fn approved(&self, branch: &BranchName) -> Vec<Revision> {
        approved_commits(&self.repository, &self.moved(), branch).unwrap_or_default()
    }
}

/// A failure of the hook: what could not be seen.
pub fn unseen(gap: Gap) -> Failure {
    Failure::unseen(crate::exit::Exit::Undetermined, &gap)
}

/// A ref as the log has it.
pub fn pushed_ref(repository: &Repository, update: &RefUpdate) -> PushedRef {
    let (before, after) = (update.old.clone(), update.new.clone());
    let merged = before
        .as_ref()
        .zip(after.as_ref())
        .map_or_else(Vec::new, |(old, new)| merged_by(repository, old, new));
    PushedRef { name: update.name.clone(), before, after, merged }
}

/// What merges on the first-parent line brought: their parents but the first.
fn merged_by(repository: &Repository, old: &Revision, new: &Revision) -> Vec<Revision> {
    let Fact::Known(Span::Steps(steps)) = repository.span(old, new) else { return Vec::new() };
    steps.iter().flat_map(|step| step.commit.parents.iter().skip(1).cloned()).collect()
}
