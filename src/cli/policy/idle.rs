//! Settings that apply to nothing, as far as the repository at HEAD can tell: not wrong, and often
//! a typing error.

use super::remark::Remark;
use super::signers::remark_signers;
use portcullis_forge::conventions_of;
use portcullis_git::Repository;
use portcullis_init::policy_text::SCHEMA_LINE;
use portcullis_judge::control::Reference;
use portcullis_judge::policy::{self, Policy};
use portcullis_model::change::Revision;
use portcullis_model::codeowners::{CodeOwners, Ownership};
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::TextPurpose;
use portcullis_model::inventory::{Area, Ruled};
use portcullis_model::path::RepoPath;
use portcullis_pattern::glob::Glob;
use std::collections::BTreeSet;
use std::path::Path;

/// Everything that may be worth a second look.
pub fn remarks(directory: &Path, file: &Path, policy: &Policy) -> Vec<Remark> {
    let mut remarks = remark_samples(policy);
    remarks.extend(unasked_roles(policy));
    remarks.extend(other_names(policy));
    remarks.extend(schema_of_editors(policy, file));
    if let Some(head) = AtHead::read(directory) {
        remarks.extend(head.remarks(policy));
    }
    // What has no line comes last.
    remarks.sort_by_key(|remark| remark.line.unwrap_or(u64::MAX));
    remarks
}

fn remark_samples(policy: &Policy) -> Vec<Remark> {
    let remark = |sample: policy::Sample| {
        let or = if sample.may_be_meant { ", or take `Replace` out of the comment above it" } else { "" };
        let text = format!("`{}` is the sample's value; replace it{or}", sample.setting);
        Remark::new(sample.line, text)
    };
    policy::sample_values(&policy.text).into_iter().map(remark).collect()
}

/// Roles that no control asks for.
fn unasked_roles(policy: &Policy) -> Vec<Remark> {
    let references = policy.controls.values().flat_map(|control| control.references());
    let asked: BTreeSet<&str> = references
        .filter_map(|reference| match reference {
            Reference::Role(name) => Some(name.get_ref().as_str()),
            _ => None,
        })
        .collect();
    let unasked = policy.scope.roles.keys().filter(|name| !asked.contains(name.as_str()));
    unasked
        .map(|name| {
            let text = format!("no control asks for the role `{name}`, so no one in it is asked");
            Remark::new(policy::line_of(&policy.text, &["roles"], name), text)
        })
        .collect()
}

/// A control that names environments does not apply to an environment of any other name.
fn other_names(policy: &Policy) -> Option<Remark> {
    if !policy.environments.is_empty() {
        return None;
    }
    let (name, _) = policy.controls.iter().find(|(_, control)| !control.environments().is_empty())?;
    let text = format!(
        "{name} names environments, and any other name is free of it; list all that are deployed to in `[deployment] environments`"
    );
    Some(Remark::new(None, text))
}

/// The schema that the first line names for editors: is it there, and that of this program?
fn schema_of_editors(policy: &Policy, file: &Path) -> Option<Remark> {
    let place = policy.text.lines().next()?.strip_prefix(SCHEMA_LINE)?.trim();
    if place.contains("://") {
        return None;
    }
    let own = portcullis_wire::schema::find("policy")?.text;
    let text = match std::fs::read_to_string(file.with_file_name("").join(place)) {
        Ok(text) if text == own => return None,
        Ok(_) => format!(
            "`{place}` is not the schema of this version; `portcullis schema policy > {place}` writes it"
        ),
        Err(_) => format!("there is no file `{place}`; `portcullis schema policy > {place}` writes it"),
    };
    Some(Remark::new(1, text))
}

/// The repository that the policy is checked in.
struct AtHead {
    repository: Repository,
    head: Revision,
    paths: Vec<RepoPath>,
}

impl AtHead {
    /// `None` where there is no repository, or nothing in it.
    fn read(directory: &Path) -> Option<Self> {
        let repository = Repository::open(directory).ok()?;
        let head = repository.resolve("HEAD").ok()?;
        let paths = repository.paths_at(&head).ok()?;
        Some(AtHead { repository, head, paths })
    }

    fn remarks(&self, policy: &Policy) -> Vec<Remark> {
        let areas = &policy.scope.inventory.areas;
        let of_paths = areas.iter().flat_map(|area| self.idle_paths(area));
        let of_files = policy.controls.iter().flat_map(|(name, control)| {
            let globs = control.repository_files().into_iter();
            globs.filter(|glob| !self.any_file(glob)).map(move |glob| {
                let line = policy::line_of(&policy.text, &["controls", name], glob.as_str());
                Remark::new(line, format!("`{glob}` of {name} matches no file at HEAD"))
            })
        });
        let others = [
            self.idle_patterns(areas),
            self.branches(policy),
            self.missing(policy),
            self.unowned(policy),
            self.tracked(policy),
            remark_signers(policy, |path| self.repository.file_at(&self.head, path).ok().flatten()),
        ];
        of_paths.chain(of_files).chain(others.into_iter().flatten()).collect()
    }

    fn any_file(&self, glob: &Glob) -> bool {
        self.paths.iter().any(|path| glob.matches_folded(path.as_bytes()))
    }

    fn idle_paths(&self, area: &Area) -> Vec<Remark> {
        let idle = area.paths.iter().chain(&area.exclude).filter(|rule| !self.any_file(&rule.rule));
        let idle = idle.map(|rule| {
            let text = format!("`{}` of area {} matches no file at HEAD", rule.rule, area.name);
            Remark::new(rule.line, text)
        });
        idle.chain(self.idle_exclusions(area)).collect()
    }

    /// Exclusions of files that are outside of the area anyway. Content may bring in any file, so
    /// only areas without content patterns are looked at.
    fn idle_exclusions(&self, area: &Area) -> Vec<Remark> {
        let named =
            |path: &&RepoPath| area.paths.iter().any(|rule| rule.rule.matches_folded(path.as_bytes()));
        let excludes_some =
            |glob: &Glob| self.paths.iter().filter(named).any(|path| glob.matches(path.as_bytes()));
        let idle = area.exclude.iter().filter(|rule| self.any_file(&rule.rule) && !excludes_some(&rule.rule));
        let remark = |rule: &Ruled<Glob>| {
            let text = format!(
                "`{}` excludes nothing: no path of area {} names what it matches",
                rule.rule, area.name
            );
            Remark::new(rule.line, text)
        };
        if area.content.is_empty() { idle.map(remark).collect() } else { Vec::new() }
    }

    /// Areas of which CODEOWNERS owns no file, where a role means its owners.
    fn unowned(&self, policy: &Policy) -> Vec<Remark> {
        let role = policy.scope.roles.iter().find(|(_, role)| role.code_owners);
        let (Some((role, _)), Some((file, owners))) = (role, self.code_owners()) else { return Vec::new() };
        let is_unowned = |area: &&Area| {
            let mut files = self.paths.iter().filter(|path| area.touch_by_path(path).is_some()).peekable();
            files.peek().is_some() && !files.any(|path| matches!(owners.owners(path), Ownership::Owned(_)))
        };
        let areas = policy.scope.inventory.areas.iter().filter(is_unowned);
        let remark = |area: &Area| {
            let text = format!(
                "no one has the role `{role}` for area {}: {file} names no owner of any of its files",
                area.name
            );
            Remark::new(area.line, text)
        };
        areas.map(remark).collect()
    }

    /// CODEOWNERS at HEAD, with its path.
    fn code_owners(&self) -> Option<(RepoPath, CodeOwners)> {
        let conventions = &conventions_of(None).code_owners;
        let places = conventions.places.iter().map(|place| RepoPath::from(place.as_str()));
        let place = places.into_iter().find(|place| self.paths.binary_search(place).is_ok())?;
        let bytes = self.repository.file_at(&self.head, &place).ok()??;
        let owners = CodeOwners::parse(&String::from_utf8_lossy(&bytes), conventions.dialect);
        Some((place, owners))
    }

    /// Patterns of content that no line of any file matches.
    fn idle_patterns(&self, areas: &[Area]) -> Vec<Remark> {
        let patterns = areas.iter().flat_map(|area| &area.content).map(|rule| rule.rule.clone()).collect();
        let idle = match self.repository.patterns_without_match(&self.head, &patterns) {
            Ok(idle) => idle,
            Err(gap) => return vec![Remark::new(None, describe_gap(&gap))],
        };
        let of = |area: &Area| -> Vec<Remark> {
            let rules = area.content.iter().filter(|rule| idle.contains(&rule.rule));
            let text = |pattern: &str| format!("`{pattern}` of area {} matches no line at HEAD", area.name);
            rules.map(|rule| Remark::new(rule.line, text(&rule.rule))).collect()
        };
        areas.iter().flat_map(of).collect()
    }

    /// Deployment branches that this clone does not know.
    fn branches(&self, policy: &Policy) -> Vec<Remark> {
        let Ok(branches) = self.repository.branch_names() else { return Vec::new() };
        let is_idle = |glob: &&Glob| !branches.names.iter().any(|name| glob.matches(name.as_bytes()));
        if branches.names.is_empty() {
            return Vec::new();
        }
        let remark = |glob: &Glob| {
            let of_remote = branches
                .remotes
                .iter()
                .find_map(|remote| glob.as_str().strip_prefix(remote.as_str())?.strip_prefix('/'));
            let text = match of_remote {
                Some(name) => {
                    format!("`{glob}` matches no branch; write `{name}`, without the name of the remote")
                }
                None => format!("`{glob}` matches no branch that this clone knows"),
            };
            let line = policy::line_of(&policy.text, &["branches", "deployment"], glob.as_str());
            Remark::new(line, text)
        };
        policy.scope.deployment.iter().filter(is_idle).map(remark).collect()
    }

    /// Files that the policy reads at the base, and that are not at HEAD.
    fn missing(&self, policy: &Policy) -> Vec<Remark> {
        let has = |path: &RepoPath| self.paths.binary_search(path).is_ok();
        let owners = policy.scope.roles.iter().filter(|(_, role)| role.code_owners);
        let places = &conventions_of(None).code_owners.places;
        let no_owners = !places.iter().any(|place| has(&RepoPath::from(place.as_str())));
        let line = |way: &[&str], text: &str| policy::line_of(&policy.text, way, text);
        let of_owners = owners.filter(|_| no_owners).map(|(name, _)| {
            let text = format!(
                "the role `{name}` means the owners by CODEOWNERS, and there is no CODEOWNERS at HEAD"
            );
            Remark::new(line(&["roles"], name), text)
        });
        let inquiry = policy.inquiry(None);
        let of_texts = inquiry.texts.iter().filter(|(path, _)| !has(path)).map(|(path, purposes)| {
            let wants = if purposes.contains(&TextPurpose::Control) {
                "a control reads"
            } else if purposes.contains(&TextPurpose::Document) {
                "a control compares the policy with"
            } else {
                "the policy wants signatures by the signers in"
            };
            let text = format!("{wants} `{path}`, and there is no such file at HEAD");
            let name = path.to_string();
            let parts = ["controls", "waivers", "training", "records", "reviews"];
            let named = parts.iter().find_map(|part| line(&[*part], &name));
            Remark::new(named, text)
        });
        of_owners.chain(of_texts).collect()
    }

    /// Places of reports at which the repository itself has files.
    fn tracked(&self, policy: &Policy) -> Vec<Remark> {
        let inquiry = policy.inquiry(None);
        let sources = inquiry.line_coverage.into_iter().map(|source| source.files);
        let globs = inquiry.reports.into_iter().chain(sources).filter_map(|text| Glob::new(&text).ok());
        let tracked = globs.filter_map(|glob| {
            let path = self.paths.iter().find(|path| glob.matches(path.as_bytes()))?;
            let text = format!("reports are looked for at `{glob}`, where git tracks `{path}`: what is tracked is no report of a run");
            Some(Remark::new(policy::line_of(&policy.text, &["controls"], glob.as_str()), text))
        });
        tracked.collect()
    }
}

fn describe_gap(gap: &Gap) -> String {
    format!("content patterns were not held against HEAD: {gap}. {}", gap.remedy)
}
