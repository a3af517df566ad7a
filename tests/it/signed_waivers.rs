//! Signed waivers in a job, with the program that people sign with: on a real repository.

use crate::support::gate::{Verdict, judge};
use jiff::{SignedDuration, Timestamp};
use portcullis_attest::key::SigningKey;
use portcullis_attest::signers::AllowedSigners;
use portcullis_attest::sshsig;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{POLICY, Stage};
use std::path::Path;
use std::process::{Command, Output};

const SIGNERS: &str = ".portcullis/allowed_signers";

fn policy() -> String {
    format!("{POLICY}\n[waivers]\nsigners = \"{SIGNERS}\"\n")
}

/// Lets request 7 pass without its second review.
fn waiver() -> String {
    let days = |count: i64| {
        let moment = Timestamp::now() + SignedDuration::from_hours(24 * count);
        Timestamp::from_second(moment.as_second()).unwrap()
    };
    format!(
        "schema = 1\n\n[[waivers]]\nid = \"W-1\"\ncontrol = \"required-reviews\"\nrequests = [7]\n\
         reason = \"one reviewer is away\"\nticket = \"OPS-881\"\nrequester = \"kim-example\"\n\
         approver = \"alex-example\"\ncreated = \"{}\"\nexpires = \"{}\"\n",
        days(-1),
        days(1)
    )
}

/// A folder with the policy, the waivers and these signers, as a person has it before they sign.
fn folder(waiver: &str, signers: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".portcullis")).unwrap();
    for (name, text) in
        [("portcullis.toml", policy().as_str()), ("portcullis-waivers.toml", waiver), (SIGNERS, signers)]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn portcullis(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    program.env_clear().current_dir(folder).args(arguments).output().unwrap()
}

fn statement(waiver: &str) -> Vec<u8> {
    let output = portcullis(folder(waiver, "").path(), &["policy", "waiver", "W-1"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn with(waiver: &str, signature: &str) -> String {
    format!("{waiver}signature = '''\n{signature}'''\n")
}

fn signed(waiver: &str, key: &SigningKey) -> String {
    with(waiver, &sshsig::sign(&statement(waiver), key).unwrap())
}

fn of(principal: &str, key: &SigningKey) -> String {
    format!("{principal} {}\n", key.public_text().unwrap())
}

/// A change with one review where two are asked for; these waivers and signers at the base.
fn stage(waiver: &str, signers: &str) -> Stage {
    let mut stage = Stage::with(&[
        Edit::Write("portcullis.toml", &policy()),
        Edit::Write("portcullis-waivers.toml", waiver),
        Edit::Write(SIGNERS, signers),
        Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT * FROM staging;\n"),
    ])
    .unwrap();
    stage.world.reviews.truncate(1);
    stage
}

fn judged(waiver: &str, signers: &str) -> Verdict {
    judge(&stage(waiver, signers))
}

#[test]
fn a_signed_waiver_lets_pass_and_one_that_proves_nothing_does_not() {
    let (alex, kim) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let signers = of("alex-example", &alex) + &of("kim-example", &kim);
    let good = signed(&waiver(), &alex);
    let verdict = judged(&good, &signers);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    assert!(verdict.text.contains(&alex.fingerprint()), "{}", verdict.text);
    for (waiver, signers, why) in [
        (waiver(), signers.clone(), "it is not signed"),
        (signed(&waiver(), &kim), signers.clone(), "not that of alex-example, but of kim-example"),
        (good.replace("requests = [7]", "requests = [7, 8]"), signers.clone(), "did not sign these bytes"),
        (good.replace("W-1", "W-2"), signers.clone(), "did not sign these bytes"),
        (good.clone(), of("kim-example", &kim), "not one of the allowed signers"),
        (
            good.clone(),
            of("alex-example valid-before=\"20200101Z\"", &alex),
            "line 1 allowed it until 2020-01-01",
        ),
        (good.clone(), "alex-example\n".to_string(), "line 1: a line has principals and a key"),
    ] {
        let verdict = judged(&waiver, &signers);
        verdict.expect(1, "required-reviews", "1 of 2");
        assert!(verdict.text.contains(why), "{why}: {}", verdict.text);
    }
}

#[test]
fn a_change_cannot_bring_the_key_that_it_is_waived_with() {
    let (alex, kim) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let forged = signed(&waiver(), &kim);
    let mut stage = stage(&forged, &of("alex-example", &alex));
    let load = Edit::Write("services/upload/load.sql", "INSERT INTO records SELECT 1;\n");
    stage.change(&[load, Edit::Write(SIGNERS, &of("alex-example", &kim))]).unwrap();
    stage.world.reviews.truncate(1);
    let verdict = judge(&stage);
    verdict.expect(1, "required-reviews", "1 of 2");
    assert!(verdict.text.contains("the change touches the list of signers of waivers"), "{}", verdict.text);
}

#[test]
fn policy_check_says_which_waivers_would_have_no_effect() {
    let alex = SigningKey::from_seed(&[1; 32]);
    let check =
        |waiver: &str, signers: &str| portcullis(folder(waiver, signers).path(), &["policy", "check"]);
    let good = check(&signed(&waiver(), &alex), &of("alex-example", &alex));
    assert_eq!((good.status.code(), good.stderr.as_slice()), (Some(0), &b""[..]));
    let unsigned = check(&waiver(), &of("alex-example", &alex));
    assert_eq!(unsigned.status.code(), Some(0));
    assert!(String::from_utf8(unsigned.stderr).unwrap().contains("W-1 has no effect: it is not signed"));
    let broken = check(&waiver(), "alex-example\n");
    assert_eq!(broken.status.code(), Some(4));
    let unknown = portcullis(folder(&waiver(), "").path(), &["policy", "waiver", "W-9"]);
    assert_eq!(unknown.status.code(), Some(4));
}

fn ssh_keygen(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let output = Command::new("ssh-keygen").current_dir(folder).args(arguments).output().ok()?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

/// The way of the README, with each kind of key.
#[test]
fn what_ssh_keygen_signs_counts_and_it_believes_what_we_sign() {
    let here = tempfile::tempdir().unwrap();
    let at = |name: &str| here.path().join(name);
    let waiver = waiver();
    std::fs::write(at("statement"), statement(&waiver)).unwrap();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let made = ssh_keygen(here.path(), &["-q", "-t", kind, "-N", "", "-C", "", "-f", kind]);
        if made.is_none() {
            eprintln!("ssh-keygen is not installed; the vectors of the library tests stand in for it");
            return;
        }
        ssh_keygen(here.path(), &["-Y", "sign", "-n", "portcullis", "-f", kind, "statement"]);
        let signature = std::fs::read_to_string(at("statement.sig")).unwrap();
        std::fs::remove_file(at("statement.sig")).unwrap();
        let public = std::fs::read_to_string(at(&format!("{kind}.pub"))).unwrap();
        let verdict = judged(&with(&waiver, &signature), &format!("alex-example {public}"));
        assert_eq!(verdict.exit, 0, "{kind}: {}", verdict.text);
    }
    let key = SigningKey::from_openssh(&std::fs::read_to_string(at("ed25519")).unwrap()).unwrap();
    assert!(SigningKey::from_openssh(&std::fs::read_to_string(at("rsa")).unwrap()).is_err());
    let signers = of("alex@example.test namespaces=\"portcullis\"", &key);
    AllowedSigners::read(signers.as_bytes()).unwrap();
    std::fs::write(at("signers"), &signers).unwrap();
    std::fs::write(at("ours"), sshsig::sign(b"hello", &key).unwrap()).unwrap();
    let mut verify = Command::new("ssh-keygen");
    verify.current_dir(here.path()).args(["-Y", "verify", "-f", "signers", "-I", "alex@example.test"]);
    verify.args(["-n", "portcullis", "-s", "ours"]).stdin(std::process::Stdio::piped());
    let mut verify = verify.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut verify.stdin.take().unwrap(), b"hello").unwrap();
    assert!(verify.wait().unwrap().success());
}
