//! Datasets, every mistake in one, and what becomes of the settings.

use crate::policy::{Policy, show};
use jiff::SignedDuration;
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::{Dataset, DeadlineShare, FieldRule, RecordClass, ReservedKeys};
use snapbox::{assert_data_eq, str};

const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "loads records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
"#;

const SMALL: &str = r#"
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
deadline = "24h"
"#;

fn read(section: &str) -> Result<Dataset, String> {
    let text = format!("{POLICY}{section}");
    let policy = Policy::parse(&text).map_err(|problems| show("portcullis.toml", &text, &problems))?;
    Ok(policy.scope.datasets.into_values().next().unwrap())
}

fn with(lines: &str) -> Result<Dataset, String> {
    read(&format!("{SMALL}{lines}\n"))
}

#[test]
fn a_small_dataset_has_no_budget_and_wants_both_sides_filled() {
    let dataset = read(SMALL).unwrap();
    assert_eq!(dataset.name, "nominal");
    assert_eq!(
        dataset.deadlines,
        [DeadlineShare { share: 1_000_000, within: SignedDuration::from_hours(24) }]
    );
    assert_eq!(dataset.deletion_deadlines, dataset.deadlines);
    assert!(dataset.budgets.is_empty());
    assert_eq!((dataset.floors.source_rows, dataset.floors.target_rows), (1, 1));
    assert_eq!((dataset.key[0].source.as_str(), dataset.key[0].target.as_str()), ("id", "id"));
}

#[test]
fn everything_that_can_be_written_is_read() {
    let dataset = with(
        r#"
deletion-deadline = [{ share = 0.9, within = "2h" }, { share = 1.0, within = "4h" }]
acknowledged-within = "1h"
clock-skew = "30s"
budgets = { late = 5, missing = 2 }
floors = { source-rows = 1000, target-rows = 900, largest-fall = 0.1 }
reserved = [{ field = "id", prefix = "TEST" }, { field = "id", first = "900", last = "999" }, { field = "surname", text = "TESTER" }]
full-every = "7d"
expected-every = "24h"
after-deploy = "4h"
green-within = "24h"
recipients = ["home-office"]
accepted = [{ key = "00112233445566778899aabbccddeeff", class = "missing", until = "2026-12-31", by = "robin", reason = "sent by post" }]

[[reconciliation.nominal.fields]]
name = "surname"
source = "SURNAME"
type = "text"
trim-end = true

[[reconciliation.nominal.fields]]
name = "active"
type = "boolean"
true = ["Y"]
false = ["N"]

[notification]
zone = "Europe/London"
[notification.parties.home-office]
title = "Home Office"
role = "recipient"
early-warning = "24h"
"#,
    )
    .unwrap();
    let shares: Vec<_> = dataset.deletion_deadlines.iter().map(|one| one.share).collect();
    assert_eq!(shares, [900_000, 1_000_000]);
    assert_eq!(dataset.budgets.get(&RecordClass::Late), Some(&5));
    assert_eq!(dataset.floors.fall, Some(100_000));
    assert_eq!(dataset.reserved[0], ReservedKeys::Prefix { field: "id".into(), prefix: "TEST".into() });
    assert_eq!(dataset.fields[0].rule, FieldRule::Text { trim_end: true, empty_is_null: false });
    assert_eq!(dataset.fields[0].source, "SURNAME");
    assert_eq!(dataset.recipients, ["home-office"]);
    let accepted = &dataset.accepted[0];
    assert_eq!(
        (accepted.key, accepted.class),
        (0x0011_2233_4455_6677_8899_aabb_ccdd_eeff, RecordClass::Missing)
    );
    assert_eq!((accepted.sequence, accepted.until.to_string().as_str()), (None, "2026-12-31T00:00:00Z"));
}

#[test]
fn words_of_receipts_and_accepted_differences_are_read_and_mistakes_have_their_place() {
    let system = |name: &str, more: &str| {
        format!(
            "[reconciliation.nominal.{name}]\nconnector = \"csv\"\nfiles = \"a.csv\"\nreason = \"why\"\n{more}\n"
        )
    };
    let words = system("receipts", "accepted = [\"OK\", \"DONE\"]\nreceived = [\"SEEN \"]");
    let dataset = with(&format!("{words}{}", system("rejects", "codes = [\"E1\"]"))).unwrap();
    assert_eq!(dataset.answer_words.accepted, ["OK", "DONE"]);
    assert_eq!(
        (dataset.answer_words.refused.as_slice(), dataset.answer_words.received.as_slice()),
        (["rejected".to_string()].as_slice(), ["SEEN".to_string()].as_slice())
    );
    assert_eq!(dataset.reject_codes, ["E1"]);
    let refused = |lines: &str, line: &str, words: &str| {
        let text = with(lines).unwrap_err();
        assert!(text.contains(line) && text.contains(words) && text.contains("help: "), "{text}");
    };
    let receipts = |more: &str| system("receipts", more);
    refused(
        &receipts("accepted = [\"OK\"]\nrejected = [\"OK\"]"),
        "rejected = [\"OK\"]",
        "would mean two things",
    );
    refused(&receipts("rejected = [\"accepted\"]"), "rejected = [", "means `accepted` already");
    refused(&receipts("received = [\" \"]"), "received = [", "1 to 64 characters");
    refused(&receipts("codes = [\"E1\"]"), "codes = [", "has no effect on `receipts`");
    refused(&system("source", "accepted = [\"OK\"]"), "accepted = [", "write it in `receipts`");
    let accepted = |key: &str, class: &str| {
        format!(
            "accepted = [{{ key = \"{key}\", class = \"{class}\", until = \"2026-12-31\", by = \"robin\", reason = \"x\" }}]"
        )
    };
    refused(&accepted("123", "missing"), "key = \"123\"", "is no keyed key");
    refused(&accepted(&"A".repeat(32), "missing"), "key = \"AAA", "is no keyed key");
    refused(&accepted(&"a".repeat(32), "ok"), "class = \"ok\"", "no class `ok` of differences");
    for budget in ["9223372036854775808", "18446744073709551616", "1000000000001", "-1"] {
        let text = with(&format!("budgets = {{ late = {budget} }}")).unwrap_err();
        assert!(
            text.contains(&format!("`{budget}` is no budget; write a whole number of records")),
            "{text}"
        );
    }
}

/// What runs were made by before keeps its name, so that they count.
#[test]
fn settings_that_are_left_out_change_no_definition() {
    let plain = read(SMALL).unwrap();
    let worded =
        with("[reconciliation.nominal.receipts]\nconnector = \"csv\"\nfiles = \"a.csv\"\nreason = \"why\"\n");
    let worded = worded.unwrap();
    let mut usual = worded.clone();
    usual.answer_words.accepted = vec!["OK".into()];
    assert_ne!(usual.definition(), worded.definition());
    let earlier = "sha256:ad3ce5de3856ff9f9d2936d40f9d55be3aac3d530e904b8ee6e35d781f3bf932";
    let earlier = Digest::try_from(earlier.to_string()).unwrap();
    assert!(plain.is_defined_by(&earlier));
    assert!(!usual.is_defined_by(&earlier));
}

#[test]
fn every_mistake_has_its_place_and_its_remedy() {
    let text = r#"
[reconciliation.nominal]
areas = ["uplaod"]
key = [{ name = "id", type = "text", scale = 2 }]
fields = [{ name = "id", type = "decimal" }, { name = "when", type = "date", format = "iso" }]
deadline = [{ share = 0.9, within = "24h" }]
deletion-deadline = "soon"
budgets = { mising = 5, ok = 3, late = -1 }
reserved = [{ field = "ident", prefix = "T" }, { field = "id" }]
floors = { largest-fall = 1.5 }
"#;
    assert_data_eq!(
        read(text).unwrap_err(),
        str![[r#"
error: there is no area `uplaod`
  --> portcullis.toml:14:10
   |
14 | areas = ["uplaod"]
   |          ^^^^^^^^
   |
   = help: did you mean `upload`?

error: `scale` has no effect on a field of the type `text`
  --> portcullis.toml:15:46
   |
15 | key = [{ name = "id", type = "text", scale = 2 }]
   |                                              ^
   |
   = help: remove it; this type has `trim-end`, `empty-is-null`

error: the field `id` is already defined
  --> portcullis.toml:16:20
   |
16 | fields = [{ name = "id", type = "decimal" }, { name = "when", type = "date", format = "iso" }]
   |                    ^^^^
   |
   = help: give each field a name of its own; a field of the key is compared without being named again

error: `iso` writes no part of a date
  --> portcullis.toml:16:87
   |
16 | fields = [{ name = "id", type = "decimal" }, { name = "when", type = "date", format = "iso" }]
   |                                                                                       ^^^^^
   |
   = help: write it as strftime(3) does: `%d/%m/%Y`

error: the last share has to be 1.0, or some records may never arrive; add `{ share = 1.0, within = "…" }`
  --> portcullis.toml:17:13
   |
17 | deadline = [{ share = 0.9, within = "24h" }]
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

error: `soon` is not a time; write "90s", "30m", "24h" or "7d", at most a year
  --> portcullis.toml:18:21
   |
18 | deletion-deadline = "soon"
   |                     ^^^^^^

error: there is no class `mising`
  --> portcullis.toml:19:13
   |
19 | budgets = { mising = 5, ok = 3, late = -1 }
   |             ^^^^^^
   |
   = help: did you mean `missing`?

error: records of the class `ok` are no differences
  --> portcullis.toml:19:25
   |
19 | budgets = { mising = 5, ok = 3, late = -1 }
   |                         ^^
   |
   = help: leave it out: they need no budget

error: `-1` is no budget; write a whole number of records from 0 to 1000000000000
  --> portcullis.toml:19:40
   |
19 | budgets = { mising = 5, ok = 3, late = -1 }
   |                                        ^^

error: there is no field `ident` to reserve keys of
  --> portcullis.toml:20:23
   |
20 | reserved = [{ field = "ident", prefix = "T" }, { field = "id" }]
   |                       ^^^^^^^
   |
   = help: known here: `id`

error: it is not plain which records this reserves
  --> portcullis.toml:20:48
   |
20 | reserved = [{ field = "ident", prefix = "T" }, { field = "id" }]
   |                                                ^^^^^^^^^^^^^^^^
   |
   = help: write `prefix`, or `first` and `last`, or `text`

error: `1.5` is not a share; write a number above 0, at most 1.0, with at most 6 digits after the point
  --> portcullis.toml:21:27
   |
21 | floors = { largest-fall = 1.5 }
   |                           ^^^

portcullis.toml: 12 problems

"#]]
    );
}

#[test]
fn a_deadline_that_leaves_records_without_one_is_refused() {
    let deadline =
        |written: &str| read(&SMALL.replace("\"24h\"", written)).map(|dataset| dataset.deadlines.len());
    assert_eq!(deadline(r#"[{ share = 0.9, within = "24h" }, { share = 1, within = "72h" }]"#), Ok(2));
    for bad in [
        "[]",
        r#"[{ share = 0.9, within = "24h" }]"#,
        r#"[{ share = 0.9, within = "24h" }, { share = 0.9, within = "72h" }, { share = 1.0, within = "73h" }]"#,
        r#"[{ share = 0.9, within = "24h" }, { share = 1.0, within = "12h" }]"#,
        r#"[{ share = 90, within = "24h" }, { share = 1.0, within = "72h" }]"#,
        r#"[{ share = 0.12345678, within = "24h" }, { share = 1.0, within = "72h" }]"#,
        r#""0h""#,
        r#""9999d""#,
        "24",
    ] {
        assert!(deadline(bad).is_err(), "{bad}");
    }
}

#[test]
fn every_connector_is_read_and_a_setting_of_another_is_refused() {
    let source = |lines: &str| {
        with(&format!("[reconciliation.nominal.source]\n{lines}")).map(|dataset| dataset.source.unwrap())
    };
    let connectors = [
        "connector = \"csv\"\nfiles = \"out/*.csv\"\ndelimiter = \";\"\ntrailer = { marker = \"T\", count = 2 }",
        "connector = \"fixed\"\nfiles = \"out/*.txt\"\nlayout = [{ name = \"id\", first = 1, length = 9 }]\ncharacters = \"ibm037\"",
        "connector = \"http\"\nurl = \"https://read.example.test/records\"\npaging = { next = \"/next\" }",
        "connector = \"jsonl\"\nfiles = \"out/*.jsonl\"\nmembers = \"dots\"",
        "connector = \"mysql\"\nhost = \"db.example.test\"\ndatabase = \"d\"\nuser = \"reader\"\ntable = \"t\"",
        "connector = \"odbc\"\nconnection = \"Driver=SQLite3;Database=x\"\nquery = \"SELECT 1\"",
        "connector = \"parquet\"\nfiles = \"out/*.parquet\"",
        "connector = \"postgresql\"\nsocket = \"/run/postgresql\"\ntls = \"off\"\ndatabase = \"d\"\nuser = \"reader\"\ntable = \"t\"",
        "connector = \"sqlite\"\nfile = \"target.db\"\ntable = \"nominal\"",
        "connector = \"sqlserver\"\nhost = \"db.example.test\"\ndatabase = \"d\"\nuser = \"reader\"\nquery = \"SELECT 1\"\npassword-env = \"READER\"",
        "connector = \"xml\"\nfiles = \"out/*.xml\"\nrecord = \"nominal\"",
    ];
    for lines in connectors {
        let settings = source(lines).unwrap_or_else(|problems| panic!("{lines}\n{problems}"));
        assert!(lines.contains(&format!("\"{}\"", settings.connector.connector())));
    }
    for (lines, complaint) in [
        ("connector = \"csv\"\nfiles = \"a\"\ntable = \"t\"", "`table` has no effect on the connector `csv`"),
        ("connector = \"csv\"", "the connector `csv` needs `files`"),
        ("connector = \"csv\"\nfiles = \"a\"\ndelimiter = \"::\"", "is not one ASCII character"),
        ("connector = \"csv\"\nfiles = \"a\"\ncharacters = \"utf8\"", "did you mean `utf-8`?"),
        ("connector = \"sqlite\"\nfile = \"a\"", "nothing says what is read"),
        (
            "connector = \"sqlite\"\nfile = \"a\"\ntable = \"t\"\nquery = \"SELECT 1\"",
            "both say what is read",
        ),
        (
            "connector = \"mysql\"\nhost = \"db.example.test\"\ntls = \"off\"\ndatabase = \"d\"\nuser = \"u\"\ntable = \"t\"",
            "without TLS only a socket",
        ),
        (
            "connector = \"sqlserver\"\nsocket = \"/run/mssql\"\ndatabase = \"d\"\nuser = \"u\"\ntable = \"t\"",
            "`socket` has no effect on the connector `sqlserver`",
        ),
        (
            "connector = \"odbc\"\nconnection = \"Driver=x;PWD=secret\"\ntable = \"t\"",
            "a policy holds no password",
        ),
        ("connector = \"postgres\"\nfile = \"a\"", "did you mean `postgresql`?"),
        (
            "connector = \"csv\"\nfiles = \"a\"\noperation = { column = \"op\", upload = [\"I\"], amend = [\"I\"] }",
            "`I` would be two operations",
        ),
    ] {
        let problems = source(lines).unwrap_err();
        assert!(problems.contains(complaint), "{lines}\n{problems}");
    }
}
