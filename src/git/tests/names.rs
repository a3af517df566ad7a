//! What a name stands for, and when it stands for nothing.

use crate::tests::fixture::{Fixture, name};
use git2::{ObjectType, Oid};

fn tag(fixture: &Fixture, target: Oid, kind: &str) -> Oid {
    let text =
        format!("object {target}\ntype {kind}\ntag t\ntagger Kim Example <kim@example.test> 1 +0000\n\nt\n");
    fixture.write(ObjectType::Tag, text.as_bytes())
}

fn complaint(fixture: &Fixture, name: &str) -> String {
    fixture.open().resolve(name).unwrap_err().to_string()
}

#[test]
fn branches_tags_remotes_and_full_names() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.text("1", &[]), fixture.text("2", &[]));
    fixture.set_ref("refs/heads/main", one);
    fixture.set_ref("refs/remotes/origin/main", two);
    fixture.set_ref("refs/pull/7/head", two);
    let inner = tag(&fixture, two, "commit");
    fixture.set_ref("refs/tags/v1", tag(&fixture, inner, "tag"));
    std::fs::write(fixture.git.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let repository = fixture.open();
    for (text, wanted) in [
        ("main", one),
        ("refs/heads/main", one),
        ("HEAD", one),
        ("origin/main", two),
        ("refs/pull/7/head", two),
        ("v1", two),
        ("refs/tags/v1", two),
        (&two.to_string(), two),
        (&two.to_string().to_uppercase(), two),
    ] {
        assert_eq!(repository.resolve(text).unwrap(), name(wanted), "{text}");
    }
}

#[test]
fn what_names_nothing_says_what_was_looked_for() {
    let fixture = Fixture::new();
    let one = fixture.text("1", &[]);
    assert!(complaint(&fixture, "nope").contains("refs/heads/nope"));
    assert!(complaint(&fixture, "refs/heads/nope").contains("refs/heads/nope"));
    assert!(complaint(&fixture, &one.to_string()[..10]).contains("abbreviated"));
    assert!(complaint(&fixture, &"1".repeat(40)).contains("could not be seen"));
    for bad in ["", "a..b", "a b", "main@{1}", "refs/", "../x", "-x", "\0"] {
        assert!(fixture.open().resolve(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_beginning_of_a_name_is_enough_where_it_is_the_only_one() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.text("1", &[]), fixture.text("2", &[]));
    let short = &one.to_string()[..7];
    assert_eq!(fixture.open().resolve_short(short).unwrap(), name(one));
    assert_eq!(fixture.open().resolve_short(&one.to_string()).unwrap(), name(one));
    assert!(fixture.open().resolve_short(&one.to_string()[..6]).is_err());
    // A ref of this name for the same commit leaves no doubt, and for another one it does.
    fixture.set_ref(&format!("refs/tags/{short}"), one);
    assert_eq!(fixture.open().resolve_short(short).unwrap(), name(one));
    fixture.set_ref(&format!("refs/heads/{short}"), two);
    let said = fixture.open().resolve_short(short).unwrap_err().to_string();
    assert!(said.contains("ambiguous") && said.contains(&one.to_string()), "{said}");
    assert!(said.contains(&format!("refs/heads/{short}")), "{said}");
}

#[test]
fn the_beginning_of_two_names_means_none() {
    let fixture = Fixture::new();
    // Blobs whose names begin with the same seven digits, found by trying.
    let mut seen = std::collections::BTreeMap::new();
    let (number, first) = (0..)
        .find_map(|number: u32| {
            let id = Oid::hash_object(ObjectType::Blob, number.to_string().as_bytes()).unwrap();
            seen.insert(id.to_string()[..7].to_string(), number).map(|first| (number, first))
        })
        .unwrap();
    let one = fixture.write(ObjectType::Blob, number.to_string().as_bytes());
    let short = one.to_string()[..7].to_string();
    let said = |fixture: &Fixture| fixture.open().resolve_short(&short).unwrap_err().to_string();
    assert!(said(&fixture).contains("leads to a blob"), "{}", said(&fixture));
    fixture.write(ObjectType::Blob, first.to_string().as_bytes());
    assert!(said(&fixture).contains("several objects"), "{}", said(&fixture));
}

#[test]
fn a_name_that_could_mean_two_commits_means_none() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.text("1", &[]), fixture.text("2", &[]));
    fixture.set_ref("refs/heads/x", one);
    fixture.set_ref("refs/tags/x", tag(&fixture, one, "commit"));
    assert_eq!(fixture.open().resolve("x").unwrap(), name(one));
    fixture.set_ref("refs/tags/x", two);
    let said = complaint(&fixture, "x");
    assert!(
        said.contains("refs/heads/x") && said.contains("refs/tags/x") && said.contains("full name"),
        "{said}"
    );
    assert_eq!(fixture.open().resolve("refs/heads/x").unwrap(), name(one));
}

#[test]
fn a_ref_spelled_like_an_object_name_makes_it_ambiguous() {
    for place in ["refs/heads/", "refs/tags/", "refs/remotes/"] {
        let fixture = Fixture::new();
        let (one, two) = (fixture.text("1", &[]), fixture.text("2", &[]));
        fixture.set_ref(&format!("{place}{one}"), two);
        assert!(complaint(&fixture, &one.to_string()).contains("ambiguous"));
    }
}

#[test]
fn only_commits_are_commits() {
    let fixture = Fixture::new();
    let blob = fixture.blob(b"x");
    fixture.set_ref("refs/heads/blob", blob);
    fixture.set_ref("refs/tags/blob", tag(&fixture, blob, "blob"));
    assert!(complaint(&fixture, "refs/heads/blob").contains("blob"));
    assert!(complaint(&fixture, "refs/tags/blob").contains("blob"));
    assert!(fixture.open().resolve(&blob.to_string()).is_err());
    assert!(!fixture.open().has_commit(&name(blob)));
    assert!(!fixture.open().has_commit(&name(Oid::from_bytes(&[1; 20]).unwrap())));
    assert!(fixture.open().has_commit(&name(fixture.text("1", &[]))));
}

#[test]
fn steps_follow_true_parents() {
    let fixture = Fixture::new();
    let root = fixture.text("1", &[]);
    let (left, right) = (fixture.text("2", &[root]), fixture.text("3", &[root]));
    let merge = fixture.text("4", &[left, right]);
    fixture.set_ref("refs/heads/main", merge);
    let repository = fixture.open();
    for (text, wanted) in [
        ("main^2", right),
        ("main~1", left),
        ("main~2", root),
        ("main^2^", root),
        ("main^0", merge),
        ("main~", left),
    ] {
        assert_eq!(repository.resolve(text).unwrap(), name(wanted), "{text}");
    }
    for bad in ["main~3", "main^3", "main^{tree}", "main~x", "main~99999999999999999999", "main^é"] {
        assert!(repository.resolve(bad).is_err(), "{bad}");
    }
}
