//! Attestations of gittuf (`refs/gittuf/attestations`): approvals that its app saw on GitHub, and
//! authorisations of single changes of a ref.
//!
//! An approval is of a tree: that a ref goes from this commit to this tree. The app's key vouches
//! for it, as the policy of gittuf in the same repository names it; who signed that policy is not
//! verified here, and neither are signatures of Sigstore. Statements are written with `type` and
//! `predicate_type` in the place of `_type` and `predicateType`, so both are read.

use super::{ForeignReview, each_file};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_attest::dsse::pre_authentication_encoding;
use portcullis_attest::key::PublicKey;
use portcullis_attest::sshsig;
use portcullis_git::Repository;
use portcullis_model::change::{BranchName, ObjectName, Revision};
use portcullis_model::fact::Gap;
use portcullis_model::id::{AccountId, ReviewId};
use portcullis_model::person::{Account, AccountKind, Login};
use portcullis_model::review::{Review, ReviewSource, ReviewState, ReviewedContent};
use portcullis_model::signed::{ImportSource, ImportedReview};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const ATTESTATIONS: &str = "refs/gittuf/attestations";
const POLICY: &str = "refs/gittuf/policy";
/// The namespace of its signatures.
const NAMESPACE: &str = "git";

#[derive(Deserialize)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "predicateType", alias = "predicate_type")]
    predicate_type: String,
    #[serde(default)]
    predicate: serde_json::Value,
}

/// An approval of a change of a ref.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Approval {
    #[serde(default)]
    approvers: Option<Vec<String>>,
    #[serde(default)]
    dismissed_approvers: Option<Vec<String>>,
    #[serde(rename = "fromRevisionID", alias = "fromID")]
    from: String,
    #[serde(rename = "targetTreeID", alias = "targetID")]
    tree: String,
    target_ref: String,
    #[serde(skip)]
    vouched_by: Option<Result<String, Unvouched>>,
}

impl Approval {
    /// Those who approve still.
    fn standing(&self) -> Vec<&String> {
        let dismissed = self.dismissed_approvers.iter().flatten().collect::<BTreeSet<_>>();
        self.approvers.iter().flatten().filter(|name| !dismissed.contains(name)).collect()
    }

    fn vouched(&self) -> Result<String, Unvouched> {
        self.vouched_by.clone().unwrap_or_else(|| Err(Unvouched("nothing vouches for it".to_string())))
    }
}

/// Why nothing vouches for a statement, as a sentence.
#[derive(Clone, Debug)]
pub struct Unvouched(String);

impl std::fmt::Display for Unvouched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a repository holds of gittuf's.
#[derive(Default)]
pub struct GittufHistory {
    /// The statements, by predicate type.
    pub statements: BTreeMap<String, u64>,
    /// Those that verify.
    pub verified: u64,
    /// What could not be read, one sentence each.
    pub unread: Vec<String>,
    approvals: Vec<Approval>,
}

impl GittufHistory {
    /// Reads every statement.
    ///
    /// # Errors
    /// A ref or an object cannot be read.
    pub fn read(repository: &Repository) -> Result<Self, Gap> {
        let keys = app_keys(repository)?;
        let mut history = GittufHistory::default();
        each_file(repository, ATTESTATIONS, |path, bytes| {
            if path.as_bytes().ends_with(b"review-index.json") {
                return;
            }
            if let Err(error) = history.take(&bytes, &keys) {
                history.unread.push(format!("{path}: {error}"));
            }
        })?;
        Ok(history)
    }

    fn take(&mut self, bytes: &[u8], keys: &BTreeSet<String>) -> anyhow::Result<()> {
        let envelope: Envelope = serde_json::from_slice(bytes)?;
        let payload = STANDARD.decode(&envelope.payload)?;
        let statement: Statement = serde_json::from_slice(&payload)?;
        let vouched_by = verify(&envelope, &payload, keys);
        *self.statements.entry(statement.predicate_type.clone()).or_default() += 1;
        self.verified += u64::from(vouched_by.is_ok());
        let is_approval = ["/github-pull-request-approval/", "/reference-authorization/"];
        if is_approval.iter().any(|kind| statement.predicate_type.contains(kind)) {
            let approval: Approval = serde_json::from_value(statement.predicate)?;
            self.approvals.push(Approval { vouched_by: Some(vouched_by), ..approval });
        }
        Ok(())
    }

    /// Every approval that was not dismissed.
    pub fn reviews(&self) -> Vec<ForeignReview> {
        let of = |approval: &Approval| {
            let on =
                Some(format!("tree {} over {} for {}", approval.tree, approval.from, approval.target_ref));
            let vouched_by = approval.vouched();
            let review = move |reviewer: &String| ForeignReview {
                reviewer: reviewer.clone(),
                approves: true,
                on: on.clone(),
                vouched_by: vouched_by.clone().map_err(|why| why.to_string()),
            };
            approval.standing().into_iter().map(review).collect::<Vec<_>>()
        };
        self.approvals.iter().flat_map(of).collect()
    }

    /// How many steps of a branch go from a commit to a tree that somebody approved, and how many
    /// steps there are.
    ///
    /// # Errors
    /// An object cannot be read.
    pub fn explained(&self, repository: &Repository, branch: &BranchName) -> Result<(usize, usize), Gap> {
        let name = format!("refs/heads/{branch}");
        let counts =
            |one: &&Approval| one.target_ref == name && !one.standing().is_empty() && one.vouched().is_ok();
        let approved: BTreeSet<(&str, &str)> =
            self.approvals.iter().filter(counts).map(|one| (one.from.as_str(), one.tree.as_str())).collect();
        let Some(tip) = repository.ref_tip(&name)? else { return Ok((0, 0)) };
        let line = repository.line_to(&tip, usize::MAX)?.unwrap_or_default();
        let mut explained = 0;
        for pair in line.windows(2) {
            let [from, to] = pair else { continue };
            let tree = repository.subject(to)?.tree;
            explained += usize::from(approved.contains(&(from.as_str(), tree.as_str())));
        }
        Ok((explained, line.len().saturating_sub(1)))
    }
}

/// Who vouches for a statement: a key of an app.
fn verify(envelope: &Envelope, payload: &[u8], keys: &BTreeSet<String>) -> Result<String, Unvouched> {
    let message = pre_authentication_encoding(&envelope.payload_type, payload);
    let mut why = "it is not signed".to_string();
    for Signature { sig } in &envelope.signatures {
        let armoured = STANDARD.decode(sig).unwrap_or_default();
        match sshsig::signing_key(&message, armoured.trim_ascii_end(), NAMESPACE) {
            Ok(key) if keys.contains(&key) => return Ok(format!("the key {key} of gittuf's app")),
            Ok(key) => why = format!("the key {key} is not one of an app in gittuf's policy"),
            Err(error) => why = error.to_string(),
        }
    }
    Err(Unvouched(why))
}

/// The fingerprints of the keys of apps that the policy of gittuf trusts.
fn app_keys(repository: &Repository) -> Result<BTreeSet<String>, Gap> {
    let Some(tip) = repository.ref_tip(POLICY)? else { return Ok(BTreeSet::new()) };
    let root = repository.file_at(&tip, &"metadata/root.json".into())?;
    Ok(root.and_then(|bytes| keys_in(&bytes)).unwrap_or_default())
}

fn keys_in(root: &[u8]) -> Option<BTreeSet<String>> {
    let envelope: Envelope = serde_json::from_slice(root).ok()?;
    let root: serde_json::Value = serde_json::from_slice(&STANDARD.decode(envelope.payload).ok()?).ok()?;
    let apps = root.get("githubApps")?.as_object()?.values();
    let trusted = apps.filter(|app| app.get("trusted").and_then(serde_json::Value::as_bool) == Some(true));
    let names = trusted.filter_map(|app| app.get("principalIDs")?.as_array()).flatten();
    let key = |name: &serde_json::Value| {
        let principal = root.get("principals")?.get(name.as_str()?)?;
        let public = principal.get("keyval")?.get("public")?.as_str()?;
        let kind = principal.get("scheme")?.as_str()?;
        Some(PublicKey::from_openssh(&format!("{kind} {public}")).ok()?.fingerprint())
    };
    Some(names.filter_map(key).collect())
}

/// The approvals of exactly the tree of a head, for a branch, that a key vouches for.
///
/// # Errors
/// A ref or an object cannot be read.
pub fn reviews_of(repository: &Repository, branch: &BranchName, head: &Revision) -> Result<Vec<Review>, Gap> {
    let tree = repository.subject(head)?.tree;
    let name = format!("refs/heads/{branch}");
    let history = GittufHistory::read(repository)?;
    let ours = history.approvals.iter().filter(|one| one.target_ref == name && one.tree == tree.as_str());
    let mut reviews = Vec::new();
    for approval in ours {
        let (Ok(vouched_by), Ok(base)) = (approval.vouched(), Revision::try_from(approval.from.clone()))
        else {
            continue;
        };
        for reviewer in approval.standing() {
            let position = reviews.len() as u64 + 1;
            reviews.push(review(reviewer, position, (&base, &tree), &vouched_by));
        }
    }
    Ok(reviews)
}

/// Identities are `login+number`.
fn review(reviewer: &str, position: u64, (base, tree): (&Revision, &ObjectName), vouched_by: &str) -> Review {
    let (login, id) = reviewer.split_once('+').unwrap_or((reviewer, reviewer));
    Review {
        id: ReviewId::from(format!("gittuf#{position}")),
        position,
        reviewer: Some(Account {
            login: Login::new(login),
            id: AccountId::from(id.to_string()),
            kind: AccountKind::Human,
        }),
        state: ReviewState::Approved,
        reviewed: ReviewedContent::Tree { base: base.clone(), tree: tree.clone() },
        submitted: None,
        source: ReviewSource::Imported(ImportedReview {
            source: ImportSource::Gittuf,
            vouched_by: vouched_by.to_string(),
        }),
    }
}
