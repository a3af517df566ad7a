//! The `markdown` format.

use super::{Format, Style};
use crate::model::decision::Decision;
use std::io;

/// The format.
pub static FORMAT: Format = Format { name: "markdown", about: "", write };

fn write(_decision: &Decision, _style: Style, _out: &mut dyn io::Write) -> io::Result<()> {
    todo!()
}
