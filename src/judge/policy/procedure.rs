//! A policy as a procedure for staff: what it says of itself, and what each control adds.

use super::Policy;
use super::places::SettingPlaces;
use crate::control::procedure::words::{and, any_of, code, duration, names, one_line};
use crate::control::procedure::{
    ControlProcedure, Procedure, ProcedureChapter, ProcedureSentence, SentenceOrigin,
};
use crate::control::{Kind, Role, TABLE};
use portcullis_model::inventory::{Area, Opaque};
use portcullis_model::waiver;

/// In which order chapters give their steps of the way of a change: a change request is opened
/// before it is tested.
const STEPS: [ProcedureChapter; 5] = [
    ProcedureChapter::Branch,
    ProcedureChapter::Tests,
    ProcedureChapter::Reviews,
    ProcedureChapter::Rules,
    ProcedureChapter::Deployment,
];

impl Policy {
    /// How code is tested, reviewed and deployed by this policy, in sentences for staff.
    pub fn procedure(&self) -> Procedure {
        let told = self.controls.values().map(|control| (control.kind(), control.procedure(&self.scope)));
        let mut told: Vec<(&Kind, ControlProcedure)> = told.collect();
        told.sort_by_key(|(kind, _)| (kind.procedure.chapter, kind.procedure.place, kind.name));
        let places = SettingPlaces::of(&self.text);
        let chapters = ProcedureChapter::ALL.map(|chapter| {
            let mut sentences = self.own_sentences(chapter);
            let of_controls = told.iter().filter(|(kind, _)| kind.procedure.chapter == chapter);
            sentences.extend(of_controls.flat_map(|(_, told)| told.sentences.iter().cloned()));
            sentences.iter_mut().for_each(|sentence| resolve(sentence, &places));
            (chapter, sentences)
        });
        Procedure {
            project: one_line(&self.project),
            accountable: self.accountable.as_deref().map(one_line),
            chapters: chapters.into_iter().filter(|(_, sentences)| !sentences.is_empty()).collect(),
            change: self.change_steps(&told),
            deployment: self.deployment_steps(&told),
        }
    }

    fn own_sentences(&self, chapter: ProcedureChapter) -> Vec<ProcedureSentence> {
        match chapter {
            ProcedureChapter::Scope => self.scope_sentences(),
            ProcedureChapter::Reviews => self.signed_review_sentences(),
            ProcedureChapter::Deployment => vec![self.environment_sentence()],
            ProcedureChapter::Exceptions => self.exception_sentences(),
            ProcedureChapter::People => self.people_sentences(),
            ProcedureChapter::NotRequired => self.off_sentences(),
            ProcedureChapter::Tests | ProcedureChapter::Branch | ProcedureChapter::Rules => Vec::new(),
        }
    }

    fn scope_sentences(&self) -> Vec<ProcedureSentence> {
        let branches = names(self.scope.deployment.iter().map(|glob| glob.as_str()));
        let text = format!("These rules hold for every change to these branches: {branches}.");
        let mut all = vec![of_setting(&["branches", "deployment"], text)];
        let text = "Some code processes data, so a mistake in it can corrupt or disclose records. It is listed here, \
                    and the rules below name it where they require more of it.";
        let stars = format!(
            "In the names of files and branches, {} is any text without a slash, and {} is any number of folders.",
            code("*"),
            code("**")
        );
        all.push(ProcedureSentence { text: text.to_string(), origin: SentenceOrigin::Fixed, rule: None });
        self.scope.inventory.areas.iter().for_each(|area| all.extend(area_sentences(area)));
        if self.each_commit {
            let text = "A file counts as touched also when one commit of the change touched it and a later one took \
                        that back.";
            all.push(of_setting(&["branches", "history"], text));
        }
        all.push(fixed(stars));
        all
    }

    fn signed_review_sentences(&self) -> Vec<ProcedureSentence> {
        let Some(signers) = &self.scope.reviews.signers else { return Vec::new() };
        let beside = match self.scope.reviews.beside_host {
            true => "They count beside the reviews of the host.",
            false => "They count where the host has no reviews of its own.",
        };
        let text = format!(
            "Reviews can be signed with {}. The keys of reviewers are listed in {}. {beside}",
            code("portcullis approve"),
            code(signers.to_string())
        );
        vec![of_setting(&["reviews", "signers"], text)]
    }

    fn environment_sentence(&self) -> ProcedureSentence {
        let text = match self.environments.as_slice() {
            [] => "The policy does not list where the software may be deployed to.".to_string(),
            all => {
                let all = names(all.iter().map(|environment| environment.as_str()));
                format!("The software is deployed to {all}, and nowhere else.")
            }
        };
        of_setting(&["deployment", "environments"], text)
    }

    fn exception_sentences(&self) -> Vec<ProcedureSentence> {
        let longest = duration(self.longest_waiver);
        let text = format!(
            "If a rule cannot be kept, a waiver is needed: written permission, in {}, to go on without one rule for \
             a stated reason and for at most {longest}. One person asks for it and another one approves it.",
            code(waiver::PATH)
        );
        let mut all = vec![of_setting(&["waivers", "longest"], text)];
        all.push(fixed(
            "A waiver counts only after it has landed like any other change of the rules, and every decision names \
             the waivers that it used.",
        ));
        all.push(fixed(
            "In an emergency a waiver can be marked as such. Another person must review it by the date that it names; \
             until that is done, everything else stops.",
        ));
        all.push(fixed(
            "Going back to an earlier version needs a rollback in the same file: one person asks for it and another \
             one approves it.",
        ));
        if let Some(signers) = &self.waiver_signers {
            let text = format!(
                "The person who approves a waiver or a rollback must sign it. Their keys are listed in {}.",
                code(signers.to_string())
            );
            all.push(of_setting(&["waivers", "signers"], text));
        }
        let firm = TABLE.iter().filter(|kind| !kind.waivable.at_all()).map(|kind| kind.name);
        let firm = format!("No waiver covers the rules about the rules themselves ({}).", names(firm));
        all.push(fixed(firm));
        all
    }

    fn people_sentences(&self) -> Vec<ProcedureSentence> {
        let mut all: Vec<_> = self.scope.roles.iter().map(|(name, role)| role_sentence(name, role)).collect();
        for person in &self.scope.people.0 {
            let logins = names(person.logins.iter().map(|login| login.as_str()));
            let (name, first) = (one_line(&person.name), person.logins.first());
            let text = match (person.machine, person.logins.len()) {
                (true, _) => format!("{name} is a machine ({logins}), so it never counts as a reviewer."),
                (false, 0 | 1) => continue,
                (false, _) => format!("{name} has several accounts, which count as one person: {logins}."),
            };
            let entry = first.map_or(String::new(), |login| login.as_str().to_string());
            let origin = SentenceOrigin::Setting { way: vec!["people".to_string()], entry };
            all.push(ProcedureSentence { text, origin, rule: None });
        }
        all
    }

    fn off_sentences(&self) -> Vec<ProcedureSentence> {
        let off = TABLE.iter().filter(|kind| !self.controls.contains_key(kind.name));
        off.map(|kind| ProcedureSentence {
            text: format!("Not required here: {}.", kind.procedure.off),
            origin: SentenceOrigin::Default(format!("controls.{}", kind.name)),
            rule: None,
        })
        .collect()
    }

    fn change_steps(&self, told: &[(&Kind, ControlProcedure)]) -> Vec<String> {
        let branches = any_of(self.scope.deployment.iter().map(|glob| glob.as_str()));
        let mut steps = vec!["Write the change, and tests for it, on a branch of its own.".to_string()];
        for chapter in STEPS {
            let of_chapter = told.iter().filter(|(kind, _)| kind.procedure.chapter == chapter);
            steps.extend(of_chapter.flat_map(|(_, told)| told.change_steps.iter().cloned()));
        }
        steps.push(
            "The gate compares all of this with the policy. If something is missing, it stops the change and says \
             what to do."
                .to_string(),
        );
        steps.push(format!("The change lands on its branch: {branches}."));
        steps
    }

    fn deployment_steps(&self, told: &[(&Kind, ControlProcedure)]) -> Vec<String> {
        let mut steps = vec!["Choose a commit that has landed on the branch.".to_string()];
        steps.extend(told.iter().flat_map(|(_, told)| told.deployment_steps.iter().cloned()));
        steps.push(
            "The gate checks the branch, the reviews and the tests again, for everything that would be deployed. If \
             something is missing, it stops the deployment and says what to do."
                .to_string(),
        );
        steps.push(match self.environments.as_slice() {
            [] => "The software is deployed.".to_string(),
            all => format!("The software is deployed to {}.", any_of(all.iter().map(|one| one.as_str()))),
        });
        steps
    }
}

fn area_sentences(area: &Area) -> Vec<ProcedureSentence> {
    let of =
        |line: u64, text: String| ProcedureSentence { text, origin: SentenceOrigin::Line(line), rule: None };
    let name = code(&area.name);
    let purpose = one_line(area.purpose.trim_end_matches('.'));
    let mut all = vec![of(area.line, format!("The code {name} processes data. What it does: {purpose}."))];
    if let Some(first) = area.paths.first() {
        let paths = names(area.paths.iter().map(|rule| rule.rule.as_str()));
        all.push(of(first.line, format!("These files belong to {name}: {paths}.")));
    }
    if let Some(first) = area.content.first() {
        let patterns = names(area.content.iter().map(|rule| &rule.rule));
        let text = format!(
            "A file also belongs to {name} when a changed line in it matches one of these search patterns: {patterns}."
        );
        all.push(of(first.line, text));
        let text = match area.opaque {
            Opaque::Inside => format!(
                "A file that cannot be searched belongs to {name} as well, unless it is an image or a font."
            ),
            Opaque::InsideWithMedia => format!(
                "A file that cannot be searched belongs to {name} as well, images and fonts included."
            ),
            Opaque::Outside => format!("A file that cannot be searched does not belong to {name} for that."),
        };
        all.push(of(first.line, text));
    }
    if let Some(first) = area.exclude.first() {
        let paths = names(area.exclude.iter().map(|rule| rule.rule.as_str()));
        all.push(of(first.line, format!("These files do not belong to {name} after all: {paths}.")));
    }
    all
}

fn role_sentence(name: &str, role: &Role) -> ProcedureSentence {
    let mut who = Vec::new();
    if !role.users.is_empty() {
        who.push(format!(
            "the people with the accounts {}",
            names(role.users.iter().map(|login| login.as_str()))
        ));
    }
    if !role.teams.is_empty() {
        who.push(format!("the members of the team {}", names(role.teams.iter().map(|team| team.as_str()))));
    }
    if role.code_owners {
        who.push("the owners of the touched files, who are named in the file CODEOWNERS".to_string());
    }
    let text = format!("The role {} is held by {}.", code(name), and(who));
    of_setting(&["roles", name], text)
}

fn of_setting(way: &[&str], text: impl Into<String>) -> ProcedureSentence {
    let way = way.iter().map(ToString::to_string).collect();
    let origin = SentenceOrigin::Setting { way, entry: String::new() };
    ProcedureSentence { text: text.into(), origin, rule: None }
}

fn fixed(text: impl Into<String>) -> ProcedureSentence {
    ProcedureSentence { text: text.into(), origin: SentenceOrigin::Fixed, rule: None }
}

/// The line that a setting is on, or the key whose default holds.
fn resolve(sentence: &mut ProcedureSentence, places: &SettingPlaces) {
    if let SentenceOrigin::Setting { way, entry } = &sentence.origin {
        sentence.origin = match places.line_of(way, entry) {
            Some(line) => SentenceOrigin::Line(line),
            None => SentenceOrigin::Default(way.join(".")),
        };
    }
}
