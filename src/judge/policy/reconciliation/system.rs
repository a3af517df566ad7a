//! From the text of a system to its settings.

use super::super::Problem;
use super::super::checks::{check_filled, check_text};
use super::super::list::List;
use super::connector::build_connector;
use super::system_text::{OperationText, SystemText, TimeText};
use portcullis_model::reconciliation::{OperationColumn, SystemSettings, TimeColumn};
use toml::Spanned;

/// Checks and builds a system.
pub fn build_system(text: &Spanned<SystemText>, problems: &mut Vec<Problem>) -> Option<SystemSettings> {
    let written = text.get_ref();
    let name = written.connector.get_ref().as_str();
    for (key, span, _) in written.written().into_iter().filter(|(_, _, of)| !of.contains(&name)) {
        let message = format!("`{key}` has no effect on the connector `{name}`");
        problems.push(Problem::new(span, message).help("remove it"));
    }
    for column in [&written.sequence, &written.reason].into_iter().flatten() {
        check_text(column, "the name of the column", problems);
    }
    let connector = build_connector(written, &text.span(), problems);
    Some(SystemSettings {
        operation: written.operation.as_ref().map(|operation| build_operation(operation, problems)),
        sequence: written.sequence.as_ref().map(|column| column.get_ref().clone()),
        time: written.time.as_ref().map(|time| build_time(time, problems)),
        reason: written.reason.as_ref().map(|column| column.get_ref().clone()),
        connector: connector?,
    })
}

fn build_operation(text: &OperationText, problems: &mut Vec<Problem>) -> OperationColumn {
    check_text(&text.column, "the name of the column", problems);
    let mut seen = Vec::new();
    let mut words = |list: &Option<List<String>>, default: &str| -> Vec<String> {
        let Some(list) = list else { return vec![default.to_string()] };
        check_filled(list, "leave it out, or write what the column holds", problems);
        for word in list.get_ref() {
            if seen.contains(word.get_ref()) {
                let message = format!("`{}` would be two operations", word.get_ref());
                problems.push(Problem::new(word.span(), message).help("write it once"));
            }
            seen.push(word.get_ref().clone());
        }
        list.get_ref().iter().map(|word| word.get_ref().clone()).collect()
    };
    OperationColumn {
        upload: words(&text.upload, "U"),
        amend: words(&text.amend, "A"),
        delete: words(&text.delete, "D"),
        column: text.column.get_ref().clone(),
    }
}

fn build_time(text: &TimeText, problems: &mut Vec<Problem>) -> TimeColumn {
    check_text(&text.column, "the name of the column", problems);
    TimeColumn { column: text.column.get_ref().clone(), format: text.format.clone(), zone: text.zone.clone() }
}
