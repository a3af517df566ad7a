//! The test runners and CI systems that were found.

use crate::area::ProposedArea;
use crate::listing::language_of;
use crate::runners::{self, RunnerTool};
use crate::survey::{MarkOwner, Survey};
use crate::{ci, tools};
use portcullis_pattern::glob::Glob;
use std::collections::BTreeSet;

/// A test runner that was found.
#[derive(Debug)]
pub struct FoundRunner {
    /// The runner.
    pub runner: &'static RunnerTool,
    /// How many files showed it.
    pub files: usize,
    /// One of them.
    pub example: String,
    /// Why its suite is only shown as a comment; `None`: it is written.
    pub doubt: Option<&'static str>,
    /// Its files of configuration that are there, as globs.
    pub configuration: Vec<&'static str>,
    /// A file that shows that coverage is measured.
    pub coverage: Option<String>,
}

/// A CI system that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCi {
    /// Its name, for people.
    pub title: &'static str,
    /// Its files.
    pub files: Vec<String>,
}

/// The runners that were found, those that are written first.
pub fn find_runners(survey: &Survey, areas: &[ProposedArea]) -> Vec<FoundRunner> {
    let all = runners::TABLE.iter().enumerate();
    let mut found: Vec<FoundRunner> =
        all.filter_map(|(at, runner)| find_runner(survey, at, runner)).collect();
    drop_replaced(&mut found);
    found.sort_by_key(|one| (one.runner.is_end_to_end, std::cmp::Reverse(one.files), one.runner.name));
    doubt_runners(&mut found, &languages_of_areas(survey, areas));
    found.sort_by_key(|one| one.doubt.is_some());
    found
}

/// Says of each runner why its suite is not written: one for each language is.
fn doubt_runners(found: &mut [FoundRunner], wanted: &BTreeSet<&str>) {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for one in found {
        one.doubt = doubt_of(one.runner, wanted, &taken);
        if one.doubt.is_none() {
            taken.extend(one.runner.languages);
        }
    }
}

fn doubt_of(runner: &RunnerTool, wanted: &BTreeSet<&str>, taken: &BTreeSet<&str>) -> Option<&'static str> {
    let languages = runner.languages;
    let tests = |names: &BTreeSet<&str>| languages.iter().any(|name| names.contains(name));
    if !languages.is_empty() && !wanted.is_empty() && !tests(wanted) {
        Some("no proposed area has code in its language")
    } else if tests(taken) {
        Some("another runner of its language is written above")
    } else if runner.is_end_to_end && !taken.is_empty() {
        Some("another runner is written above")
    } else {
        None
    }
}

fn find_runner(survey: &Survey, at: usize, runner: &'static RunnerTool) -> Option<FoundRunner> {
    let files = survey.files_of(MarkOwner::Runner(at));
    let example = survey.path(*files.first()?).to_string();
    let coverage =
        survey.files_of(MarkOwner::Coverage(at)).first().map(|file| survey.path(*file).to_string());
    let is_here = |glob: &&&str| {
        let glob = Glob::new(glob).ok();
        let matches = |path: &str| glob.as_ref().is_some_and(|glob| glob.matches_folded(path.as_bytes()));
        survey.listing.files.iter().any(|file| matches(&file.path))
    };
    let configuration = runner.configuration.iter().filter(is_here).copied().collect();
    Some(FoundRunner { runner, files: files.len(), example, doubt: None, configuration, coverage })
}

/// Runners that run the same tests under another name.
const REPLACED: &[(&str, &str)] = &[("django", "pytest"), ("phpunit", "pest"), ("minitest", "rspec")];

fn drop_replaced(found: &mut Vec<FoundRunner>) {
    let names: BTreeSet<&str> = found.iter().map(|one| one.runner.name).collect();
    found.retain(|one| !REPLACED.iter().any(|(name, by)| one.runner.name == *name && names.contains(by)));
}

/// The languages of the files that showed tools, without SQL, which is tested from others.
fn languages_of_areas(survey: &Survey, areas: &[ProposedArea]) -> BTreeSet<&'static str> {
    let sure = |kind| areas.iter().any(|area| area.kind == kind && area.is_sure());
    let of_tools = tools::TABLE.iter().enumerate().filter(|(_, tool)| sure(tool.area));
    let files = of_tools.flat_map(|(at, _)| survey.files_of(MarkOwner::Tool(at)));
    files.filter_map(|file| language_of(survey.path(file))).filter(|name| *name != "SQL").collect()
}

/// The CI systems that were found.
pub fn find_ci(survey: &Survey) -> Vec<FoundCi> {
    let all = ci::TABLE.iter().enumerate();
    all.filter_map(|(at, system)| {
        let files = survey.files_of(MarkOwner::Ci(at));
        let files: Vec<String> = files.into_iter().map(|file| survey.path(file).to_string()).collect();
        (!files.is_empty()).then_some(FoundCi { title: system.title, files })
    })
    .collect()
}
