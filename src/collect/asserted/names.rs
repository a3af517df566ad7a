//! What facts call the revisions and accounts of another system.

use portcullis_model::assertion::revision_of;
use portcullis_model::change::Revision;
use portcullis_model::person::{Account, AccountKind, Login, Mailbox, fold_name};
use portcullis_wire::evidence_file::v1::{EvidenceFileV1, StatedAccountV1, StatedKindV1, StatedV1};
use std::collections::{BTreeMap, BTreeSet};

/// The revisions of one evidence file.
pub struct Names<'a>(&'a EvidenceFileV1);

impl<'a> Names<'a> {
    /// Those of this file.
    pub fn of(file: &'a EvidenceFileV1) -> Self {
        Names(file)
    }

    /// What facts call a revision.
    pub fn revision(&self, id: &str) -> Revision {
        revision_of(&self.0.system.name, &self.0.repository, id)
    }

    /// Every revision that the file names, with its own name.
    pub fn all(&self) -> BTreeMap<Revision, String> {
        self.ids().into_iter().map(|id| (self.revision(id), id.to_string())).collect()
    }

    fn ids(&self) -> BTreeSet<&'a str> {
        let mut ids = BTreeSet::from([self.0.branch.tip.as_str()]);
        if let Some(StatedV1::Known(change)) = &self.0.change {
            ids.extend([change.base.as_str(), change.head.as_str()]);
            ids.extend(change.revisions.iter().map(|revision| revision.id.as_str()));
        }
        if let Some(StatedV1::Known(reviews)) = &self.0.reviews {
            ids.extend(reviews.iter().map(|review| review.revision.as_str()));
        }
        if let Some(StatedV1::Known(reports)) = &self.0.tests {
            ids.extend(reports.iter().map(|report| report.revision.as_str()));
        }
        ids
    }
}

/// The account. Systems differ in whether case tells accounts apart: here neither case nor Unicode
/// form does, so that no one approves their own change under another spelling.
pub fn read_account(stated: &StatedAccountV1) -> Account {
    let kind = match stated.kind {
        StatedKindV1::Person => AccountKind::Human,
        StatedKindV1::Machine => AccountKind::Bot,
        StatedKindV1::Other => AccountKind::Other,
    };
    Account { login: Login::new(stated.name.clone()), id: fold_name(&stated.name).into(), kind }
}

/// The address of an account in a revision: its name, in one spelling.
pub fn mailbox_of(account: Option<&StatedAccountV1>) -> Mailbox {
    match account {
        Some(account) => Mailbox { name: account.name.clone(), email: fold_name(&account.name) },
        None => Mailbox { name: "an account that is not stated".to_string(), email: String::new() },
    }
}
