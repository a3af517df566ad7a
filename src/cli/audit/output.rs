//! Where an audit is written, and in which form.

use crate::exit::{Failure, Result};
use crate::output::{self, PlainJson};
use portcullis_render::audit;
use portcullis_wire::audit::v1::AuditV1;
use std::io::{self, Write};
use std::path::PathBuf;

/// The forms, by name.
const FORMATS: [&str; 4] = ["csv", "json", "markdown", "terminal"];

/// The forms that were asked for, each with its file.
pub struct OutputPlan(Vec<(String, Option<PathBuf>)>);

impl OutputPlan {
    /// What the arguments say.
    ///
    /// # Errors
    /// An unknown form, or two for stdout or one file.
    pub fn read(formats: &[String]) -> Result<Self> {
        if formats.is_empty() {
            return Ok(OutputPlan(vec![("terminal".to_string(), None)]));
        }
        let mut plan: Vec<(String, Option<PathBuf>)> = Vec::new();
        for text in formats {
            let (name, file) = output::split_format(text)?;
            if !FORMATS.contains(&name) {
                return Err(Failure::usage(output::unknown("format", name, FORMATS.into_iter())));
            }
            plan.push((name.to_string(), file));
        }
        output::refuse_same_place(plan.iter().map(|(_, file)| file.as_deref()))?;
        Ok(OutputPlan(plan))
    }

    /// Writes the audit in every form.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, audit: &AuditV1, verbose: bool) -> Result<()> {
        for (name, file) in &self.0 {
            let write = |out: &mut dyn Write| write_form(name, audit, verbose, out);
            match file {
                Some(file) => output::write_file_with(file, write)?,
                None => output::stdout_with(write)?,
            }
        }
        Ok(())
    }
}

fn write_form(name: &str, audit: &AuditV1, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    match name {
        "json" => {
            let mut plain = PlainJson::to(out);
            serde_json::to_writer_pretty(&mut plain, audit)?;
            plain.write_all(b"\n")?;
            plain.flush()
        }
        "csv" => audit::csv::write_worksheet(audit, out),
        "markdown" => audit::markdown::write_report(audit, out),
        _ => audit::terminal::write_report(audit, verbose, out),
    }
}
