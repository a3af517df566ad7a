//! Where a rehearsal is written, and in which form.

use crate::exit::{Failure, Result};
use crate::output::{self, PlainJson};
use portcullis_render::{Style, rehearsal};
use portcullis_wire::rehearsal::v1::RehearsalV1;
use std::io::{self, Write};
use std::path::PathBuf;

/// The forms, by name.
const FORMATS: [&str; 3] = ["html", "json", "terminal"];

/// The forms that were asked for, each with its file.
pub struct RehearsalPlan(Vec<(String, Option<PathBuf>)>);

impl RehearsalPlan {
    /// What the arguments say.
    ///
    /// # Errors
    /// An unknown form, or two for stdout or one file.
    pub fn read(formats: &[String]) -> Result<Self> {
        if formats.is_empty() {
            return Ok(RehearsalPlan(vec![("terminal".to_string(), None)]));
        }
        let plan = formats.iter().map(|text| read_form(text)).collect::<Result<Vec<_>>>()?;
        output::refuse_same_place(plan.iter().map(|(_, file)| file.as_deref()))?;
        Ok(RehearsalPlan(plan))
    }

    /// Writes the rehearsal in every form.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, rehearsal: &RehearsalV1) -> Result<()> {
        for (name, file) in &self.0 {
            let style = match file {
                Some(_) => Style { colour: false, ..output::for_columns() },
                None => output::for_columns(),
            };
            let write = |out: &mut dyn Write| write_form(name, rehearsal, style, out);
            match file {
                Some(file) => output::write_file_with(file, write)?,
                None => output::stdout_with(write)?,
            }
        }
        Ok(())
    }
}

fn read_form(text: &str) -> Result<(String, Option<PathBuf>)> {
    let (name, file) = output::split_format(text)?;
    if !FORMATS.contains(&name) {
        return Err(Failure::usage(output::unknown("format", name, FORMATS.into_iter())));
    }
    Ok((name.to_string(), file))
}

fn write_form(name: &str, rehearsal: &RehearsalV1, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match name {
        "json" => {
            let mut plain = PlainJson::to(out);
            serde_json::to_writer_pretty(&mut plain, rehearsal)?;
            plain.write_all(b"\n")?;
            plain.flush()
        }
        "html" => out.write_all(rehearsal::html::write_page(rehearsal).as_bytes()),
        _ => rehearsal::terminal::write_report(rehearsal, style, out),
    }
}
