//! A policy proposed from what a repository holds, with the evidence for every line of it.
//!
//! Pure: paths, a reader of bounded texts and what git and the host say go in; a proposal, and
//! texts made from it, come out. What detects a tool is a file of its table and knows nothing of
//! the others.
//!
//! | file | holds |
//! | --- | --- |
//! | `listing` | paths, and what a path tells of a file |
//! | `mark` | by which paths and lines a tool is known |
//! | `tools` | tools of data processing: a file and a line of the table for each |
//! | `writes` | lines that write to a store, and names of personal data |
//! | `runners`, `ci`, `ci_text` | test runners, CI systems, and what CI files name |
//! | `survey`, `search` | which file shows what, within bounds |
//! | `cover`, `propose`, `area`, `found` | from files to areas, suites and systems |
//! | `remote`, `branches`, `owners`, `people` | what git and the host say |
//! | `proposal` | all of it together |
//! | `policy_text`, `ci_job`, `report` | the policy, the CI job, the evidence |
//! | `git_reviews` | what the policy says where git keeps the reviews |
//! | `update` | what is new, added to a policy that people have edited |

pub mod area;
pub mod branches;
pub mod ci;
pub mod ci_job;
mod ci_text;
mod cover;
pub mod found;
pub mod git_reviews;
pub mod listing;
pub mod mark;
pub mod owners;
pub mod people;
pub mod policy_text;
pub mod proposal;
mod propose;
pub mod remote;
pub mod report;
pub mod runners;
mod search;
pub mod survey;
mod toml_text;
pub mod tools;
pub mod update;
pub mod writes;

#[cfg(test)]
mod tests;
