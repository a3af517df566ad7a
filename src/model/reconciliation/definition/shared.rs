//! Parts that the texts of several connectors have.

use super::text::DefinitionText;
use crate::reconciliation::connector::{MemberPath, SecretPlace};

pub(super) const fn name_members(members: MemberPath) -> &'static str {
    match members {
        MemberPath::Name => "name",
        MemberPath::Dots => "dots",
        MemberPath::Pointer => "pointer",
    }
}

/// Where a secret is; never the secret.
pub(super) fn write_secret(text: &mut DefinitionText, secret: &SecretPlace) {
    match secret {
        SecretPlace::Environment(variable) => text.entry("secret-variable", variable),
        SecretPlace::File(path) => text.entry("secret-file", path),
    }
}
