//! What lines of allowed signers say, and what they may not say.

use super::*;
use proptest::prelude::*;

const KEY: &str = include_str!("../vectors/ed25519.pub");

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn read(text: &str) -> Result<AllowedSigners, Vec<LineError>> {
    AllowedSigners::read(text.replace("KEY", KEY.trim_end()).as_bytes())
}

fn refused(text: &str) -> String {
    read(text).unwrap_err().iter().map(LineError::to_string).collect::<Vec<_>>().join("\n")
}

fn entry(text: &str) -> SignerLine {
    read(text).unwrap().0.remove(0)
}

#[test]
fn comments_quotes_options_and_the_rest_of_the_line() {
    let text = "# a comment\n\n  \t\r\nkim@example.test,kim KEY kim's laptop\n\
        \"sam@example.test\"\t namespaces=\"git,portcullis\",valid-after=\"20260101Z\" KEY\n\
        a Valid-Before=\"202601021314Z\" KEY\nb valid-before=\"20260102131415z\" KEY";
    let all = read(text).unwrap().0;
    assert_eq!(all.iter().map(|entry| entry.line).collect::<Vec<_>>(), [4, 5, 6, 7]);
    assert_eq!(all[0].principals, [Principal::new("kim@example.test"), Principal::new("kim")]);
    assert_eq!(all[1].principals, [Principal::new("sam@example.test")]);
    assert_eq!(all[1].valid_after, Some(at("2026-01-01T00:00:00Z")));
    assert_eq!(all[2].valid_before, Some(at("2026-01-02T13:14:00Z")));
    assert_eq!(all[3].valid_before, Some(at("2026-01-02T13:14:15Z")));
}

#[test]
fn every_line_that_cannot_be_read_is_named_with_its_number() {
    let error = refused("kim KEY\nkim\n# fine\nkim cert-authority KEY\nkim verify-required KEY");
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], "line 2: a line has principals and a key");
    assert_eq!(lines[1], "line 4: `cert-authority` is not supported; name each key itself");
    assert_eq!(lines[2], "line 5: there is no option `verify-required`");
}

#[test]
fn what_is_not_understood_is_refused() {
    for (text, problem) in [
        ("kim, KEY", "which is no name"),
        ("! KEY", "which is no name"),
        ("\"kim KEY", "not closed"),
        ("kim namespaces=portcullis KEY", "with the quotes"),
        ("kim namespaces=\"\" KEY", "which is no name"),
        ("kim namespaces=\"portcullis KEY", "not closed"),
        ("kim namespaces=\"a\",namespaces=\"b\" KEY", "there twice"),
        ("kim namespaces=\"a\", KEY", "left over"),
        ("kim valid-before=\"20270101\" KEY", "no `Z`"),
        ("kim valid-before=\"20271301Z\" KEY", "not a moment"),
        ("kim valid-before=\"2027Z\" KEY", "not a moment"),
        ("kim valid-after=\"2027-1-1Z\" KEY", "not a moment"),
        ("kim ssh-ed25519 AAAA", "cannot be read"),
        (
            "kim ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOWgmkFJ3xL7fHsJsI/eJxVxranFZ2ihxxT4Ta7Ahf8q",
            "cannot be read",
        ),
        ("kim ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "weak"),
        ("kim x ssh-ed25519", "no option `x`"),
    ] {
        // Where both the option and the key are wrong either may be named.
        let error = refused(text);
        assert!(error.contains(problem) || text.ends_with(" ssh-ed25519"), "{text}: {error}");
    }
    assert!(AllowedSigners::read(b"kim \xff").is_err());
}

#[test]
fn keys_of_other_kinds_and_short_ones_are_refused() {
    for (key, problem) in [
        (include_str!("../vectors/ecdsa-384.pub"), "do not count"),
        (include_str!("../vectors/rsa-1024.pub"), "2048 bits"),
        (include_str!("../vectors/ed25519-cert.pub"), ""),
    ] {
        let error = refused(&format!("kim {key}"));
        assert!(error.contains(problem), "{error}");
    }
    for key in [include_str!("../vectors/ecdsa.pub"), include_str!("../vectors/rsa.pub")] {
        read(&format!("kim {key}")).unwrap();
    }
}

#[test]
fn attack_75_a_key_counts_from_its_first_moment_to_its_last() {
    let entry = entry("kim valid-after=\"20260101Z\",valid-before=\"20260201Z\" KEY");
    for (moment, counts) in [
        ("2025-12-31T23:59:59Z", false),
        ("2026-01-01T00:00:00Z", true),
        ("2026-02-01T00:00:00Z", true),
        ("2026-02-01T00:00:01Z", false),
    ] {
        assert_eq!(entry.allows(at(moment)).is_ok(), counts, "{moment}");
    }
}

#[test]
fn namespaces_are_patterns_of_which_one_with_a_mark_takes_out() {
    for (namespaces, counts) in [
        ("portcullis", true),
        ("git", false),
        ("git,port*", true),
        ("*,!portcullis", false),
        ("Portcullis", false),
        ("portcullis?", false),
        ("!git", false),
    ] {
        let entry = entry(&format!("kim namespaces=\"{namespaces}\" KEY"));
        assert_eq!(entry.allows(at("2026-01-01T00:00:00Z")).is_ok(), counts, "{namespaces}");
    }
}

#[test]
fn attack_68_lines_that_may_be_one_person_are_one() {
    let keys = [
        KEY,
        include_str!("../vectors/ecdsa.pub"),
        include_str!("../vectors/rsa.pub"),
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGfNOQ93qjWcsIwiNfZSJwSTqe2DKwq8wB9wlUwDkNI4DHgr1U4mkSWkT0Qzr/FDLOlOErynOqZ6yAzqEmCN33Q=",
    ];
    for (principals, people) in [
        (&["kim", "sam", "robin"][..], 3),
        (&["kim", "Kim", "robin"], 2),
        (&["kim,sam", "sam,robin", "robin"], 1),
        (&["kim@a.test", "*@a.test", "sam@b.test"], 2),
        (&["kim@a.test", "*@a.test", "*@b.test"], 1),
        (&["kim", "!kim,*", "sam"], 1),
        // The last line joins the first two, though its own key signed nothing.
        (&["kim", "sam", "robin", "kim,sam"], 2),
    ] {
        let lines = principals.iter().zip(keys).map(|(name, key)| format!("{name} {}\n", key.trim_end()));
        let all = read(&lines.collect::<String>()).unwrap();
        let signed = all.0.iter().take(3).map(|entry| &entry.key).collect();
        assert_eq!(all.people(&signed), people, "{principals:?}");
    }
    let twice = read("kim KEY\nsam KEY").unwrap();
    assert_eq!(twice.people(&twice.keys()), 1, "one key under two names");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r#"[a-c*?!," =#"\\\t\nZ0-9-]{0,60}"#) {
        let _ = read(&text);
        let _ = read(&format!("{text} KEY"));
    }

    #[test]
    fn patterns_are_those_of_regular_expressions(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
        let expression = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
        let expected = regex::Regex::new(&expression).unwrap().is_match(&name);
        prop_assert_eq!(matches_pattern(pattern.as_bytes(), name.as_bytes()), expected);
    }
}
