//! The form of an anchor.

use super::*;

fn anchor() -> Anchor {
    let tip = |name: &str, number| AnchoredTip {
        environment: name.parse().unwrap(),
        number,
        commit: Revision::try_from("a".repeat(40)).unwrap(),
        record: Digest::of(name.as_bytes()),
    };
    Anchor {
        time: "2026-03-04T05:06:07Z".parse().unwrap(),
        tips: vec![tip("production", 3), tip("staging", 9)],
    }
}

#[test]
fn what_is_written_is_read_again_on_one_line() {
    let bytes = anchor().bytes().unwrap();
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(Anchor::read(&bytes).unwrap(), anchor());
}

#[test]
fn an_anchor_that_could_be_read_in_two_ways_is_refused() {
    let text = String::from_utf8(anchor().bytes().unwrap()).unwrap();
    let altered = [
        text.replace("\"schema\":1", "\"schema\":2"),
        text.replace("staging", "production"),
        text.replace("\"number\":3", "\"number\":3,\"note\":1"),
        text.replace("\"number\":3", "\"number\":3,\"number\":4"),
        text.replace("2026-03-04", "2026-13-04"),
        format!("{text}{text}"),
        "{\"schema\":1,\"time\":\"2026-03-04T05:06:07Z\",\"tips\":[]}".to_string(),
    ];
    for text in altered {
        assert!(Anchor::read(text.as_bytes()).is_err(), "{text}");
    }
}
