//! Reports of providers, and rows that are no rows.

use super::*;
use portcullis_model::path::RepoPath;
use portcullis_model::training::Course;
use std::collections::BTreeSet;

fn settings() -> TrainingSettings {
    let course = Course {
        title: "Reviewing".into(),
        valid_for: None,
        achievements: BTreeSet::new(),
        activities: BTreeSet::new(),
    };
    TrainingSettings {
        register: RepoPath::from("portcullis-people.toml"),
        courses: [("secure-review".to_string(), course)].into(),
        issuers: BTreeMap::new(),
    }
}

/// As Moodle's completion report has it.
const MOODLE: &str = "course = \"secure-review\"\nprovider = \"Example Academy\"\ndate-format = \"%d/%m/%y, %H:%M\"\noffset = \"+01:00\"\n\
    [columns]\nperson = \"Email address\"\ncompleted = \"Completion date\"\n";

fn mapping(text: &str) -> Result<CsvMapping, String> {
    read_mapping(text, &settings()).map_err(|error| format!("{}: {}", error.place, error.problem))
}

fn read(text: &str) -> Result<TrainingExport, String> {
    let mapping = mapping(MOODLE).unwrap();
    read_csv(text, &mapping).map_err(|error| format!("{}: {}", error.place, error.problem))
}

#[test]
fn a_completion_report_is_read() {
    let text = "\u{feff}Name,Email address,Completion date,Grade\r\n\
        \"Example, Kim\",kim@example.test,\"04/05/26, 09:30\",98\r\n\
        Sam Example,sam@example.test,,\r\n\r\n";
    let export = read(text).unwrap();
    let [kim] = export.entries.as_slice() else { panic!("{export:?}") };
    assert_eq!((kim.place.as_str(), kim.completed.as_str()), ("line 2", "2026-05-04T08:30:00Z"));
    assert_eq!(kim.person.to_string(), "`kim@example.test`");
    assert_eq!(kim.provider.as_deref(), Some("Example Academy"));
    assert_eq!(export.passed_over, ["line 3: not completed"]);
}

#[test]
fn a_bad_row_is_named_by_its_line() {
    let header = "Email address,Completion date\n";
    for (rows, words) in [
        ("kim@example.test,yesterday\n", "line 2: `yesterday` is not a date"),
        ("kim@example.test,31/02/26, 09:30\n", "line 2: it has 3 cells, and the first row has 2"),
        ("kim@example.test,\"31/02/26, 09:30\"\n", "line 2: `31/02/26, 09:30` is not a date"),
        ("\"a\nb\",\"04/05/26, 09:30\"\nkim@example.test,x\n", "line 4: `x` is not a date"),
        (",\"04/05/26, 09:30\"\n", "line 2: it names no person"),
        ("\"kim@example.test,x\n", "line 2: a quote is not closed"),
        ("\"kim\"@example.test,x\n", "line 2: text follows a closed quote"),
    ] {
        let error = read(&format!("{header}{rows}")).unwrap_err();
        assert!(error.starts_with(words), "{words:?}: {error}");
    }
    assert!(read("").unwrap_err().contains("no row with the names"));
    assert!(read("Email,Completion date\n").unwrap_err().contains("no column is called `Email address`"));
    let twice = read("Email address,Email address,Completion date\n").unwrap_err();
    assert!(twice.contains("two columns are called"), "{twice}");
}

#[test]
fn marks_are_refused_wherever_a_mapping_names_them() {
    for (column, is_mark) in [
        ("Grade", true),
        ("Final score (%)", true),
        ("course_marks", true),
        ("Points", true),
        ("Remarks", false),
        ("Benchmark", false),
    ] {
        for text in [
            format!("{MOODLE}evidence = \"{column}\"\n"),
            format!("{MOODLE}[when]\n\"{column}\" = [\"100\"]\n"),
        ] {
            let refused = mapping(&text).err();
            assert_eq!(
                refused.as_ref().is_some_and(|why| why.contains("looks like marks")),
                is_mark,
                "{column}: {refused:?}"
            );
        }
    }
    assert!(mapping(&format!("{MOODLE}grade = \"Grade\"\n")).unwrap_err().contains("line 8"));
}

#[test]
fn a_mapping_says_which_course_is_which() {
    let several = "[columns]\nperson = \"login\"\ncompleted = \"when\"\ncourse = \"course\"\nexpires = \"until\"\n\
        [courses]\n\"SR 101\" = \"secure-review\"\n[when]\nstate = [\"complete\"]\n";
    let mapping_of = |text: &str| mapping(text);
    let known = mapping_of(several).unwrap();
    let text = "login,when,course,until,state\nkim,2026-05-04,SR 101,2027-05-04,complete\n\
        kim,2026-05-04,Cooking,,complete\nsam,2026-05-04,SR 101,,open\nkim,2026-05-04T09:30:00+02:00,SR 101,,complete\n";
    let export = read_csv(text, &known).unwrap();
    let dates: Vec<_> =
        export.entries.iter().map(|one| (one.completed.as_str(), one.expires.as_deref())).collect();
    assert_eq!(dates, [("2026-05-04", Some("2027-05-04")), ("2026-05-04T09:30:00+02:00", None)]);
    assert_eq!(
        export.passed_over,
        ["line 3: `[courses]` does not have `Cooking`", "line 4: `open` is not one of the values that count"]
    );
    let no_offset = "login,when,course,until,state\nkim,2026-05-04T09:30:00,SR 101,,complete\n";
    assert!(read_csv(no_offset, &known).unwrap_err().problem.contains("says no offset"));
    for (text, words) in [
        (several.replace("= \"secure-review\"", "= \"secure-reviews\""), "no course `secure-reviews`"),
        (several.replace("course = \"course\"\n", ""), "write either `course`"),
        (several.replace("\"SR 101\" = \"secure-review\"\n", ""), "`[courses]` does not say"),
        (format!("offset = 3\n{several}"), "line 1"),
    ] {
        let why = mapping_of(&text).unwrap_err();
        assert!(why.contains(words), "{words}: {why}");
    }
}

#[test]
fn a_time_that_says_its_offset_keeps_it() {
    let known = mapping(&MOODLE.replace("%d/%m/%y, %H:%M", "%d/%m/%y %H:%M %z")).unwrap();
    let text = "Email address,Completion date\nkim@example.test,04/05/26 09:30 +0300\n";
    assert_eq!(read_csv(text, &known).unwrap().entries[0].completed, "2026-05-04T06:30:00Z");
}

#[test]
fn offsets_are_those_of_the_world() {
    for (text, seconds) in [
        ("+00:00", Some(0)),
        ("-05:30", Some(-19_800)),
        ("+14:00", Some(50_400)),
        ("+15:00", None),
        ("1:00", None),
        ("+1:0", None),
        ("+ab:cd", None),
        ("", None),
        ("Z", None),
    ] {
        assert_eq!(parse_offset(text).map(Offset::seconds), seconds, "{text}");
    }
}
