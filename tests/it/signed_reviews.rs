//! Signed reviews on a repository without a host, with the program that people sign with.

use crate::support::reviewed::{Project, has_keygen, text_of};

#[test]
fn a_change_that_another_person_approved_may_land() {
    if !has_keygen() {
        return;
    }
    let project = Project::new();
    let (code, said) = project.judge();
    assert_eq!(code, 1, "{said}");
    project.approve("robin", &["--message", "looks right"]);
    let (code, said) = project.judge();
    assert_eq!(code, 0, "{said}");
    let verbose = project.judge_as(&["--base", "main", "--head", "topic", "--verbose"]).1;
    assert!(verbose.contains("review robin#1 by robin counts: it is signed with SHA256:"), "{verbose}");
    let listed = text_of(&project.portcullis(&["reviews", "list", "--onto", "main"]));
    assert!(listed.contains("robin#1 approve") && listed.contains("looks right"), "{listed}");
    let verified = project.portcullis(&["reviews", "verify", "--onto", "main", "topic"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text_of(&verified));
}
