//! Lists in the text of a policy, with the place of each part.

use toml::Spanned;

/// A list with the place of every element.
pub type List<T> = Spanned<Vec<Spanned<T>>>;
