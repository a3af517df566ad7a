//! What is due, for people. Who shows these texts makes them harmless, as a whole.

use super::escape;
use super::prose::hang_text;
use super::summary::word_of;
use portcullis_model::plural::plural;
use portcullis_wire::due::v1::{DueV1, ExpectedDeedV1};

/// Where the text of a thing begins.
const COLUMN: usize = 11;

/// Everything that is overdue, comes soon, or could not be seen, in lines of this width.
pub fn describe_due(due: &DueV1, width: usize) -> String {
    let overdue = match due.overdue.len() as u64 {
        0 => "nothing is overdue".to_string(),
        count => format!("{} overdue", plural(count, "thing")),
    };
    let unseen = match due.unseen.len() as u64 {
        0 => String::new(),
        count => format!(", {count} could not be seen"),
    };
    let item = |word: &str, words: &str| hang_text(&format!("  {word:<9}"), COLUMN, words, width);
    let help = |remedy: &str| item("", &format!("help: {}", escape::line(remedy)));
    let deeds = |word: &str, when: &str, deeds: &[ExpectedDeedV1]| -> String {
        deeds.iter().map(|deed| item(word, &describe_deed(when, deed)) + &help(&deed.remedy)).collect()
    };
    let head = format!("{} at {}: {overdue}{unseen}", escape::line(&due.project), word_of(&due.at));
    let mut text = hang_text("", 2, &head, width);
    text += &deeds("OVERDUE", "was due", &due.overdue);
    for unseen in &due.unseen {
        text += &item("UNSEEN", &format!("{}: {}", unseen.source, escape::line(&unseen.why)));
        text += &help(&unseen.remedy);
    }
    text += &deeds("coming", "is due", &due.coming);
    for note in &due.notes {
        text += &item("note", &format!("{}: {}", note.source, escape::line(&note.note)));
    }
    let looked: Vec<&str> = due
        .sources
        .iter()
        .filter(|source| source.idle.is_none())
        .map(|source| source.name.as_str())
        .collect();
    if !looked.is_empty() {
        text += &hang_text("", 2, &format!("looked at: {}", looked.join(", ")), width);
    }
    for source in &due.sources {
        if let Some(idle) = &source.idle {
            let words = format!("not expected: {}, because {}", source.name, escape::line(idle));
            text += &hang_text("", 2, &words, width);
        }
    }
    text
}

fn describe_deed(when: &str, deed: &ExpectedDeedV1) -> String {
    let (subject, what) = (escape::line(&deed.subject), escape::line(&deed.what));
    format!("{subject}: {what} {when} {} ({})", word_of(&deed.due), deed.source)
}
