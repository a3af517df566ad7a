//! Portcullis: a gate that lets a change to data-processing code through only with branch
//! protection, independent review and regression evidence.
//!
//! The program puts together what each crate below `src` does: the commands, and the parsers of
//! reports, which the commands name only by what they do. Cargo holds the arrows between them:
//!
//! ```text
//! pattern <- model <- wire <- attest <- judge        pure: facts and a policy in, a decision out
//! testrun <- report                                   parsers: bytes in, a test run out
//!            model <- git, forge                      a repository; hosts and CI systems
//!            model, wire <- record                    the chain of deployment records
//! everything but report <- collect, render <- cli
//! cli, report <- main
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    portcullis_cli::main(portcullis_report::READERS)
}
