//! A branch, requests, and what is said of a landing, in few words.

use crate::landing::prover::Prover;
pub use crate::tests::fixture::{Files, Fixture, known, name};
use git2::Oid;
use portcullis_model::change::Side;
use portcullis_model::landing::{Candidate, Coverage, Landing};

/// Twenty numbered lines, some of them replaced, each `(line, text)`; an empty text takes the line
/// out.
pub fn lines(edits: &[(usize, &str)]) -> String {
    let line = |number: usize| match edits.iter().find(|(at, _)| *at == number) {
        Some((_, "")) => String::new(),
        Some((_, text)) => format!("{text}\n"),
        None => format!("line {number}\n"),
    };
    (1..=20).map(line).collect()
}

/// Candidates are numbered from 1 in the order in which they are given.
pub fn landing(parent: Oid, landed: Oid, heads: &[Oid]) -> Landing {
    let candidate =
        |(at, head): (usize, &Oid)| Candidate { request: (at as u64 + 1).into(), head: name(*head) };
    Landing {
        parent: name(parent),
        landed: name(landed),
        candidates: heads.iter().enumerate().map(candidate).collect(),
    }
}

impl Fixture {
    /// A commit whose file `f` has twenty lines with these edits.
    pub fn edited(&self, edits: &[(usize, &str)], parents: &[Oid]) -> Oid {
        self.text(&lines(edits), parents)
    }

    /// A commit of these files.
    pub fn holding(&self, files: &[(&str, &str)], parents: &[Oid]) -> Oid {
        self.commit(&self.files(files), parents)
    }

    pub fn cover(&self, parent: Oid, landed: Oid, heads: &[Oid]) -> Coverage {
        let mut found = Vec::new();
        self.open().prove_landings(&[landing(parent, landed, heads)], |_, coverage, _| found.push(coverage));
        found.remove(0)
    }

    /// The same of what the merge gives alone, whatever its merge bases stand for.
    pub fn cover_by_result(&self, landings: &[Landing], mut each: impl FnMut(usize, Coverage)) {
        let repository = self.open();
        let objects = repository.trusted_objects().unwrap();
        let mut prover = Prover::of_results(&objects);
        landings.iter().enumerate().for_each(|(at, landing)| each(at, prover.prove(landing)));
    }

    /// How what the merge gives covers it.
    pub fn covered_by_result(&self, parent: Oid, landed: Oid, heads: &[Oid]) -> String {
        let mut found = String::new();
        self.cover_by_result(&[landing(parent, landed, heads)], |_, coverage| found = told(&coverage));
        found
    }

    /// How it is covered, in a line: `replay 1`, `residual 1: +f:3 -f:7,2`.
    pub fn covered(&self, parent: Oid, landed: Oid, heads: &[Oid]) -> String {
        told(&self.cover(parent, landed, heads))
    }
}

fn requests(candidates: &[Candidate]) -> String {
    candidates.iter().map(|one| format!(" {}", one.request)).collect()
}

fn told(coverage: &Coverage) -> String {
    match coverage {
        Coverage::Unchanged => "unchanged".to_string(),
        Coverage::Identity(one) => format!("identity {}", one.request),
        Coverage::Replay(one) => format!("replay {}", one.request),
        Coverage::Rebase(one) => format!("rebase {}", one.request),
        Coverage::Train(all) => format!("train{}", requests(all)),
        Coverage::Unverifiable(gap) => format!("unverifiable: {:?}", gap.reason),
        Coverage::Residual(residual) => {
            let hunks = residual.hunks.iter().map(|hunk| {
                let sign = if hunk.side == Side::Added { '+' } else { '-' };
                let many = if hunk.lines > 1 { format!(",{}", hunk.lines) } else { String::new() };
                let line = hunk.line.map_or("*".to_string(), |line| line.to_string());
                format!(" {sign}{}:{line}{many}", hunk.path)
            });
            format!("residual{}:{}", requests(&residual.nearest), hunks.collect::<String>())
        }
    }
}
