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

/// Few files are never too common.
const FEW: usize = 5;

/// The areas that what was seen speaks for, in the order of a policy.
pub fn propose_areas(survey: &Survey) -> Vec<ProposedArea> {
    let mut drafts: BTreeMap<AreaKind, AreaDraft> = BTreeMap::new();
    for (at, tool) in tools::TABLE.iter().enumerate() {
        add_tool(survey, at, tool, drafts.entry(tool.area).or_default());
    }
    drafts.entry(AreaKind::Storage).or_default().content =
        content_rules(survey, WRITES, |number| survey.finds.writes(number));
    let stored = stored_files(survey);
    let personal = personal_rules(survey, &stored);
    drafts.entry(AreaKind::Personal).or_default().content = personal;
    drop_known_doubts(&mut drafts);
    drafts.into_iter().filter_map(|(kind, draft)| draft.into_area(kind)).collect()
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

/// Adds what one tool showed.
fn add_tool(survey: &Survey, at: usize, tool: &DataTool, draft: &mut AreaDraft) {
    let (mut taken, mut says) = (BTreeSet::new(), BTreeMap::new());
    for sure in [true, false] {
        let marks = tool.marks.iter().enumerate().filter(|(_, mark)| mark.sure == sure);
        let mut files = BTreeSet::new();
        for (number, mark) in marks {
            let Some(shown) = survey.shown.get(&(MarkOwner::Tool(at), number)) else { continue };
            if mark.beside.is_empty() {
                files.extend(shown.difference(&taken).copied());
                for file in shown {
                    says.entry(*file).or_insert(mark.says);
                }
            } else {
                draft.paths.extend(beside_candidates(survey, tool, mark, shown));
            }
        }
        let paths: BTreeSet<&str> = files.iter().map(|file| survey.path(*file)).collect();
        let (globs, left_over) = cover_files(&survey.listing, &paths);
        draft.paths.extend(globs.into_iter().map(|one| candidate(survey, tool, one, &says, sure)));
        if sure && left_over.files > draft.left_over.files {
            draft.left_over = left_over;
        }
        taken.extend(files);
    }
}

fn candidate(
    survey: &Survey,
    tool: &DataTool,
    one: CoverGlob,
    says: &BTreeMap<usize, &'static str>,
    sure: bool,
) -> ProposedRule {
    let what: BTreeSet<&str> =
        one.files.iter().filter_map(|path| says.get(&survey.number(path)?).copied()).collect();
    let what: Vec<&str> = what.into_iter().collect();
    let reasons = vec![format!("{}: {}", tool.title, what.join(", "))];
    ProposedRule { rule: one.glob, reasons, files: one.files, sure }
}

/// Folders beside a file that shows a tool, as far as they hold files.
fn beside_candidates(
    survey: &Survey,
    tool: &DataTool,
    mark: &Mark,
    shown: &BTreeSet<usize>,
) -> Vec<ProposedRule> {
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
    found: impl Fn(usize) -> Option<&'s BTreeSet<usize>>,
) -> Vec<ProposedRule> {
    let all = rules.iter().enumerate();
    all.filter_map(|(number, rule)| Some(content_rule(survey, rule, found(number)?))).collect()
}

fn content_rule(survey: &Survey, rule: &LineRule, files: &BTreeSet<usize>) -> ProposedRule {
    let is_common = files.len() > FEW && files.len() * TOO_COMMON > survey.tally.files;
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
    let mut rules = content_rules(survey, PERSONAL, |number| survey.finds.personal(number));
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
