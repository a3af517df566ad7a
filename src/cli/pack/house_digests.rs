//! A house policy that names people has another text in a pack, and so another digest: there the
//! policies that extend it have to name that one.

use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::digest::Digest;
use portcullis_pack::redact::Redactor;
use portcullis_wire::facts::read_facts;

/// The digests of house policies, as they were and as they are in the pack.
pub(super) struct HouseDigests(Vec<(Digest, Digest)>);

impl HouseDigests {
    /// Those of the house policies that these facts hold.
    pub(super) fn of(facts: Option<&[u8]>, redactor: &Redactor) -> Self {
        let Some(facts) = facts.and_then(|facts| read_facts(facts).ok()) else {
            return HouseDigests(Vec::new());
        };
        let houses = facts.all_facts().map(HouseTexts::in_facts);
        let both = |text: &String| (Digest::of(text.as_bytes()), Digest::of(redactor.text(text).as_bytes()));
        let mut pairs: Vec<_> =
            houses.flat_map(|houses| houses.texts().iter().map(both).collect::<Vec<_>>()).collect();
        pairs.retain(|(before, after)| before != after);
        HouseDigests(pairs)
    }

    /// A text of the pack, with the digests that hold there.
    pub(super) fn renew(&self, text: &str) -> String {
        let pairs = self.0.iter();
        pairs.fold(text.to_string(), |text, (before, after)| text.replace(before.as_str(), after.as_str()))
    }
}
