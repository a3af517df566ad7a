//! What the repository says of the facts that a record keeps: what git showed then, it shows again.
//!
//! What a host said cannot be seen again: reviews, requests and checks are taken from the facts as
//! they are.

use crate::elsewhere;
use crate::gather::{of_repository, text_at};
use crate::incidents::find_register_change;
use crate::records::Resting;
use portcullis_git::Repository;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::change::{FileChange, Revision};
use portcullis_model::deployment::{Back, Deployment, LandingFacts};
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::facts::{Facts, GateText, GateTexts, POLICY_PATH};
use portcullis_model::inquiry::{Inquiry, TextPurpose};
use portcullis_model::landing::{Candidate, Coverage, Landing, Span, Step};
use portcullis_model::path::RepoPath;
use portcullis_model::waiver;
use std::collections::BTreeSet;

/// Everything in which the repository differs from the facts, which were judged by this policy.
///
/// # Errors
/// The repository does not show what the facts are about.
pub fn contradictions(
    repository: &Repository,
    policy: &str,
    facts: &Deployment,
    resting: &Resting<'_>,
) -> Result<Vec<String>, Gap> {
    let search = RecordedCheck { repository, facts, baseline: &facts.baseline.known()?.revision };
    let mut found = search.range()?;
    found.extend(out_of_line(facts, search.baseline));
    found.extend(policy_elsewhere(repository, policy, search.baseline, &facts.whole.inquiry)?);
    found.extend(search.texts()?);
    found.extend(find_register_change(repository, facts)?);
    let houses = HouseTexts::in_facts(&facts.whole);
    let read = Policy::parse_extending(policy, &facts.whole.host.profile(), &houses).ok();
    let signers = read.as_ref().and_then(|policy| policy.record_signers.as_ref());
    found.extend(elsewhere::contradictions(repository, (facts, signers), search.baseline, resting)?);
    if found.is_empty() {
        found.extend(search.contents()?);
    }
    Ok(found)
}

/// The policy that was judged by has to be the one at the baseline, if there is one.
///
/// # Errors
/// The repository does not show it.
pub fn policy_elsewhere(
    repository: &Repository,
    policy: &str,
    baseline: &Revision,
    inquiry: &Inquiry,
) -> Result<Option<String>, Gap> {
    let asked = inquiry.path_of(TextPurpose::Policy);
    let path = asked.cloned().unwrap_or_else(|| RepoPath::from(POLICY_PATH));
    let differs = match text_at(repository, baseline, &path)? {
        Some(text) => text != policy,
        None => asked.is_some(),
    };
    let at = baseline.short();
    Ok(differs.then(|| format!("the policy is not the one at its baseline ({path} at {at})")))
}

/// Each landing begins where the one before ended, and consists of its steps.
fn out_of_line(facts: &Deployment, baseline: &Revision) -> Option<String> {
    let mut at = baseline;
    for LandingFacts { landing, steps, .. } in facts.landings.value().into_iter().flatten() {
        if landing.parent != *at || steps.last() != Some(&landing.landed) {
            return Some(format!("landing {} does not follow {}", landing.landed.short(), at.short()));
        }
        at = &landing.landed;
    }
    None
}

struct RecordedCheck<'a> {
    repository: &'a Repository,
    facts: &'a Deployment,
    baseline: &'a Revision,
}

impl RecordedCheck<'_> {
    /// The commits between baseline and candidate, and that the candidate was on the branch.
    fn range(&self) -> Result<Vec<String>, Gap> {
        let Deployment { candidate, span, on_branch, whole, .. } = self.facts;
        let mut found = Vec::new();
        if self.repository.span(self.baseline, candidate).known()? != span.known()? {
            let (from, to) = (self.baseline.short(), candidate.short());
            found.push(format!("between {from} and {to} lie other commits"));
        }
        let tip = &whole.host.branch.known().map_err(|gap| self.gap_without_host(gap))?.tip;
        if self.repository.span(candidate, tip).known()? != on_branch.known()? {
            found.push(format!(
                "{} lies otherwise to {}, the tip of its branch",
                candidate.short(),
                tip.short()
            ));
        }
        Ok(found)
    }

    /// Nobody can ask a host any more what a record of no host leaves open.
    fn gap_without_host(&self, gap: Gap) -> Gap {
        if self.facts.whole.host.took_part() {
            return gap;
        }
        let detail = "the record is of no host, and a host names the tip of the branch";
        let remedy = "judge and record the next deployment with its host, or with `--host bare` in a clone of a \
                      server without a host";
        Gap::new(gap.what, gap.reason, detail, remedy)
    }

    /// Policy, waivers and signers of waivers: before the range those of the baseline, after it
    /// those of either end.
    fn texts(&self) -> Result<Vec<String>, Gap> {
        let Facts { gate, inquiry, .. } = &self.facts.whole;
        let Some(gate) = gate.value() else { return Ok(Vec::new()) };
        let (asked_policy, waivers) = (inquiry.path_of(TextPurpose::Policy), RepoPath::from(waiver::PATH));
        let mut found = Vec::new();
        for (purpose, what) in [
            (TextPurpose::Policy, "the policy"),
            (TextPurpose::Waivers, "the waivers"),
            (TextPurpose::WaiverSigners, "the signers of waivers"),
        ] {
            // Waivers are read wherever the policy is, whatever the facts say was asked.
            let path = match purpose {
                TextPurpose::Waivers => asked_policy.map(|_| &waivers),
                purpose => inquiry.path_of(purpose),
            };
            let at = |commit| path.map_or(Ok(None), |path| text_at(self.repository, commit, path));
            let there = at(self.baseline)?;
            let said = gate.find(purpose).filter(|(at, _)| Some(*at) == path);
            let unasked = inquiry.path_of(purpose) != path || gate.find(purpose).is_some() && said.is_none();
            let before = said.and_then(|(_, text)| text.before.as_ref());
            let after =
                if purpose.is_read_after() { said.and_then(|(_, text)| text.after.as_ref()) } else { before };
            let is_after = || Ok(there.as_ref() == after || at(&self.facts.candidate)?.as_ref() == after);
            if unasked || there.as_ref() != before || !is_after()? {
                found.push(format!("{what} read otherwise there"));
            }
        }
        found.extend(self.documents(gate)?);
        Ok(found)
    }

    /// House policies, and documents that are compared with the policy: the same of each.
    fn documents(&self, gate: &GateTexts) -> Result<Vec<String>, Gap> {
        let mut found = Vec::new();
        let is_such = |purpose: &TextPurpose| matches!(purpose, TextPurpose::Document | TextPurpose::House);
        let documents = |text: &&GateText| text.purposes.iter().any(is_such);
        for (path, text) in gate.texts.iter().filter(|(_, text)| documents(text)) {
            let there = text_at(self.repository, self.baseline, path)?;
            let is_after =
                there == text.after || text_at(self.repository, &self.facts.candidate, path)? == text.after;
            if there != text.before || !is_after {
                found.push(format!("{path} reads otherwise there"));
            }
        }
        Ok(found)
    }

    /// The change as a whole, each landing, and what bears on going back.
    fn contents(&self) -> Result<Vec<String>, Gap> {
        let Deployment { whole, landings, back, candidate, .. } = self.facts;
        let mut found = Vec::new();
        found.extend(self.of_facts(whole, self.baseline, candidate)?);
        found.extend(self.of_landings(landings.known()?)?);
        if let Some(back) = back.known()? {
            found.extend(self.of_back(back)?);
        }
        Ok(found)
    }

    /// What git shows of a change, and the texts that steer the gate there.
    fn of_facts(&self, facts: &Facts, base: &Revision, head: &Revision) -> Result<Option<String>, Gap> {
        let (change, gate) =
            of_repository(self.repository, base, head, &facts.inquiry, &facts.host.conventions);
        let gate = with_houses(gate, &facts.gate);
        let same = is_same(&facts.change, &change)? && is_same(&facts.gate, &gate)?;
        Ok((!same).then(|| format!("from {} to {} is another change", base.short(), head.short())))
    }

    fn of_landings(&self, landings: &[LandingFacts]) -> Result<Vec<String>, Gap> {
        let all: Vec<Landing> = landings.iter().map(|facts| facts.landing.clone()).collect();
        let mut proofs = Vec::with_capacity(all.len());
        self.repository.prove_landings(&all, |number, coverage, _| proofs.push((number, coverage)));
        let mut found = Vec::new();
        for (number, coverage) in proofs {
            let Some(facts) = landings.get(number) else { continue };
            let landed = &facts.landing.landed;
            if !is_proved_alike(&facts.coverage, &coverage)? {
                found.push(format!("landing {} is explained otherwise", landed.short()));
            }
            found.extend(self.of_landing(facts)?);
        }
        Ok(found)
    }

    fn of_landing(&self, facts: &LandingFacts) -> Result<Vec<String>, Gap> {
        let Landing { parent, landed, .. } = &facts.landing;
        let inquiry = Inquiry { tests: BTreeSet::new(), ..self.facts.whole.inquiry.clone() };
        let mut found = Vec::new();
        if !is_same(&facts.files, &self.files(parent, landed, &inquiry))? {
            found.push(format!("landing {} changed other files", landed.short()));
        }
        for request in facts.requests.value().into_iter().flatten() {
            let Some(known) = request.host.request.value() else { continue };
            found.extend(self.of_facts(request, parent, &known.head)?);
        }
        Ok(found)
    }

    fn files(&self, base: &Revision, head: &Revision, inquiry: &Inquiry) -> Fact<Vec<FileChange>> {
        match self.repository.change(base, head, inquiry) {
            Fact::Known(change) => Fact::Known(change.files),
            Fact::Gap(gap) => Fact::Gap(gap),
        }
    }

    /// The leave to go back, who brought it, and what going back undoes.
    fn of_back(&self, back: &Back) -> Result<Vec<String>, Gap> {
        let inquiry = &self.facts.whole.inquiry;
        let tip = &self.facts.whole.host.branch.known()?.tip;
        let (_, gate) =
            of_repository(self.repository, self.baseline, tip, inquiry, &self.facts.whole.host.conventions);
        let undone = self.files(&self.facts.candidate, self.baseline, inquiry);
        let mut found = self.of_landings(back.since.known()?)?;
        if !is_same(&back.gate, &gate)? || !is_same(&back.undone, &undone)? {
            found.push(format!("going back to {} means something else", self.facts.candidate.short()));
        }
        if let Span::Steps(steps) = self.repository.span(self.baseline, tip).known()? {
            found.extend(self.left_out(steps, back.since.known()?)?);
        }
        Ok(found)
    }

    /// A step that touches the waivers and is in none of the landings that are said to.
    fn left_out(&self, steps: &[Step], since: &[LandingFacts]) -> Result<Option<String>, Gap> {
        let path = RepoPath::from(waiver::PATH);
        let told: BTreeSet<&Revision> = since.iter().flat_map(|landing| &landing.steps).collect();
        for step in steps.iter().map(|step| &step.commit.id).filter(|id| !told.contains(id)) {
            let files = self.repository.commit_files(step, &Inquiry::default())?;
            if files.iter().any(|file| file.entries().any(|entry| entry.path == path)) {
                return Ok(Some(format!("{} touches the waivers and is left out", step.short())));
            }
        }
        Ok(None)
    }
}

/// House policies that are in no file of the repository are pinned by their digests alone.
fn with_houses(seen: Fact<GateTexts>, said: &Fact<GateTexts>) -> Fact<GateTexts> {
    match (seen, said) {
        (Fact::Known(seen), Fact::Known(said)) => {
            Fact::Known(GateTexts { houses: said.houses.clone(), ..seen })
        }
        (seen, _) => seen,
    }
}

/// Whoever knew less then is not contradicted by what can be seen now.
fn is_same<T: PartialEq>(said: &Fact<T>, seen: &Fact<T>) -> Result<bool, Gap> {
    match said {
        Fact::Gap(_) => Ok(true),
        Fact::Known(said) => Ok(said == seen.known()?),
    }
}

fn is_proved_alike(said: &Coverage, seen: &Coverage) -> Result<bool, Gap> {
    match (said, seen) {
        (Coverage::Unverifiable(_), _) => Ok(true),
        (_, Coverage::Unverifiable(gap)) => Err(gap.clone()),
        _ => Ok(explained_by(said) == explained_by(seen)),
    }
}

/// By what a content is explained; `None` where it is not.
fn explained_by(coverage: &Coverage) -> Option<&[Candidate]> {
    match coverage {
        Coverage::Identity(one) | Coverage::Replay(one) | Coverage::Rebase(one) => {
            Some(std::slice::from_ref(one))
        }
        Coverage::Train(all) => Some(all),
        Coverage::Unchanged => Some(&[]),
        Coverage::Residual(_) | Coverage::Unverifiable(_) => None,
    }
}
