//! Runs, open differences, incidents and notices as tables.

use crate::csv::{Csv, Field};
use crate::tables::word;
use portcullis_model::reconciliation::RecordClass;
use portcullis_wire::audit::v1::{
    ArrivalsV1, AuditedDatasetV1, AuditedIncidentV1, AuditedNoticeV1, AuditedRunV1, OpenBreakV1,
};

/// The files, each with its path.
pub(crate) fn arrival_files(arrivals: &ArrivalsV1) -> [(&'static str, String); 5] {
    [
        ("arrivals/runs.csv", runs_csv(arrivals)),
        ("arrivals/breaks.csv", breaks_csv(arrivals)),
        ("arrivals/incidents.csv", incidents_csv(arrivals)),
        ("arrivals/notices.csv", notices_csv(arrivals)),
        ("arrivals/arrivals.json", serde_json::to_string_pretty(arrivals).unwrap_or_default() + "\n"),
    ]
}

/// What comes before the classes in the table of runs.
const BEFORE: [&str; 9] = [
    "dataset",
    "number",
    "time",
    "sides_read_by",
    "records",
    "outcome",
    "said",
    "source_rows",
    "target_rows",
];

/// What comes behind them.
const BEHIND: [&str; 6] = ["open_differences", "faults", "signed_by", "tool", "commit", "digest"];

fn runs_csv(arrivals: &ArrivalsV1) -> String {
    let classes = RecordClass::ALL.iter().map(|class| class.as_str());
    let columns: Vec<&str> = BEFORE.into_iter().chain(classes).chain(BEHIND).collect();
    let mut csv = Csv::new(&columns);
    for dataset in &arrivals.datasets {
        dataset.runs.iter().for_each(|run| csv.row(&run_row(dataset, run)));
    }
    csv.text()
}

fn run_row(dataset: &AuditedDatasetV1, run: &AuditedRunV1) -> Vec<Field> {
    let seen = |class: &RecordClass| {
        run.classes.iter().find(|one| one.class == class.as_str()).map_or(0, |one| one.seen)
    };
    let signers = run.signature.as_ref().map(|signature| signature.signers.join(" ")).unwrap_or_default();
    let mut row = vec![
        Field::text(&dataset.dataset),
        number(run.number),
        Field::text(&run.time),
        Field::text(&run.as_of),
        Field::text(&word(&run.population)),
        Field::text(&word(&run.outcome)),
        Field::text(&word(&run.said)),
        number(run.source_rows),
        number(run.target_rows),
    ];
    row.extend(RecordClass::ALL.iter().map(|class| number(seen(class))));
    row.extend([
        number(run.open_breaks),
        Field::text(&run.faults.join("; ")),
        Field::text(&signers),
        Field::text(&run.tool),
        Field::text(run.commit.as_str()),
        Field::text(run.digest.as_str()),
    ]);
    row
}

fn number(value: u64) -> Field {
    Field::text(&value.to_string())
}

fn breaks_csv(arrivals: &ArrivalsV1) -> String {
    let mut csv = Csv::new(&[
        "dataset",
        "key",
        "class",
        "first_seen_by_run",
        "since",
        "age_in_seconds",
        "confirmed",
        "accepted",
        "open_at_run",
        "run_time",
    ]);
    for dataset in &arrivals.datasets {
        if let Some(breaks) = &dataset.breaks {
            let end = (breaks.run, breaks.time.as_str());
            breaks.oldest.iter().for_each(|one| csv.row(&break_row(&dataset.dataset, one, end)));
        }
    }
    csv.text()
}

fn break_row(dataset: &str, one: &OpenBreakV1, (run, time): (u64, &str)) -> Vec<Field> {
    vec![
        Field::text(dataset),
        Field::text(&one.key),
        Field::text(&one.class),
        number(one.opened),
        Field::text(&one.since),
        number(one.age),
        Field::text(&one.confirmed.to_string()),
        Field::text(&one.accepted.to_string()),
        number(run),
        Field::text(time),
    ]
}

/// The incidents of an audit.
fn incidents_of(arrivals: &ArrivalsV1) -> impl Iterator<Item = &AuditedIncidentV1> {
    arrivals.register.iter().flat_map(|register| &register.incidents)
}

fn incidents_csv(arrivals: &ArrivalsV1) -> String {
    let mut csv = Csv::new(&[
        "incident",
        "dataset",
        "draft",
        "recorded",
        "known_from",
        "found_by",
        "first_bad",
        "last_good",
        "classes",
        "deployed_between",
        "closed",
        "outcome",
    ]);
    incidents_of(arrivals).for_each(|incident| csv.row(&incident_row(incident)));
    csv.text()
}

fn incident_row(incident: &AuditedIncidentV1) -> Vec<Field> {
    let or_unknown = |text: &Option<String>| Field::text(text.as_deref().unwrap_or("unknown"));
    let classes = incident.classes.iter().map(|one| format!("{}={}", one.class, one.count));
    let between = incident.exposure.as_ref().map(|exposure| {
        exposure.between.iter().map(|one| format!("{}#{}", one.environment, one.number)).collect::<Vec<_>>()
    });
    vec![
        Field::text(incident.id.as_str()),
        Field::text(&incident.dataset),
        Field::text(&incident.draft.to_string()),
        Field::text(&incident.recorded_at),
        Field::text(&incident.aware_at),
        or_unknown(&incident.detected_by),
        or_unknown(&incident.first_bad),
        or_unknown(&incident.last_good),
        Field::text(&classes.collect::<Vec<_>>().join(" ")),
        between.map_or_else(|| Field::text("unknown"), |all| Field::list(&all)),
        Field::text(incident.closed_at.as_deref().unwrap_or_default()),
        Field::text(&incident.outcome.as_ref().map(word).unwrap_or_default()),
    ]
}

fn notices_csv(arrivals: &ArrivalsV1) -> String {
    let mut csv = Csv::new(&[
        "incident", "party", "title", "kind", "turn", "due", "state", "sent", "recorded", "entry", "digest",
    ]);
    for incident in incidents_of(arrivals) {
        let notices = incident.notices.iter().flatten();
        notices.for_each(|notice| csv.row(&notice_row(incident, notice)));
    }
    csv.text()
}

fn notice_row(incident: &AuditedIncidentV1, notice: &AuditedNoticeV1) -> Vec<Field> {
    let of = |text: &Option<String>| Field::text(text.as_deref().unwrap_or_default());
    vec![
        Field::text(incident.id.as_str()),
        Field::text(&notice.party),
        Field::text(&notice.title),
        Field::text(&word(&notice.kind)),
        Field::text(&notice.turn.to_string()),
        Field::text(notice.due.as_deref().unwrap_or("unknown")),
        Field::text(&word(&notice.state)),
        of(&notice.sent_at),
        of(&notice.recorded_at),
        Field::text(&notice.entry.map(|entry| entry.to_string()).unwrap_or_default()),
        Field::text(notice.digest.as_ref().map_or("", |digest| digest.as_str())),
    ]
}
