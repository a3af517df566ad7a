//! Test runners, and where their reports lie. A runner is a file here and a line in [`TABLE`].

use crate::mark::Mark;

/// A test runner.
#[derive(Debug)]
pub struct RunnerTool {
    /// The name of its suite in a policy.
    pub name: &'static str,
    /// Its name, for people.
    pub title: &'static str,
    /// Does it drive a whole system? Then it is written only where no other runner is found.
    pub is_end_to_end: bool,
    /// The languages that it tests; empty: any.
    pub languages: &'static [&'static str],
    /// What shows it.
    pub marks: &'static [Mark],
    /// Globs of its reports.
    pub reports: &'static [&'static str],
    /// A command that writes them.
    pub command: &'static str,
    /// What the repository needs before the command writes a report; empty: nothing.
    pub needs: &'static str,
    /// Globs of files that decide which of its tests run, and how.
    pub configuration: &'static [&'static str],
    /// Coverage: a glob of the report, and how it is written.
    pub coverage: Option<RunnerCoverage>,
}

/// A report of executed lines that a runner can write.
#[derive(Debug)]
pub struct RunnerCoverage {
    /// A glob of the report.
    pub file: &'static str,
    /// How it is written.
    pub how: &'static str,
    /// What shows that it is measured already.
    pub marks: &'static [Mark],
}

/// Lists each file with a runner once: its module, and its line of the table.
macro_rules! runners {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every runner, sorted by the name of its file. One that says how it runs with another
        /// (tox, Playwright) comes by its own marks only.
        pub static TABLE: &[&RunnerTool] = &[$(&$name::RUNNER),*];
    };
}

runners! {
    ava, bats, behave, cargo, ctest, cypress, dart, django, dotnet, exunit, go, gradle, jest, maven, minitest, mocha,
    node, pest, phpunit, playwright, prove, pytest, robot, rspec, sbt, vitest,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::LANGUAGES;
    use portcullis_pattern::glob::Glob;

    #[test]
    fn every_runner_says_how_to_get_a_report() {
        for runner in TABLE {
            let globs = runner.reports.iter().chain(runner.configuration);
            let globs = globs.chain(runner.coverage.iter().map(|coverage| &coverage.file));
            globs.for_each(|glob| drop(Glob::new(glob).unwrap()));
            assert!(!runner.reports.is_empty() && !runner.command.is_empty() && !runner.marks.is_empty());
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(runner.name.chars().all(plain), "{}", runner.name);
            assert!(!runner.command.contains(['\'', '\n']), "{}", runner.command);
            let known = |name: &&str| LANGUAGES.iter().any(|(language, _)| language == name);
            assert!(runner.languages.iter().all(known), "{}", runner.name);
        }
    }
}
