//! Counting, and what is printed.

use crate::cases::{Case, Verdict};
use crate::why::{self, Open};
use crate::yardstick::Git;
use portcullis_git::Repository;
use portcullis_model::change::Side;
use portcullis_model::landing::{Coverage, ResidualHunk};
use std::collections::BTreeMap;

/// So many lines of a residual are shown.
const SHOWN: usize = 3;

/// What is found beside the counts, over the rows of one repository.
#[derive(Default)]
pub struct Table {
    /// What is not explained, by why.
    classes: BTreeMap<String, usize>,
    unexplained: Vec<String>,
    defects: Vec<String>,
}

#[derive(Default)]
struct Row {
    landings: usize,
    kinds: BTreeMap<&'static str, usize>,
    arrives: usize,
    /// The branch holds a merge base of it without its content; counted apart, because git does not ask.
    left_out: usize,
    false_alarms: usize,
    too_kind: usize,
}

/// How the gap begins where a merge base came without its content.
const LEFT_OUT: &str = "what an approval of";

const KINDS: [&str; 7] = ["identity", "replay", "rebase", "train", "unchanged", "residual", "unverifiable"];

impl Row {
    fn print(&self, name: &str) {
        print!("{name:<18}{:>9}", self.landings);
        KINDS.iter().for_each(|kind| print!("{:>13}", self.kinds.get(kind).unwrap_or(&0)));
        println!("{:>13}{:>10}{:>13}{:>10}", self.arrives, self.left_out, self.false_alarms, self.too_kind);
    }
}

impl Table {
    /// Prints the heads of the columns.
    pub fn begin() -> Self {
        print!("{:<18}{:>9}", "", "landings");
        KINDS.iter().for_each(|kind| print!("{kind:>13}"));
        println!("{:>13}{:>10}{:>13}{:>10}", "git arrives", "left out", "false alarms", "too kind");
        Table::default()
    }

    /// Proves the landings of a row, and prints it.
    pub fn add(&mut self, git: &Git, name: &str, cases: &[Case]) {
        let repository = Repository::open(git.path()).expect("a repository");
        let landings: Vec<_> = cases.iter().map(|case| case.landing.clone()).collect();
        let mut row = Row { landings: cases.len(), ..Row::default() };
        let mut open = Vec::new();
        repository.prove_landings(&landings, |number, coverage, _| {
            open.extend(self.take_down(name, &mut row, &cases[number], coverage));
        });
        row.print(name);
        for (one, why) in open.iter().zip(why::classify(git, &open)) {
            self.unexplained.push(format!("{why}: {}", tell(name, one.case, &one.coverage)));
            *self.classes.entry(why).or_default() += 1;
        }
    }

    /// Counts; a merge of the history that git does not arrive at either is still to be explained.
    fn take_down<'c>(
        &mut self,
        name: &str,
        row: &mut Row,
        case: &'c Case,
        coverage: Coverage,
    ) -> Option<Open<'c>> {
        *row.kinds.entry(kind(&coverage)).or_default() += 1;
        let explained = !matches!(coverage, Coverage::Residual(_) | Coverage::Unverifiable(_));
        row.arrives += usize::from(case.git == Verdict::Arrives);
        let left_out = matches!(&coverage, Coverage::Unverifiable(gap) if gap.what.starts_with(LEFT_OUT));
        row.left_out += usize::from(left_out);
        if left_out {
            self.unexplained.push(tell(name, case, &coverage));
            return None;
        }
        let false_alarm = !explained && case.git != Verdict::Departs;
        let too_kind = explained && case.git == Verdict::Departs;
        row.false_alarms += usize::from(false_alarm);
        row.too_kind += usize::from(too_kind);
        if false_alarm || too_kind {
            self.defects.push(tell(name, case, &coverage));
            return None;
        }
        if matches!(coverage, Coverage::Unverifiable(_)) && case.merged.is_none() {
            self.unexplained.push(tell(name, case, &coverage));
        }
        let merged = case.merged.as_ref().filter(|_| !explained)?;
        Some(Open { case, merged, coverage })
    }

    /// What lies behind the rows.
    pub fn print(&self) {
        self.classes.iter().for_each(|(why, many)| println!("{many:>6}  {why}"));
        self.unexplained.iter().for_each(|one| println!("  not explained: {one}"));
        self.defects.iter().for_each(|one| println!("  DEFECT: {one}"));
    }

    pub fn defects(&self) -> usize {
        self.defects.len()
    }
}

fn kind(coverage: &Coverage) -> &'static str {
    match coverage {
        Coverage::Identity(_) => "identity",
        Coverage::Replay(_) => "replay",
        Coverage::Rebase(_) => "rebase",
        Coverage::Train(_) => "train",
        Coverage::Unchanged => "unchanged",
        Coverage::Residual(_) => "residual",
        Coverage::Unverifiable(_) => "unverifiable",
    }
}

fn tell(name: &str, case: &Case, coverage: &Coverage) -> String {
    format!("{name} {} onto {}: {}", case.landing.landed, case.landing.parent, left(coverage))
}

fn left(coverage: &Coverage) -> String {
    match coverage {
        Coverage::Residual(residual) => {
            let shown: Vec<String> = residual.hunks.iter().take(SHOWN).map(hunk).collect();
            let more = residual.hunks.len().saturating_sub(SHOWN);
            format!(
                "{}{}",
                shown.join(" "),
                if more > 0 { format!(" and {more} more") } else { String::new() }
            )
        }
        Coverage::Unverifiable(gap) => format!("unverifiable: {gap}"),
        explained => kind(explained).to_string(),
    }
}

fn hunk(hunk: &ResidualHunk) -> String {
    let sign = if hunk.side == Side::Added { '+' } else { '-' };
    match hunk.line {
        Some(line) => format!("{sign}{}:{line},{}", hunk.path, hunk.lines),
        None => format!("{sign}{}", hunk.path),
    }
}
