//! What was gathered for one judgement, of a change, of a batch of them, or of a deployment.

use crate::batch::BatchFacts;
use crate::deployment::Deployment;
use crate::facts::Facts;

/// The facts of a change, of a batch or of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatheredFacts {
    /// Of one change request.
    Change(Box<Facts>),
    /// Of a batch of change requests.
    Batch(Box<BatchFacts>),
    /// Of a deployment.
    Deployment(Box<Deployment>),
}

impl GatheredFacts {
    /// The facts of the change, or of everything that would land or be deployed as one change.
    pub fn whole(&self) -> &Facts {
        match self {
            GatheredFacts::Change(facts) => facts,
            GatheredFacts::Batch(facts) => &facts.whole,
            GatheredFacts::Deployment(facts) => &facts.whole,
        }
    }

    /// The facts of the whole, and of each request behind a landing.
    pub fn all_facts(&self) -> Box<dyn Iterator<Item = &Facts> + '_> {
        match self {
            GatheredFacts::Change(facts) => Box::new(std::iter::once(facts.as_ref())),
            GatheredFacts::Batch(facts) => Box::new(facts.all_facts()),
            GatheredFacts::Deployment(facts) => Box::new(facts.all_facts()),
        }
    }

    /// The same, to be completed.
    pub fn whole_mut(&mut self) -> &mut Facts {
        match self {
            GatheredFacts::Change(facts) => facts,
            GatheredFacts::Batch(facts) => &mut facts.whole,
            GatheredFacts::Deployment(facts) => &mut facts.whole,
        }
    }
}

impl From<Facts> for GatheredFacts {
    fn from(facts: Facts) -> Self {
        GatheredFacts::Change(Box::new(facts))
    }
}

impl From<BatchFacts> for GatheredFacts {
    fn from(facts: BatchFacts) -> Self {
        GatheredFacts::Batch(Box::new(facts))
    }
}

impl From<Deployment> for GatheredFacts {
    fn from(facts: Deployment) -> Self {
        GatheredFacts::Deployment(Box::new(facts))
    }
}
