//! The people whom the facts of an audit name. What a host says of them is in no file of a pack,
//! and findings name them in words.

use portcullis_model::deployment::Deployment;
use portcullis_model::gathered::GatheredFacts;
use portcullis_model::snapshot::ProtectionLook;
use portcullis_pack::redact::AddressFinder;
use portcullis_wire::facts::write_facts;
use portcullis_wire::snapshot::v1::write_look;
use std::cell::RefCell;

/// Learns people, where a pack names no one.
#[derive(Default)]
pub struct PeopleSeen(Option<RefCell<AddressFinder>>);

impl PeopleSeen {
    /// Learns them only if `wanted`.
    pub fn if_wanted(wanted: bool) -> Self {
        PeopleSeen(wanted.then(RefCell::default))
    }

    /// Learns those whom the facts of a landing name.
    pub fn learn_facts(&self, facts: &Deployment) {
        if let Some(finder) = &self.0
            && let Ok(text) = write_facts(GatheredFacts::Deployment(Box::new(facts.clone())))
        {
            learn(finder, text.as_bytes());
        }
    }

    /// Learns those whom a look at the protection of a branch names.
    pub fn learn_look(&self, look: ProtectionLook) {
        if let Some(finder) = &self.0
            && let Ok(bytes) = write_look(look)
        {
            learn(finder, &bytes);
        }
    }

    /// Everyone who was learned.
    pub fn into_finder(self) -> AddressFinder {
        self.0.map(RefCell::into_inner).unwrap_or_default()
    }
}

fn learn(finder: &RefCell<AddressFinder>, json: &[u8]) {
    if let Ok(value) = serde_json::from_slice(json) {
        finder.borrow_mut().learn_accounts(&value);
    }
}
