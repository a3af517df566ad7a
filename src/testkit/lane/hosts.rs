//! The branch as GitLab, Gitea or Forgejo shows it.

use super::{KIM, Lane, ROBIN, SAM, account};
use crate::gitea::forge::GiteaForge;
use crate::gitea::{GiteaHost, Software};
use crate::gitlab::GitLabWorld;
use crate::gitlab::forge::GitLabForge;
use crate::stage::revision;
use crate::world::World;
use portcullis_model::change::Revision;
use portcullis_model::review::CommitAccounts;

impl Lane {
    /// The branch on a GitLab, which names a request at its own commits, its squash and its merge.
    pub fn on_gitlab(&self) -> GitLabForge {
        let addresses = [KIM, ROBIN, SAM].map(|person| (person.1.to_string(), account(person)));
        let show = |world: World| {
            let landed_as = self.landed_as(&world);
            GitLabWorld { landed_as, addresses: addresses.to_vec(), ..GitLabWorld::honest(world) }
        };
        GitLabForge::of(self.host().worlds.into_iter().map(show).collect())
    }

    /// The branch on a Gitea or Forgejo, which names a request at its last commit on the branch.
    pub fn on_gitea(&self, software: Software) -> GiteaForge {
        let show = |world: World| {
            let landed_as = self.landed_as(&world).pop();
            GiteaHost { landed_as, ..GiteaHost::new(software, world) }
        };
        let mut hosts: Vec<GiteaHost> = self.host().worlds.into_iter().map(show).collect();
        // Every commit of the branch is shown, also those of other requests.
        if let Some(first) = hosts.first_mut() {
            let none = CommitAccounts { author: None, committer: None };
            let line = self.line.iter().map(|id| (revision(*id).unwrap(), none.clone()));
            first.world.commits.extend(line);
        }
        GiteaForge { hosts }
    }

    fn landed_as(&self, world: &World) -> Vec<Revision> {
        let number = world.request.id.number();
        let landed = self.forge.landed.iter().filter(|(_, of)| Some(*of) == number);
        landed.map(|(commit, _)| commit.clone()).collect()
    }
}
