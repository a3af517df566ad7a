//! Who is who, by the policy and the register together.

use super::*;

fn entry(name: &str, logins: &[&str], emails: &[&str]) -> RegisteredPerson {
    RegisteredPerson {
        name: name.into(),
        logins: logins.iter().map(|login| Login::new(*login)).collect(),
        emails: emails.iter().map(ToString::to_string).collect(),
        ..RegisteredPerson::default()
    }
}

fn known(name: &str, logins: &[&str], emails: &[&str]) -> KnownPerson {
    known_person(&entry(name, logins, emails), &[])
}

fn merge(policy: Vec<KnownPerson>, register: Vec<RegisteredPerson>) -> (Vec<String>, Vec<usize>) {
    let (people, places) = merge_people(&People(policy), &Register { people: register }, &[]);
    let show = |person: &KnownPerson| {
        let logins: Vec<&str> = person.logins.iter().map(Login::as_str).collect();
        format!("{}: {}", person.name, logins.join(" "))
    };
    (people.0.iter().map(show).collect(), places)
}

#[test]
fn people_of_both_are_one_where_they_share_a_login_or_an_address() {
    let policy = vec![known("Robin", &["robin"], &["R@example.test"]), known("Kim", &["kim"], &[])];
    let register = vec![
        entry("K. Example", &["KIM", "kim-admin"], &[]),
        entry("R. Example", &["robin2"], &["r@EXAMPLE.test"]),
        entry("Alex", &["alex"], &[]),
    ];
    let (people, places) = merge(policy, register);
    assert_eq!(people, ["Robin: robin2 robin", "Kim: KIM kim-admin", "Alex: alex"]);
    assert_eq!(places, [1, 0, 2]);
}

#[test]
fn an_entry_can_show_that_two_people_of_the_policy_are_one() {
    let policy =
        vec![known("Robin", &["robin"], &[]), known("Sam", &["sam"], &[]), known("Kim", &["kim"], &[])];
    let register = vec![
        entry("Kim", &["kim"], &[]),
        entry("Robin", &["robin", "kim"], &[]),
        entry("Sam", &["sam"], &[]),
    ];
    let (people, places) = merge(policy, register);
    assert_eq!(people, ["Robin: robin kim", "Sam: sam"]);
    assert_eq!(places, [0, 0, 1]);
}

#[test]
fn without_a_register_the_map_is_that_of_the_policy() {
    let policy = vec![known("Robin", &["robin"], &[])];
    assert_eq!(merge(policy, Vec::new()), (vec!["Robin: robin".to_string()], Vec::new()));
}
