//! The JSON files that Portcullis writes and that people keep, one module for each form and
//! version.
//!
//! The types here are apart from the model's, so that a model type can be renamed, split or joined
//! without a change to a file that already lies somewhere. Three rules keep it so:
//!
//! * A form is written by taking the model's value apart field by field, without `..`. A field that
//!   the model gains is then a compile error here, until the form shows it or leaves it out on
//!   purpose.
//! * A version that was released only gains members, and only such that a reader may ignore. What a
//!   reader has to know, and whatever would be renamed, dropped or read otherwise, makes a new
//!   version beside the old one.
//! * What hosts name (accounts, requests, repositories, branches) is text that a reader compares
//!   and takes no meaning from, so that another host needs no version of its own.
//!
//! [`schema::TABLE`] holds the JSON Schema of each form, as `portcullis schema` prints it.

/// The words of an enum of the model in a form, both ways. A word that only one side has is a
/// compile error.
#[macro_export]
macro_rules! words {
    ($($form:ident = $model:ident { $($word:ident = $variant:ident),+ })+) => { $(
        impl From<$model> for $form {
            fn from(value: $model) -> Self {
                match value { $($model::$variant => $form::$word),+ }
            }
        }

        impl From<$form> for $model {
            fn from(word: $form) -> Self {
                match word { $($form::$word => $model::$variant),+ }
            }
        }
    )+ };
}
pub mod anchor;
pub mod audit;
pub mod decision;
pub mod drill;
pub mod due;
pub mod engine_plan;
pub mod evidence_file;
pub mod exchange;
pub mod facts;
pub mod fleet;
pub mod form;
pub mod incident;
pub mod incident_status;
pub mod interrupted;
pub mod look_failure;
pub mod manifest;
pub mod pack;
pub mod reconciliation;
pub mod record;
pub mod record_list;
pub mod rehearsal;
pub mod replay;
pub mod review;
pub mod run;
pub mod schema;
pub mod sealed;
pub mod server;
pub mod simulation;
pub mod snapshot;
pub mod statement;
pub mod status;
pub mod strict;
pub mod text;

#[cfg(test)]
mod tests;
