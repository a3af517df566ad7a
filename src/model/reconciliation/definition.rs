//! What a dataset compares and how, as one digest: two runs are about the same thing when it is
//! the same.
//!
//! Budgets are not in it, and neither is how often runs are due: these are judged anew from what a
//! run counted, by the policy that judges. All that a comparison itself depends on is in it, so
//! that a run with a longer deadline, a lower floor or another table proves nothing here.

use super::{
    AcceptedDifference, AnswerWords, Dataset, DatasetField, DatasetSide, DeadlineShare, ReservedKeys,
    SystemSettings,
};
use crate::digest::{Digest, Digester};

/// The version of what is digested, which is its first part.
const FORM: &str = "portcullis dataset 1";

/// Likewise, of one system.
const SYSTEM_FORM: &str = "portcullis system 1";

impl Dataset {
    /// The digest of what is compared and how.
    #[must_use]
    pub fn definition(&self) -> Digest {
        let mut parts = Parts::default();
        parts.text(FORM).text(&self.name);
        parts.list(&self.key, Parts::field).list(&self.fields, Parts::field);
        parts.list(&self.deadlines, Parts::share).list(&self.deletion_deadlines, Parts::share);
        parts.text(&format!("{:?} {:?}", self.acknowledged_within, self.clock_skew));
        let floors = self.floors;
        parts.text(&format!("{} {} {:?}", floors.source_rows, floors.target_rows, floors.fall));
        parts.list(&self.reserved, Parts::reserved);
        let sides = [&self.source, &self.target, &self.rejects, &self.receipts];
        sides.iter().for_each(|side| parts.system(side.as_ref()));
        parts.words(&self.answer_words);
        if let Some(path) = &self.manifest_signers {
            parts.text(&format!("signed by {path}"));
        }
        self.accepted.iter().for_each(|one| parts.accepted(one));
        parts.0.digest()
    }

    /// The digest of how one system is read for this dataset: the connector with its query or
    /// files, and the columns of the fields. A manifest names it, so that a comparison recognises
    /// a manifest that was read by other settings.
    #[must_use]
    pub fn reading(&self, side: DatasetSide, system: &SystemSettings) -> Digest {
        let mut parts = Parts::default();
        parts.text(SYSTEM_FORM).text(&self.name).text(side.as_str());
        for fields in [&self.key, &self.fields] {
            parts.list(fields, |parts, field| {
                let column = match side {
                    DatasetSide::Source => &field.source,
                    DatasetSide::Target => &field.target,
                };
                parts.text(&field.name).text(column);
            });
        }
        parts.system(Some(system));
        if self.receipts.as_ref() == Some(system) {
            parts.words(&self.answer_words);
        }
        parts.0.digest()
    }
}

/// Texts, each with its length before it, so that no two lists of them have one digest.
#[derive(Default)]
struct Parts(Digester);

impl Parts {
    fn text(&mut self, text: &str) -> &mut Self {
        self.0.take(format!("{}:", text.len()).as_bytes());
        self.0.take(text.as_bytes());
        self
    }

    fn list<T>(&mut self, list: &[T], add: impl Fn(&mut Self, &T)) -> &mut Self {
        self.text(&list.len().to_string());
        list.iter().for_each(|one| add(self, one));
        self
    }

    fn field(&mut self, field: &DatasetField) {
        self.text(&field.name).text(&field.source).text(&field.target).text(&format!("{:?}", field.rule));
    }

    fn share(&mut self, share: &DeadlineShare) {
        self.text(&format!("{} {}", share.share, share.within.as_secs()));
    }

    fn reserved(&mut self, reserved: &ReservedKeys) {
        self.text(&format!("{reserved:?}"));
    }

    /// The usual words are not written, so that a dataset which names none keeps its digest.
    fn words(&mut self, words: &AnswerWords) {
        if *words != AnswerWords::default() {
            self.text(&format!("{words:?}"));
        }
    }

    /// Who accepts it and why plays no part in a comparison.
    fn accepted(&mut self, one: &AcceptedDifference) {
        let AcceptedDifference { key, class, sequence, until, .. } = one;
        self.text(&format!("accepted {key:032x} {} {sequence:?} {until}", class.as_str()));
    }

    fn system(&mut self, system: Option<&SystemSettings>) {
        self.text(&system.map(|system| format!("{system:?}")).unwrap_or_default());
    }
}
