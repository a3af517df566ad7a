//! Approvals of a procedure, at the end of its page: one line each.
//!
//! ```text
//! - Approved by `kim` on 2026-11-01: `sha256:5c1e…`
//! ```
//!
//! An approval is of one text, by its digest. Who may change the page is for `gate-integrity`.

use jiff::civil::Date;
use portcullis_model::digest::Digest;
use portcullis_model::person::Login;

/// One approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentApproval {
    /// Who approved.
    pub approver: Login,
    /// On which day, in UTC.
    pub date: Date,
    /// Which text: [`Procedure::digest`](crate::control::procedure::Procedure::digest).
    pub digest: Digest,
    /// The line of the page, from 1.
    pub line: usize,
}

/// The approval that a line is; `None` for every other line. What is not one to the character is
/// text like any other, and compared.
pub fn read_approval(line: &str) -> Option<DocumentApproval> {
    let rest = line.strip_prefix("- Approved by `")?;
    let (login, rest) = rest.split_once("` on ")?;
    let (date, digest) = rest.strip_suffix('`')?.split_once(": `")?;
    let is_login = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+');
    let written = !login.is_empty() && login.chars().all(is_login) && date.len() == 10;
    let date = date.parse().ok().filter(|_| written)?;
    let digest = Digest::try_from(digest.to_string()).ok()?;
    Some(DocumentApproval { approver: Login::new(login), date, digest, line: 0 })
}

/// The line of an approval.
pub fn write_approval(approver: &str, date: Date, digest: &Digest) -> String {
    format!("- Approved by `{approver}` on {date}: `{digest}`")
}
