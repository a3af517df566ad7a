//! From what was seen to the areas that are proposed.

use crate::area::{AreaKind, ProposedArea, ProposedRule};
use crate::cover::{CoverGlob, CoveredFiles, cover_files};
use crate::listing::{FileRole, folder_of, language_of};
use crate::mark::Mark;
use crate::survey::{MarkOwner, Survey};
use crate::tools::{self, DataTool};
use crate::writes::{LineRule, PERSONAL, WRITES};
use portcullis_pattern::glob::{Glob, escape_text};
use std::collections::{BTreeMap, BTreeSet};

/// A rule of an area has at most so many files that it is held against other rules with.
const COMPARED: usize = 200;

/// A pattern of lines that more than one source file in so many matches is no sign of anything.
const TOO_COMMON: usize = 4;

/// The same of names of fields, which are also names of other things.
const TOO_COMMON_NAME: usize = 10;

/// Few files are never too common.
const FEW: usize = 5;

/// The areas that what was seen speaks for, in the order of a policy.
pub fn propose_areas(survey: &Survey) -> Vec<ProposedArea> {
    let mut drafts = AreaDrafts { survey, of_kind: BTreeMap::new(), sure: Vec::new() };
    let mut order: Vec<(usize, &DataTool)> = tools::TABLE.iter().copied().enumerate().collect();
    order.sort_by_key(|(at, tool)| (tool.is_general, tool.area, *at));
    let (general, special): (Vec<_>, Vec<_>) = order.into_iter().partition(|(_, tool)| tool.is_general);
    special.into_iter().for_each(|(at, tool)| drafts.add_tool(at, tool));
    drafts.add_writing_code();
    general.into_iter().for_each(|(at, tool)| drafts.add_tool(at, tool));
    let mut of_kind = drafts.of_kind;
    of_kind.entry(AreaKind::Storage).or_default().content =
        content_rules(survey, WRITES, TOO_COMMON, |number| survey.finds.writes(number));
    of_kind.entry(AreaKind::Personal).or_default().content = personal_rules(survey, &stored_files(survey));
    drop_known_doubts(&mut of_kind);
    of_kind.into_iter().filter_map(|(kind, draft)| draft.into_area(kind)).collect()
}

#[derive(Default)]
struct AreaDraft {
    paths: Vec<ProposedRule>,
    content: Vec<ProposedRule>,
    left_over: CoveredFiles,
}

impl AreaDraft {
    fn into_area(self, kind: AreaKind) -> Option<ProposedArea> {
        let paths = without_repeats(self.paths);
        let is_empty = paths.is_empty() && self.content.is_empty();
        let area = ProposedArea { kind, paths, content: self.content, left_over: self.left_over };
        (!is_empty).then_some(area)
    }
}

/// The areas as far as they are known.
struct AreaDrafts<'s> {
    survey: &'s Survey,
    of_kind: BTreeMap<AreaKind, AreaDraft>,
    /// The globs that are sure so far: a file that one of them names needs no other.
    sure: Vec<Glob>,
}

/// Files that are proposed together: of one tool, for one area, as surely as each other.
struct FileGroup<'t> {
    title: &'t str,
    area: AreaKind,
    sure: bool,
    /// The files, and what each of them is.
    says: BTreeMap<usize, &'static str>,
}

impl AreaDrafts<'_> {
    /// Adds what one tool showed.
    fn add_tool(&mut self, at: usize, tool: &DataTool) {
        let mut groups: BTreeMap<(bool, AreaKind), FileGroup<'_>> = BTreeMap::new();
        for (number, mark) in tool.marks.iter().enumerate() {
            let Some(shown) = self.survey.shown.get(&(MarkOwner::Tool(at), number)) else { continue };
            let area = mark.area.unwrap_or(tool.area);
            if !mark.beside.is_empty() {
                self.add_rules(area, beside_rules(self.survey, tool, mark, shown));
                continue;
            }
            let new = || FileGroup { title: tool.title, area, sure: mark.sure, says: BTreeMap::new() };
            let group = groups.entry((!mark.sure, area)).or_insert_with(new);
            for file in shown {
                group.says.entry(*file).or_insert(mark.says);
            }
        }
        groups.into_values().for_each(|group| self.add_group(&group));
    }

    /// Code with lines that write to a store, whatever it uses for that.
    fn add_writing_code(&mut self) {
        let found = (0..WRITES.len()).filter_map(|number| self.survey.finds.writes(number));
        let files = found.flatten().filter(|file| language_of(self.survey.path(**file)) != Some("SQL"));
        let says = files.map(|file| (*file, "lines that write to a store")).collect();
        self.add_group(&FileGroup { title: "code", area: AreaKind::Storage, sure: true, says });
    }

    fn add_group(&mut self, group: &FileGroup<'_>) {
        let survey = self.survey;
        let is_new = |path: &&str| !self.sure.iter().any(|glob| glob.matches(path.as_bytes()));
        let paths: BTreeSet<&str> = group.says.keys().map(|file| survey.path(*file)).filter(is_new).collect();
        let (globs, left_over) = cover_files(&survey.listing, &paths);
        self.add_rules(group.area, globs.into_iter().map(|one| rule_of(survey, group, one)).collect());
        let draft = self.of_kind.entry(group.area).or_default();
        if group.sure && left_over.files > draft.left_over.files {
            draft.left_over = left_over;
        }
    }

    fn add_rules(&mut self, area: AreaKind, rules: Vec<ProposedRule>) {
        self.sure.extend(rules.iter().filter(|rule| rule.sure).filter_map(|rule| Glob::new(&rule.rule).ok()));
        self.of_kind.entry(area).or_default().paths.extend(rules);
    }
}

fn rule_of(survey: &Survey, group: &FileGroup<'_>, one: CoverGlob) -> ProposedRule {
    let says = |path: &String| group.says.get(&survey.number(path)?).copied();
    let what: BTreeSet<&str> = one.files.iter().filter_map(says).collect();
    let what: Vec<&str> = what.into_iter().collect();
    let reasons = vec![format!("{}: {}", group.title, what.join(", "))];
    ProposedRule { rule: one.glob, reasons, files: one.files, sure: group.sure }
}

/// Folders beside a file that shows a tool, as far as they hold files.
fn beside_rules(survey: &Survey, tool: &DataTool, mark: &Mark, shown: &BTreeSet<usize>) -> Vec<ProposedRule> {
    let mut all = Vec::new();
    for path in shown.iter().map(|file| survey.path(*file)) {
        let folder = folder_of(path);
        let beside =
            |name: &str| if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        let of_folder = mark
            .beside
            .iter()
            .map(|name| (format!("{}/", beside(name)), format!("{}/**", escape_text(&beside(name)))));
        let itself = std::iter::once((path.to_string(), escape_text(path)));
        for (beginning, glob) in itself.chain(of_folder) {
            let files = survey.listing.files.iter().filter(|file| file.path.starts_with(&beginning));
            let files: Vec<String> =
                files.filter(|file| file.role != FileRole::Vendored).map(|file| file.path.clone()).collect();
            if !files.is_empty() {
                let reasons = vec![format!("{}: {} at {path}", tool.title, mark.says)];
                all.push(ProposedRule { rule: glob, reasons, files, sure: mark.sure });
            }
        }
    }
    all
}

/// Each rule once, and none whose files another one names.
fn without_repeats(mut candidates: Vec<ProposedRule>) -> Vec<ProposedRule> {
    candidates.sort_by_key(|one| (!one.sure, std::cmp::Reverse(one.files.len()), one.rule.clone()));
    let mut kept: Vec<(ProposedRule, Option<Glob>)> = Vec::new();
    for one in candidates {
        let covers = |glob: &Option<Glob>| glob.as_ref().is_some_and(|glob| names_all(glob, &one.files));
        match kept.iter_mut().find(|(rule, glob)| rule.rule == one.rule || covers(glob)) {
            Some((rule, _)) => one.reasons.into_iter().for_each(|reason| {
                if !rule.reasons.contains(&reason) {
                    rule.reasons.push(reason);
                }
            }),
            None => {
                let glob = Glob::new(&one.rule).ok();
                kept.push((one, glob));
            }
        }
    }
    let mut rules: Vec<ProposedRule> = kept.into_iter().map(|(rule, _)| rule).collect();
    rules.sort_by(|a, b| (!a.sure, &a.rule).cmp(&(!b.sure, &b.rule)));
    rules
}

fn names_all(glob: &Glob, files: &[String]) -> bool {
    files.len() <= COMPARED && files.iter().all(|path| glob.matches(path.as_bytes()))
}

/// A doubtful rule says nothing where surer ones of any area name its files.
fn drop_known_doubts(drafts: &mut BTreeMap<AreaKind, AreaDraft>) {
    let sure = drafts.values().flat_map(|draft| &draft.paths).filter(|one| one.sure);
    let sure: Vec<Glob> = sure.filter_map(|one| Glob::new(&one.rule).ok()).collect();
    let is_known = |path: &String| sure.iter().any(|glob| glob.matches(path.as_bytes()));
    for draft in drafts.values_mut() {
        draft.paths.retain(|one| one.sure || one.files.len() > COMPARED || !one.files.iter().all(is_known));
    }
}

/// Files whose code gives records their shape: what tools of migrations and models showed, and SQL.
fn stored_files(survey: &Survey) -> BTreeSet<usize> {
    let tools = tools::TABLE.iter().enumerate();
    let tools = tools.filter(|(_, tool)| {
        matches!(tool.area, AreaKind::Migrations | AreaKind::Storage | AreaKind::Pipelines)
    });
    let mut files: BTreeSet<usize> = tools.flat_map(|(at, _)| survey.files_of(MarkOwner::Tool(at))).collect();
    let sql =
        survey.listing.files.iter().enumerate().filter(|(_, file)| language_of(&file.path) == Some("SQL"));
    files.extend(sql.map(|(at, _)| at));
    files
}

fn content_rules<'s>(
    survey: &'s Survey,
    rules: &[LineRule],
    too_common: usize,
    found: impl Fn(usize) -> Option<&'s BTreeSet<usize>>,
) -> Vec<ProposedRule> {
    let all = rules.iter().enumerate();
    all.filter_map(|(number, rule)| Some(content_rule(survey, rule, too_common, found(number)?))).collect()
}

fn content_rule(
    survey: &Survey,
    rule: &LineRule,
    too_common: usize,
    files: &BTreeSet<usize>,
) -> ProposedRule {
    let is_common = files.len() > FEW && files.len() * too_common > survey.tally.files;
    let reasons = vec![rule.says.to_string()];
    ProposedRule {
        rule: rule.pattern.to_string(),
        reasons,
        files: files.iter().map(|file| survey.path(*file).to_string()).collect(),
        sure: !is_common,
    }
}

/// Names of fields count where code gives records their shape; anywhere else they may be those of a
/// form, a letter or a screen.
fn personal_rules(survey: &Survey, stored: &BTreeSet<usize>) -> Vec<ProposedRule> {
    let mut rules = content_rules(survey, PERSONAL, TOO_COMMON_NAME, |number| survey.finds.personal(number));
    for rule in &mut rules {
        let number = PERSONAL.iter().position(|one| one.pattern == rule.rule);
        let files = number.and_then(|number| survey.finds.personal(number));
        let in_stored = files.and_then(|files| files.iter().find(|file| stored.contains(*file)));
        rule.sure &= in_stored.is_some();
        if let Some(file) = in_stored {
            // The file that speaks for it is shown.
            let path = survey.path(*file);
            rule.files.sort_by_key(|other| other != path);
        }
    }
    rules
}
