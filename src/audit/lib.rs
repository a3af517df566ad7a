//! Audits of a period. Everything here is values in and values out: which commits belong to the
//! period, what each landing is worth, who did what, which exceptions there are, samples, and what
//! protected a branch over time.
//!
//! | module | what it does |
//! | --- | --- |
//! | `period` | which part of a first-parent line a period is |
//! | `landing`, `deployment` | one item, with its attributes and its verdict |
//! | `people` | the names of people |
//! | `waivers` | the waivers of the period |
//! | `exceptions`, `duties`, `summary` | what follows from the items |
//! | `protection` | what protected a branch over time |
//! | `arrivals` | the runs of reconciliation and the incidents of a period |
//! | `listed` | deployments that a host lists, held against records |
//! | `training` | what controls of training found of each person |
//! | `sample` | a sample that anyone can draw again |
//! | `assemble` | all of it put together |
//!
//! The result is the value of its own JSON form, [`portcullis_wire::audit::v1::AuditV1`].

pub mod arrivals;
pub mod assemble;
pub mod deployment;
mod duties;
mod exceptions;
pub mod landing;
pub mod listed;
pub mod people;
pub mod period;
pub mod protection;
pub mod sample;
mod summary;
mod tickets;
mod training;
pub mod waivers;

#[cfg(test)]
mod tests;
