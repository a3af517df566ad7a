//! Mistakes of a register, each with its line and what to write instead.

use super::*;

const PERSON: &str = "schema = 1\n[[people]]\nname = \"Kim\"\nlogins = [\"kim\"]\n";

fn problems(text: &str) -> Vec<String> {
    let found = read_register(text).err().unwrap_or_default();
    found.iter().map(|problem| describe_problems(text, std::slice::from_ref(problem))).collect()
}

fn with(more: &str) -> String {
    format!("{PERSON}{more}")
}

#[test]
fn every_mistake_has_its_line() {
    for (text, line, words) in [
        ("", 1, "schema"),
        ("schema = 2\n", 1, "schema 2 is not known"),
        ("schema = 1\npeople = 3\n", 2, "expected"),
        (&with("mark = 3\n"), 5, "unknown key `mark`"),
        (&with("emails = [\"kim\"]\n"), 5, "is not an e-mail address"),
        (&with("keys = [\"MD5:00\"]\n"), 5, "is not the fingerprint of a key"),
        (&with("roles = [\"Data Protection\"]\n"), 5, "cannot be the name of a role"),
        (&with("accounts = { \"https://gitlab.test\" = [\"kim\"] }\n"), 5, "is not the name of a host"),
        (&with("accounts = { \"gitlab.test\" = [] }\n"), 5, "an empty list"),
        (&with("left = \"soon\"\n"), 5, "is not a moment"),
        (&with("[[people]]\nname = \"Sam\"\n"), 5, "nothing identifies Sam"),
        (&with("[[people]]\nname = \"Sam\"\nlogins = [\"KIM\"]\n"), 7, "already named in line 4"),
        (
            &with(
                "emails = [\"ZO\u{cb}@x.test\"]\n[[people]]\nname = \"Sam\"\nemails = [\"zoe\u{308}@x.test\"]\n",
            ),
            8,
            "already named in line 5",
        ),
        (&with("[[people.training]]\ncourse = \"a\"\n"), 5, "completed"),
        (
            &with("[[people.training]]\ncourse = \"A\"\ncompleted = \"2026-01-01\"\n"),
            6,
            "cannot be the name of a course",
        ),
        (
            &with("[[people.training]]\ncourse = \"a\"\ncompleted = \"2026-01-01T10:00\"\n"),
            7,
            "is not a moment",
        ),
        (
            &with(
                "[[people.training]]\ncourse = \"a\"\ncompleted = \"2026-01-01\"\nexpires = \"2026-01-02\"\n",
            ),
            8,
            "is not after `completed`",
        ),
        (
            &with("[[people.training]]\ncourse = \"a\"\ncompleted = \"2026-01-01\"\ngrade = \"A\"\n"),
            8,
            "unknown key `grade`",
        ),
        (&with("[[people.training]]\ncourse = \"a\"\ncompleted = 2026-01-01\n"), 7, "bare dates"),
        (&PERSON.replace("kim", "k\u{200b}im"), 4, "U+200B"),
    ] {
        let found = problems(text);
        assert!(
            found.iter().any(|one| one.starts_with(&format!("line {line}: ")) && one.contains(words)),
            "{text}\n{found:#?}"
        );
    }
    assert_eq!(problems(PERSON), [""; 0]);
}

#[test]
fn a_register_of_every_key_is_read() {
    let text = with(
        "accounts = { \"gitlab.example.test\" = [\"k.example\"] }\nemails = [\"kim@example.test\"]\n\
         keys = [\"SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ\"]\nroles = [\"data-protection\"]\nleft = \"2027-03-31\"\n\
         [[people.training]]\ncourse = \"secure-review\"\nprovider = \"Example Academy\"\ncompleted = \"2026-05-04\"\n\
         expires = \"2027-05-04\"\nevidence = \"LMS-4711\"\nwaived = \"Equivalent course\"\n",
    );
    let register = read_register(&text).unwrap();
    let [person] = register.people.as_slice() else { panic!() };
    assert_eq!((person.line, person.training[0].line), (2, 10));
    assert_eq!(person.training[0].completed.to_string(), "2026-05-05T00:00:00Z", "the end of the day");
    assert_eq!(person.training[0].expires.unwrap().to_string(), "2027-05-04T00:00:00Z");
    let here = ["GITLAB.example.test".to_string()];
    assert_eq!(person.logins_on(&here).count(), 2);
    assert_eq!(person.logins_on(&[]).count(), 1);
}

#[test]
fn a_register_of_thousands_is_read_in_time() {
    let one = |n: usize| {
        format!(
            "[[people]]\nname = \"P{n}\"\nlogins = [\"p{n}\"]\n[[people.training]]\ncourse = \"a\"\ncompleted = \"2026-01-01\"\n"
        )
    };
    let text = format!("schema = 1\n{}", (0..3000).map(one).collect::<String>());
    assert_eq!(read_register(&text).unwrap().people.len(), 3000);
    assert!(read_register(&"#".repeat(LONGEST + 1)).is_err());
}
