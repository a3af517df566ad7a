//! What the program does, seen from outside: one binary, so that the program is linked once.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests start programs, read and write files, and end where they cannot go on"
)]

mod support;

mod architecture;
mod asserted;
mod attack_catalogue;
mod attacks_administration;
mod attacks_answers;
mod attacks_audit;
mod attacks_audit_pack;
mod attacks_base;
mod attacks_binding;
mod attacks_code;
mod attacks_coverage_formats;
mod attacks_environment;
mod attacks_everywhere;
mod attacks_evidence;
mod attacks_formats;
mod attacks_given_policy;
mod attacks_hosts;
mod attacks_identity;
mod attacks_inert;
mod attacks_job;
mod attacks_limits;
mod attacks_line_coverage;
mod attacks_opening;
mod attacks_order;
mod attacks_protection;
mod attacks_reconciliation;
mod attacks_recorded_coverage;
mod attacks_records;
mod attacks_review;
mod attacks_settings;
mod attacks_spelling;
mod attacks_streams;
mod attacks_superseded;
mod attacks_transform;
mod attacks_unknown_words;
mod attacks_unsearchable;
mod attacks_unsigned_records;
mod attacks_updates;
mod attacks_whole;
mod audit;
mod batches;
mod book;
mod ci_log;
mod ci_systems;
mod clean_checkout;
mod cli;
mod conformance;
mod coverage_hostile;
mod deployment;
mod deployment_hosts;
mod drill;
mod due;
mod evidence_command;
mod evidence_list;
mod explain_landing;
mod fresh_eyes;
mod gitea_gate;
mod gitea_host;
mod github_host;
mod gitlab_administration;
mod gitlab_host;
mod honest_checks;
mod honest_coverage;
mod honest_moments;
mod honest_people;
mod honest_reports;
mod host_baseline;
mod host_laws;
mod imported_reviews;
mod incident;
mod job;
mod line_coverage_agreement;
mod line_coverage_tools;
mod outputs;
mod pack;
mod pack_privacy;
mod people_command;
mod policies;
mod procedure;
mod real_runners;
mod record_anchor;
mod record_command;
mod record_durability;
mod red_never_green;
mod remedies;
mod remedies_evidence;
mod remedies_gate;
mod remedies_host;
mod remedies_limits;
mod remedies_policy;
mod remedies_records;
mod remedies_repository;
mod remedy_catalogue;
mod replay;
mod report_browser;
mod reports_corpus;
mod reports_hostile;
mod reports_streamed;
mod review_attacks;
mod rollback;
mod schema;
mod seal;
mod seal_tampering;
mod servers;
mod signature_command;
mod signed_records;
mod signed_reviews;
mod signed_waivers;
mod simulator;
mod snapshots;
mod status;
mod waivers;
