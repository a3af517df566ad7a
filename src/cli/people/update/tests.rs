//! Entries are added, and nothing else changes.

use super::*;
use portcullis_judge::policy::read_register;

const TEXT: &str = r#"# Who is who.
schema = 1

[[people]]
name = "Kim Example"   # joined in 2020
logins = ["kim"]
emails = ["kim@example.test"]

[[people.training]]
course = "secure-review"
completed = "2025-05-04"

[[people]]
name = "Sam Example"
logins = ["sam"]
accounts = { "lms.example.test" = ["s.example"] }
training = [{ course = "deployment", completed = "2026-01-01" }]
# The end.
"#;

fn entry(person: NamedPerson, completed: &str) -> ImportedTraining {
    ImportedTraining {
        place: "line 2".into(),
        person,
        course: "secure-review".into(),
        provider: Some("Example \"Academy\"".into()),
        completed: completed.into(),
        expires: None,
        evidence: None,
        waived: None,
    }
}

fn add(entries: &[ImportedTraining]) -> UpdatedRegister {
    add_training(TEXT, &read_register(TEXT).unwrap(), entries).unwrap()
}

#[test]
fn an_entry_is_added_where_its_person_is_and_every_other_byte_stays() {
    let kim = entry(NamedPerson::Email("KIM@example.test".into()), "2026-05-04T08:30:00Z");
    let sam = entry(NamedPerson::Account("LMS.example.test".into(), "S.Example".into()), "2026-05-04");
    let updated = add(&[kim, sam]);
    assert_eq!((updated.added, updated.known), (2, 0));
    let register = read_register(&updated.text).unwrap();
    let counts: Vec<usize> = register.people.iter().map(|person| person.training.len()).collect();
    assert_eq!(counts, [2, 2]);
    let gone: Vec<&str> = TEXT.lines().filter(|line| !updated.text.contains(line)).collect();
    assert_eq!(gone, ["training = [{ course = \"deployment\", completed = \"2026-01-01\" }]"]);
    assert_eq!(register.people[0].training[1].provider.as_deref(), Some("Example \"Academy\""));
    assert!(
        describe_difference("people", TEXT, &updated.text).contains("+completed = \"2026-05-04T08:30:00Z\"")
    );
}

#[test]
fn what_is_there_already_is_not_added_again() {
    let kim = || entry(NamedPerson::Login("KIM".into()), "2025-05-04");
    let updated = add(&[kim(), kim()]);
    assert_eq!((updated.added, updated.known, updated.text.as_str()), (0, 2, TEXT));
    let renewed = || entry(NamedPerson::Login("kim".into()), "2026-05-04");
    let updated = add(&[renewed(), renewed()]);
    assert_eq!((updated.added, updated.known), (1, 1));
}

#[test]
fn a_person_whom_the_register_does_not_have_is_named() {
    let other = entry(NamedPerson::Email("alex@example.test".into()), "2026-05-04");
    let elsewhere =
        entry(NamedPerson::Account("other.example.test".into(), "s.example".into()), "2026-05-04");
    let updated = add(&[other, elsewhere]);
    assert_eq!(updated.unknown[0], "line 2: no entry of the register has `alex@example.test`");
    assert_eq!((updated.unknown.len(), updated.text.as_str()), (2, TEXT));
}
