//! Form 1 of the digests, which runs and manifests of earlier versions have. It was taken from what
//! the compiler derives of the settings (`Debug`), so it is computed only to recognise them: where
//! a type or field got another name since, they are of another definition. A test holds its digests
//! and fails then.

use crate::digest::{Digest, Digester};
use crate::reconciliation::{
    AnswerWords, Dataset, DatasetField, DatasetSide, DeadlineShare, ReservedKeys, SystemSettings,
};

/// The first part of what is digested.
const FORM: &str = "portcullis dataset 1";

/// Likewise, of one system.
const SYSTEM_FORM: &str = "portcullis system 1";

/// The digest of what is compared and how; `None` where the dataset has settings that earlier
/// versions did not know, and form 1 does not hold.
pub(super) fn digest_definition(dataset: &Dataset) -> Option<Digest> {
    let is_of_form = dataset.answer_words == AnswerWords::default()
        && dataset.manifest_signers.is_none()
        && dataset.accepted.is_empty();
    is_of_form.then(|| digest_settings(dataset))
}

fn digest_settings(dataset: &Dataset) -> Digest {
    let mut parts = Parts::default();
    parts.text(FORM).text(&dataset.name);
    parts.list(&dataset.key, Parts::field).list(&dataset.fields, Parts::field);
    parts.list(&dataset.deadlines, Parts::share).list(&dataset.deletion_deadlines, Parts::share);
    parts.text(&format!("{:?} {:?}", dataset.acknowledged_within, dataset.clock_skew));
    let floors = dataset.floors;
    parts.text(&format!("{} {} {:?}", floors.source_rows, floors.target_rows, floors.fall));
    parts.list(&dataset.reserved, Parts::reserved);
    let sides = [&dataset.source, &dataset.target, &dataset.rejects, &dataset.receipts];
    sides.iter().for_each(|side| parts.system(side.as_ref()));
    parts.0.digest()
}

/// The digest of how one system is read; `None` as above.
pub(super) fn digest_reading(
    dataset: &Dataset,
    side: DatasetSide,
    system: &SystemSettings,
) -> Option<Digest> {
    let is_of_form =
        dataset.receipts.as_ref() != Some(system) || dataset.answer_words == AnswerWords::default();
    is_of_form.then(|| digest_system(dataset, side, system))
}

fn digest_system(dataset: &Dataset, side: DatasetSide, system: &SystemSettings) -> Digest {
    let mut parts = Parts::default();
    parts.text(SYSTEM_FORM).text(&dataset.name).text(side.as_str());
    for fields in [&dataset.key, &dataset.fields] {
        parts.list(fields, |parts, field| {
            let column = match side {
                DatasetSide::Source => &field.source,
                DatasetSide::Target => &field.target,
            };
            parts.text(&field.name).text(column);
        });
    }
    parts.system(Some(system));
    parts.0.digest()
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

    fn system(&mut self, system: Option<&SystemSettings>) {
        self.text(&system.map(|system| format!("{system:?}")).unwrap_or_default());
    }
}
