//! Records that no one signed, where the policy asks for signatures: the real binary over HTTP on a
//! made-up GitLab. Who can write the refs of records can write everything in one but the signature.

use crate::support::gate::Verdict;
use crate::support::reviewed::has_keygen;
use git2::Oid;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{How, Lane};
use portcullis_testkit::scene::find_host;
use portcullis_testkit::server::{Server, Site};
use portcullis_testkit::stage::KIM;
use std::path::PathBuf;
use std::process::{Command, Output};

const RECORDERS: &str = ".portcullis/recorders";
const REF: &str = "refs/portcullis/deployments/production";
/// The number of the policy among the files of a lane, and one of the list of signers.
const POLICY_FILE: u32 = 0;
const LIST_FILE: u32 = 60;

/// A team that no other host could have.
fn policy() -> String {
    let text = find_host("gitlab").unwrap().policy();
    format!("{text}\n[roles.stewards]\nteams = [\"group/sub-group/stewards\"]\n")
}

struct Signing {
    lane: Lane,
    keys: tempfile::TempDir,
}

impl Signing {
    /// A branch on which the list of signers landed, and after it a policy that asks for signatures
    /// where this says so.
    fn begin(asks: bool) -> Signing {
        let keys = tempfile::Builder::new().prefix("portcullis-").tempdir().unwrap();
        let mut signing = Signing { lane: Lane::with(&policy()), keys };
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(signing.key())
            .output()
            .unwrap();
        assert!(made.status.success());
        let public = std::fs::read_to_string(signing.key().with_extension("pub")).unwrap();
        let list = Body::Text(format!("alex-example {public}"));
        signing.land(Op::Put(LIST_FILE, File::new(RECORDERS, list)));
        if asks {
            let text = format!("{}\n[records]\nsigners = \"{RECORDERS}\"\n", policy());
            signing.land(Op::Body(POLICY_FILE, Body::Text(text)));
        }
        signing
    }

    fn key(&self) -> PathBuf {
        self.keys.path().join("alex")
    }

    fn land(&mut self, op: Op) -> Oid {
        let mut draft = self.lane.open(self.lane.tip());
        self.lane.push(&mut draft, KIM, vec![op]);
        draft.approved();
        self.lane.land(vec![draft], How::Merge, &[], &[], "a request");
        self.lane.tip()
    }

    /// One more landing.
    fn go_on(&mut self) -> Oid {
        let number = self.lane.fresh();
        self.land(Op::Slot(10, (number % 6) as usize, format!("change {number}\n")))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let server = Server::start_below("/api/v4", Box::new(self.lane.on_gitlab()) as Box<dyn Site>);
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(self.lane.directory());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.keys.path());
        command.env("CI_API_V4_URL", server.address()).env("GITLAB_TOKEN", "glpat-gate");
        command.args(arguments).output().unwrap()
    }

    fn judge(&self, more: &[&str]) -> Verdict {
        let head = self.lane.tip().to_string();
        let begin = ["check", "--environment", "production", "--host", "gitlab", "--format", "json"];
        let subject = ["--repository", "example-org/data-upload", "--head", &head];
        Verdict::of(&self.run(&[&begin[..], &subject, more].concat()))
    }

    fn record(&self, more: &[&str]) {
        let key = self.key();
        let signing = ["--record", "--record-key", key.to_str().unwrap()];
        let verdict = self.judge(&[&signing[..], more].concat());
        assert_eq!(verdict.exit, 0, "{}", verdict.text);
    }

    fn verify(&self) -> (i32, String) {
        let output = self.run(&["record", "verify", "production"]);
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        let said = String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ");
        (output.status.code().unwrap_or(-1), said)
    }

    /// Takes the signature from the newest record.
    fn take_signature(&self) {
        let git = git2::Repository::open(self.lane.directory()).unwrap();
        let commit = git.find_reference(REF).unwrap().peel_to_commit().unwrap();
        let mut tree = git.treebuilder(Some(&commit.tree().unwrap())).unwrap();
        tree.remove("signature.json").unwrap();
        let tree = git.find_tree(tree.write().unwrap()).unwrap();
        let parents: Vec<git2::Commit<'_>> = commit.parents().collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let text = commit.message().unwrap();
        let again = git.commit(None, &commit.author(), &commit.committer(), text, &tree, &parents).unwrap();
        git.reference(REF, again, true, "test").unwrap();
    }
}

/// The record is made on top of the commit before the policy asked for signatures, where none is
/// asked for. It could as well be made up as a whole: the host's word in it cannot be seen again.
#[test]
fn attack_a_chain_that_begins_anew_before_signatures_were_asked_for() {
    if !has_keygen() {
        return;
    }
    let mut signing = Signing::begin(true);
    let base = signing.lane.baseline().to_string();
    let made_up = signing.judge(&["--base", &base, "--record"]);
    assert_eq!(made_up.exit, 0, "{}", made_up.text);
    let deployed = signing.lane.tip().to_string();
    signing.go_on();
    let verdict = signing.judge(&[]);
    assert_eq!(verdict.exit, 3, "{}", verdict.text);
    assert!(verdict.text.contains("it is not signed by anyone in .portcullis/recorders"), "{}", verdict.text);
    // As the remedy says; from then on, records are signed.
    signing.record(&["--base", &deployed]);
    signing.go_on();
    assert_eq!(signing.judge(&[]).exit, 0, "the newest record is signed");
}

#[test]
fn records_that_are_signed_need_no_word_of_the_command_line() {
    if !has_keygen() {
        return;
    }
    let mut signing = Signing::begin(true);
    let base = signing.lane.tip().to_string();
    signing.go_on();
    signing.record(&["--base", &base]);
    signing.go_on();
    signing.record(&[]);
    let (exit, said) = signing.verify();
    assert!(exit == 0 && said.contains("; signed by alex-example with SHA256:"), "{exit}: {said}");
}

/// A record without facts does not say for which host its policy was read.
#[test]
fn attack_the_signature_of_a_record_without_facts_is_taken_away() {
    if !has_keygen() {
        return;
    }
    let mut signing = Signing::begin(true);
    let base = signing.lane.tip().to_string();
    signing.go_on();
    signing.record(&["--base", &base, "--omit-facts"]);
    let (exit, said) = signing.verify();
    assert!(exit == 3 && said.contains("; signed by alex-example with SHA256:"), "{exit}: {said}");
    signing.take_signature();
    let (exit, said) = signing.verify();
    assert!(exit == 6 && said.contains("the policy asks for signed records"), "{exit}: {said}");
}

#[test]
fn records_need_no_signature_where_the_policy_asks_for_none() {
    if !has_keygen() {
        return;
    }
    let mut signing = Signing::begin(false);
    let base = signing.lane.baseline().to_string();
    assert_eq!(signing.judge(&["--base", &base, "--record"]).exit, 0);
    signing.go_on();
    assert_eq!(signing.judge(&[]).exit, 0);
}
