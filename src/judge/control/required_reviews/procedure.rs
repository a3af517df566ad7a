//! What the settings come to, in sentences for staff.

use super::{NAME, RequiredReviews, ReviewRule};
use crate::control::procedure::words::{and, capital, code, count, names, spell};
use crate::control::procedure::{ControlProcedure, ProcedureChapter, ProcedurePart};
use crate::control::shared::approval::{AfterUpdate, LastPusher};
use crate::control::{DerivedReviews, PolicyScope, TreeReviews};

pub(super) const PART: ProcedurePart = ProcedurePart {
    chapter: ProcedureChapter::Reviews,
    place: 1,
    off: "approvals of a change by independent people, beyond what the host itself demands",
};

impl RequiredReviews {
    pub(super) fn tell(&self, scope: &PolicyScope) -> ControlProcedure {
        let mut told = ControlProcedure::of(NAME);
        let areas = scope.inventory.areas.iter().map(|area| &area.name);
        let everywhere = format!("a change to data-processing code ({})", names(areas));
        if let Some(rule) = &self.rules.general {
            tell_rule(&mut told, &[], "every change", rule, scope);
        }
        if let Some(rule) = &self.rules.data_processing {
            tell_rule(&mut told, &["data-processing"], &everywhere, rule, scope);
        }
        for (area, rule) in &self.rules.areas {
            let subject = format!("a change to {} code", code(area.get_ref()));
            tell_rule(&mut told, &["areas", area.get_ref()], &subject, rule, scope);
        }
        told.say(
            &[],
            "People who opened the change request, wrote a commit of the change or are named in one as co-authors \
             cannot approve it. Two accounts of one person count as one person.",
        );
        self.tell_pushers(&mut told);
        told.say(
            &[],
            "An approval is of the commits that it was given on. A person who requested changes holds the change \
             up until they approve it or their review is dismissed.",
        );
        self.tell_updates(&mut told);
        self.tell_basis(&mut told);
        told.change_step(self.step());
        told
    }

    fn tell_pushers(&self, told: &mut ControlProcedure) {
        let text = match self.rules.independence.last_pusher {
            LastPusher::Exclude => "People who pushed commits of the change cannot approve it either.",
            LastPusher::Ignore => "People who only pushed commits that others wrote may approve the change.",
        };
        told.say(&["last-pusher"], text);
    }

    fn tell_updates(&self, told: &mut ControlProcedure) {
        let text = match self.rules.independence.updates {
            AfterUpdate::Proved => {
                "After a new commit the change has to be approved again. Bringing it up to date with the branch \
                 does not count as one, as long as no one edits anything in that step."
            }
            AfterUpdate::Exact => {
                "After any new commit the change has to be approved again, also when it was only brought up to \
                 date with the branch."
            }
        };
        told.say(&["updates"], text);
    }

    fn tell_basis(&self, told: &mut ControlProcedure) {
        let derived = match self.basis.derived {
            DerivedReviews::Refuse => {
                "Where the host does not say which commit was approved, the approval does not count."
            }
            DerivedReviews::OutsideDataProcessing => {
                "Where the host does not say which commit was approved and it can only be worked out, for example \
                 from times, the approval does not count for data-processing code or for the gate itself."
            }
            DerivedReviews::Accept => {
                "Where the host does not say which commit was approved, the commit is worked out, for example from \
                 times, and the approval counts."
            }
        };
        told.say(&["derived"], derived);
        if self.basis.trees == TreeReviews::Refuse {
            told.say(&["trees"], "An approval of files alone, without the commit, does not count.");
        }
    }

    /// The step of the picture.
    fn step(&self) -> String {
        let needs = |rule: &ReviewRule| match rule.approvals {
            Some(number) => count(number.get(), "approval"),
            None => "approval by named roles".to_string(),
        };
        let general = self.rules.general.iter().map(|rule| format!("{} for every change", needs(rule)));
        let everywhere =
            self.rules.data_processing.iter().map(|rule| format!("{} for data-processing code", needs(rule)));
        let areas = self
            .rules
            .areas
            .iter()
            .map(|(area, rule)| format!("{} for {}", needs(rule), code(area.get_ref())));
        let all: Vec<String> = general.chain(everywhere).chain(areas).collect();
        format!("Have people review it who had no part in it: {}.", and(all))
    }
}

fn tell_rule(
    told: &mut ControlProcedure,
    keys: &[&str],
    subject: &str,
    rule: &ReviewRule,
    scope: &PolicyScope,
) {
    let below = |key| keys.iter().copied().chain([key]).collect::<Vec<_>>();
    if let Some(number) = rule.approvals {
        let each = if number.get() > 1 { ", each by a different person" } else { "" };
        let text = format!("{} needs {}{each}.", capital(subject), count(number.get(), "approval"));
        told.say(&below("approvals"), text);
    }
    for wanted in &rule.roles {
        let (name, number) = (wanted.role.get_ref(), wanted.approvals.get());
        let of = match scope.roles.get(name) {
            Some(role) if role.is_owners_alone() => format!(
                "an owner of the touched files (role {}), and each touched file that has owners needs one of its own",
                code(name)
            ),
            _ if number > 1 => format!("people of the role {}", code(name)),
            _ => format!("a person of the role {}", code(name)),
        };
        let is = if number == 1 { "is" } else { "are" };
        let text = match rule.approvals {
            Some(_) => format!("At least {} of the approvals of {subject} {is} by {of}.", spell(number)),
            None => format!("{} needs {} by {of}.", capital(subject), count(number, "approval")),
        };
        told.say_entry(&below("roles"), name, text);
    }
}
