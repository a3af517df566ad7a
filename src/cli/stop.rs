//! Why a judgement ends before anything is gathered.

use super::exit::Failure;
use portcullis_model::decision::Judged;
use portcullis_model::fact::Gap;

/// Why nothing can be decided.
pub enum Stop {
    /// The arguments make no sense, or what they ask for cannot be done.
    Failure(Failure),
    /// Something could not be seen.
    Gap(Box<Judged>, Gap),
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Stop::Failure(failure.into())
    }
}

impl Stop {
    /// A gap before it is known what is judged.
    pub fn nothing_known(gap: Gap) -> Stop {
        Stop::Gap(Box::default(), gap)
    }
}
