//! What is due, for people. Who shows these texts makes them harmless, as a whole.

use super::escape;
use super::summary::word_of;
use portcullis_model::plural::plural;
use portcullis_wire::due::v1::{DueV1, ExpectedDeedV1};
use std::fmt::Write as _;

/// Everything that is overdue, comes soon, or could not be seen.
pub fn describe_due(due: &DueV1) -> String {
    let overdue = match due.overdue.len() as u64 {
        0 => "nothing is overdue".to_string(),
        count => format!("{} overdue", plural(count, "thing")),
    };
    let unseen = match due.unseen.len() as u64 {
        0 => String::new(),
        count => format!(", {count} could not be seen"),
    };
    let mut text = format!("{} at {}: {overdue}{unseen}\n", escape::line(&due.project), word_of(&due.at));
    due.overdue.iter().for_each(|deed| text += &describe_deed("OVERDUE", "was due", deed));
    for unseen in &due.unseen {
        let _ = writeln!(text, "  UNSEEN   {}: {}", unseen.source, escape::line(&unseen.why));
        let _ = writeln!(text, "           help: {}", escape::line(&unseen.remedy));
    }
    due.coming.iter().for_each(|deed| text += &describe_deed("coming", "is due", deed));
    let looked: Vec<&str> = due
        .sources
        .iter()
        .filter(|source| source.idle.is_none())
        .map(|source| source.name.as_str())
        .collect();
    if !looked.is_empty() {
        let _ = writeln!(text, "looked at: {}", looked.join(", "));
    }
    for source in &due.sources {
        if let Some(idle) = &source.idle {
            let _ = writeln!(text, "not expected: {}, because {}", source.name, escape::line(idle));
        }
    }
    text
}

fn describe_deed(word: &str, when: &str, deed: &ExpectedDeedV1) -> String {
    format!(
        "  {word:<7}  {}: {} {when} {} ({})\n           help: {}\n",
        escape::line(&deed.subject),
        escape::line(&deed.what),
        word_of(&deed.due),
        deed.source,
        escape::line(&deed.remedy)
    )
}
