//! The procedure for staff, from outside: written, published, edited by hand, put right, approved, acknowledged.

use crate::support::checkout::Checkout;
use crate::support::gate::Verdict;
use std::process::{Command, Output};

const CONTROLS: &str = r#"
[[people]]
name = "Kim Example"
logins = ["kim-example"]
emails = ["kim@example.test"]
[roles.owners]
users = ["kim-example"]
[controls.required-reviews]
approvals = 1
[controls.documented-procedure]
review-every = "365d"
role = "owners"
"#;

const PAGE: &str = "docs/PROCEDURE.md";

const CONTROL: &str = "documented-procedure";

/// A repository whose branch `main` holds a policy and its approved page.
fn published() -> Checkout {
    let checkout =
        Checkout::with(CONTROLS, &[("services/upload/load.sql", "SELECT 1;\n"), ("docs/README.md", "x\n")]);
    approve(&checkout);
    checkout.commit("Publish the procedure");
    checkout
}

fn approve(checkout: &Checkout) {
    ends(&checkout.portcullis(&["policy", "procedure", "--update", PAGE, "--approved-by", "kim-example"]), 0);
}

fn ends(output: &Output, code: i32) -> String {
    let text =
        [&output.stdout[..], &output.stderr].map(|part| String::from_utf8_lossy(part).into_owned()).concat();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

fn read(checkout: &Checkout, path: &str) -> String {
    std::fs::read_to_string(checkout.path().join(path)).unwrap()
}

/// Judges a branch on which `edit` was made.
fn changed(checkout: &Checkout, edit: impl FnOnce(&Checkout)) -> Verdict {
    checkout.git(&["checkout", "-q", "-b", "change"]);
    edit(checkout);
    checkout.commit("Change");
    checkout.judge(&[])
}

/// The control lets it through: what else stops it has another name.
fn is_met(verdict: &Verdict) {
    assert!(verdict.findings(CONTROL, "broken").is_empty(), "{}", verdict.text);
    assert!(verdict.findings(CONTROL, "unproven").is_empty(), "{}", verdict.text);
    assert_eq!(verdict.findings(CONTROL, "met").len(), 2, "{}", verdict.text);
}

fn is_broken(verdict: &Verdict, text: &str) {
    let findings = verdict.findings(CONTROL, "broken");
    assert!(findings.iter().any(|one| one.to_string().contains(text)), "`{text}`: {}", verdict.text);
}

fn replace(checkout: &Checkout, path: &str, from: &str, to: &str) {
    let text = read(checkout, path);
    assert!(text.contains(from), "{from} is not in {path}");
    checkout.write(path, &text.replacen(from, to, 1));
}

#[test]
fn a_change_that_leaves_policy_and_page_alone_is_met() {
    let checkout = published();
    is_met(&changed(&checkout, |here| drop(here.write("services/upload/load.sql", "SELECT 2;\n"))));
}

#[test]
fn attack_the_page_is_edited_by_hand() {
    let checkout = published();
    let verdict = changed(&checkout, |here| replace(here, PAGE, "needs one approval", "needs no approval"));
    is_broken(&verdict, "+ - Every change needs one approval. (policy line ");
    is_broken(&verdict, "portcullis policy procedure --update docs/PROCEDURE.md");
}

#[test]
fn attack_the_policy_changes_and_the_page_does_not() {
    let checkout = published();
    let verdict =
        changed(&checkout, |here| replace(here, "portcullis.toml", "approvals = 1", "approvals = 2"));
    is_broken(&verdict, "+ - Every change needs two approvals");
}

#[test]
fn the_change_of_the_policy_brings_the_page_along_by_the_command_of_the_remedy() {
    let checkout = published();
    is_met(&changed(&checkout, |here| {
        replace(here, "portcullis.toml", "approvals = 1", "approvals = 2");
        approve(here);
    }));
}

#[test]
fn attack_a_new_page_without_a_new_approval() {
    let checkout = published();
    let verdict = changed(&checkout, |here| {
        replace(here, "portcullis.toml", "approvals = 1", "approvals = 2");
        ends(&here.portcullis(&["policy", "procedure", "--update", PAGE]), 0);
    });
    is_broken(&verdict, "it is of another text");
}

#[test]
fn attack_an_approval_dated_in_the_future() {
    let checkout = published();
    let verdict = changed(&checkout, |here| {
        let text = read(here, PAGE);
        let line = text.lines().rfind(|line| line.starts_with("- Approved by")).unwrap();
        let date = line.split(" on ").nth(1).unwrap().split(':').next().unwrap();
        replace(here, PAGE, date, "2999-01-01");
    });
    is_broken(&verdict, "its date is after today");
}

#[test]
fn attack_an_approval_by_a_person_without_the_role() {
    let checkout = published();
    let verdict =
        changed(&checkout, |here| replace(here, PAGE, "Approved by `kim-example`", "Approved by `robin`"));
    is_broken(&verdict, "does not hold the role");
}

#[test]
fn attack_a_picture_shows_another_way() {
    let checkout = published();
    let verdict = changed(&checkout, |here| {
        replace(here, "docs/PROCEDURE-change.svg", "one approval", "no approval");
    });
    is_broken(&verdict, "PROCEDURE-change.svg is not the picture");
}

#[test]
fn attack_the_control_is_dropped_and_the_page_left_behind() {
    let checkout = published();
    let verdict = changed(&checkout, |here| {
        replace(
            here,
            "portcullis.toml",
            "[controls.documented-procedure]\nreview-every = \"365d\"\nrole = \"owners\"\n",
            "",
        );
    });
    is_broken(&verdict, "is kept up to date");
}

#[test]
fn attack_the_page_is_deleted() {
    let checkout = published();
    let verdict = changed(&checkout, |here| std::fs::remove_file(here.path().join(PAGE)).unwrap());
    is_broken(&verdict, "there is no published procedure");
    is_broken(&verdict, "portcullis policy procedure -o docs/PROCEDURE.md");
}

#[test]
fn the_page_is_written_by_the_command_of_the_remedy() {
    let checkout =
        Checkout::with(CONTROLS, &[("services/upload/load.sql", "SELECT 1;\n"), ("docs/README.md", "x\n")]);
    let verdict = changed(&checkout, |here| drop(here.write("services/upload/load.sql", "SELECT 2;\n")));
    is_broken(&verdict, "Run `portcullis policy procedure -o docs/PROCEDURE.md`");
    ends(&checkout.portcullis(&["policy", "procedure", "-o", PAGE]), 0);
    approve(&checkout);
    checkout.commit("Publish");
    is_met(&checkout.judge(&[]));
}

#[test]
fn added_text_is_kept_by_update_and_is_no_difference() {
    let checkout = published();
    let added = "<!-- portcullis: added text begins -->\nRing Kim on Fridays.\n<!-- portcullis: added text ends -->\n";
    is_met(&changed(&checkout, |here| {
        replace(here, PAGE, "## How code is reviewed\n", &format!("{added}## How code is reviewed\n"));
        ends(&here.portcullis(&["policy", "procedure", "--update", PAGE]), 0);
        assert!(read(here, PAGE).contains("Ring Kim on Fridays."));
    }));
}

#[test]
fn attack_added_text_hides_the_sentences_after_it() {
    let checkout = published();
    let added = "<!-- portcullis: added text begins -->\n<details>\n<!-- portcullis: added text ends -->\n";
    let verdict = changed(&checkout, |here| {
        replace(here, PAGE, "## How code is reviewed\n", &format!("{added}## How code is reviewed\n"));
    });
    is_broken(&verdict, "added text has HTML");
}

#[test]
fn update_refuses_markers_that_do_not_match_and_names_the_line() {
    let checkout = published();
    let text = read(&checkout, PAGE);
    checkout.write(PAGE, &format!("<!-- portcullis: added text begins -->\n{text}"));
    let said = ends(&checkout.portcullis(&["policy", "procedure", "--update", PAGE]), 5);
    assert!(said.contains("line 1: added text begins and never ends"), "{said}");
    assert_eq!(
        read(&checkout, PAGE),
        format!("<!-- portcullis: added text begins -->\n{text}"),
        "nothing was written"
    );
}

#[test]
fn output_never_replaces_a_page_and_check_tells_a_difference() {
    let checkout = published();
    let said = ends(&checkout.portcullis(&["policy", "procedure", "-o", PAGE]), 5);
    assert!(said.contains("--update docs/PROCEDURE.md"), "{said}");
    ends(&checkout.portcullis(&["policy", "procedure", "--check", PAGE]), 0);
    replace(&checkout, PAGE, "needs one approval", "needs no approval");
    ends(&checkout.portcullis(&["policy", "procedure", "--check", PAGE]), 6);
}

#[test]
fn the_same_policy_gives_the_same_bytes_everywhere() {
    let one = published();
    let other = Checkout::with(CONTROLS, &[]);
    let page = |checkout: &Checkout, variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().envs(variables.iter().copied()).current_dir(checkout.path());
        [["--format", "markdown"], ["--format", "html"]].map(|format| {
            let mut again = Command::new(command.get_program());
            again.env_clear().envs(variables.iter().copied()).current_dir(checkout.path());
            again.args(["policy", "procedure"]).args(format).output().unwrap().stdout
        })
    };
    let expected = page(&one, &[]);
    assert!(!expected[0].is_empty());
    for variables in
        [[("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Kiritimati")], [("LC_ALL", "C"), ("TZ", "UTC")]]
    {
        assert_eq!(page(&other, &variables), expected);
    }
}

#[test]
fn html_asks_for_nothing_and_says_every_sentence() {
    let checkout = published();
    let html = ends(&checkout.portcullis(&["policy", "procedure", "--format", "html"]), 0);
    for word in ["<script", "src=", "url(", "@import", "href=\"http"] {
        assert!(!html.contains(word), "{word}");
    }
    let page = read(&checkout, PAGE);
    let sentences =
        page.lines().filter(|line| line.starts_with("- ") && !line.contains(['`', '\\', '<', '"']));
    sentences.for_each(|line| assert!(html.contains(&line[2..]), "{line}"));
    assert_eq!(html.matches("<svg ").count(), 2);
}

/// Signs a file as ssh-keygen(1) does; the signature beside it.
fn sign(checkout: &Checkout, seed: u8, file: &str) {
    let mut command = Command::new("ssh-keygen");
    command.current_dir(checkout.path()).args([
        "-q",
        "-Y",
        "sign",
        "-n",
        "portcullis",
        "-f",
        &checkout.key(seed),
        file,
    ]);
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(checkout.key(seed), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(command.output().unwrap().status.success());
}

#[test]
fn a_signed_note_counts_and_one_of_another_key_does_not() {
    let checkout = published();
    let public = ssh_key::PrivateKey::read_openssh_file(std::path::Path::new(&checkout.key(7))).unwrap();
    let public = public.public_key().to_openssh().unwrap();
    checkout.write("signers", &format!("kim@example.test {public}\n"));
    let note = checkout.portcullis(&["policy", "acknowledgements", "--note", "kim-example"]);
    let text = String::from_utf8(note.stdout).unwrap();
    checkout.write("kim.note", &text);
    sign(&checkout, 7, "kim.note");
    let with = ["policy", "acknowledgements", "--signed", "kim.note", "--signers", "signers"];
    let said = ends(&checkout.portcullis(&with), 0);
    assert!(said.contains("1 acknowledged this text") && said.contains("signed with SHA256:"), "{said}");

    checkout.write("kim.note", &text.replace("kim-example", "robin"));
    let said = ends(&checkout.portcullis(&with), 1);
    assert!(said.contains("does not count") && said.contains("1 acknowledged nothing"), "{said}");

    std::fs::remove_file(checkout.path().join("kim.note.sig")).unwrap();
    checkout.write("kim.note", &text);
    sign(&checkout, 9, "kim.note");
    assert!(ends(&checkout.portcullis(&with), 1).contains("does not count"));
}

#[test]
fn explain_lists_frameworks_clauses_and_what_a_control_serves() {
    let checkout = published();
    let explain = |arguments: &[&str]| ends(&checkout.portcullis(&[&["explain"], arguments].concat()), 0);
    assert!(explain(&["--clause"]).contains("osps-baseline"));
    assert!(explain(&["--clause", "slsa-source:two-party-review"]).contains("required-reviews:"));
    assert!(explain(&["freeze"]).contains("nist-800-53: CM-3"));
    ends(&checkout.portcullis(&["explain", "--clause", "iso-27001:A.9.99"]), 2);
    ends(&checkout.portcullis(&["explain", "--clause", "no-such"]), 2);
}
