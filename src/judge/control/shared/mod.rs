//! What several controls need: approvals and how they fill roles, evidence and what it is bound to,
//! named checks, and the files that steer the gate. Controls import from here and from no other
//! control.

pub mod approval;
pub mod asserted;
pub mod evidence_binding;
pub mod gate_files;
pub mod host_id;
pub mod identity;
pub mod named_check;
pub mod quorum;
pub mod review_rules;
pub mod reviews;
pub mod role;
pub mod text;
pub mod training;
