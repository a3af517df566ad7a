//! The facts of the requests that brought a landing.

use super::deployment::Range;
use crate::sources::HostSession;
use portcullis_forge::{Forge, Question, ask_facts};
use portcullis_model::change::Revision;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::Facts;
use portcullis_model::id::RequestId;
use portcullis_model::inquiry::{Inquiry, Topic};
use std::collections::BTreeSet;

impl Range<'_> {
    /// The facts of a request as a merge gate would have gathered them just before it landed.
    pub(super) fn request(&self, id: &RequestId, parent: &Revision) -> Option<Facts> {
        let mut inquiry = self.inquiry.clone();
        inquiry.topics.retain(|topic| !matches!(topic, Topic::Protection | Topic::Reports | Topic::Evidence));
        inquiry.tests.clear();
        inquiry.line_coverage.clear();
        let Some(forge) = self.sources.host else { return self.unhosted(inquiry, id, parent) };
        let on_request = forge.request(id);
        on_request.foresee(&inquiry.topics, None);
        let request = on_request.change_request();
        match &request {
            Fact::Known(known) => {
                let head = known.head.clone();
                let (on_request, branch) = (Some(on_request.as_ref()), self.branch.clone());
                let asked = HostSession { forge, on_request, request, branch };
                Some(self.facts(inquiry, parent, &head, Some(&asked)))
            }
            Fact::Gap(gap) => Some(self.unseen(inquiry, forge, parent, gap)),
        }
    }

    /// A request of no host is its head.
    fn unhosted(&self, inquiry: Inquiry, id: &RequestId, parent: &Revision) -> Option<Facts> {
        let RequestId::Name(head) = id else { return None };
        let head = Revision::try_from(head.clone()).ok()?;
        Some(self.facts(inquiry, parent, &head, None))
    }

    /// A request that the host does not show has no head, so nothing of it is known. No other
    /// commit is judged in its place.
    fn unseen(&self, inquiry: Inquiry, forge: &dyn Forge, parent: &Revision, gap: &Gap) -> Facts {
        let nothing = Inquiry { topics: BTreeSet::new(), teams: BTreeSet::new(), ..inquiry.clone() };
        let (request, branch) = (Fact::Gap(gap.clone()), self.branch.clone());
        let question = Question {
            request,
            branch,
            head: parent,
            commits: &[],
            before_updates: &[],
            owner_teams: BTreeSet::new(),
        };
        Facts {
            observed: Fact::Known(self.sources.observed),
            inquiry,
            change: Fact::Gap(gap.clone()),
            gate: Fact::Gap(gap.clone()),
            host: ask_facts(forge, None, &nothing, question),
            reports: Fact::Gap(gap.clone()),
            line_coverage: Fact::Gap(gap.clone()),
            evidence: Fact::Gap(gap.clone()),
            signed: Fact::Gap(gap.clone()),
        }
    }
}
