//! Signed rounds of `portcullis fleet`: who signed what, and what a forger cannot do.

use crate::fleet::{command, ended, of, repository, site};
use portcullis_testkit::fleet::FleetSite;
use portcullis_testkit::server::Server;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A repository of rounds, keys of people, and the list of those whose signature counts: Kim's.
struct SignedHome {
    home: TempDir,
    keys: TempDir,
}

impl SignedHome {
    fn begin() -> Self {
        let keys = TempDir::new().unwrap();
        for name in ["kim", "mallory"] {
            let file = keys.path().join(name);
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
                .arg(file)
                .status();
            assert!(made.unwrap().success());
        }
        let public = std::fs::read_to_string(keys.path().join("kim.pub")).unwrap();
        std::fs::write(keys.path().join("signers"), format!("kim@example.test {public}")).unwrap();
        SignedHome { home: repository(), keys }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn key(&self, name: &str) -> String {
        self.keys.path().join(name).display().to_string()
    }

    fn signers(&self) -> String {
        self.key("signers")
    }

    /// A round with these arguments; its exit code, and what was said.
    fn round(&self, server: &Server<FleetSite>, more: &[&str]) -> (i32, String) {
        let mut command = command(self.path(), server, &[&["--record", "--quiet"], more].concat());
        ended(&with_tools(&mut command, self.path()).output().unwrap())
    }

    /// A command over kept rounds.
    fn fleet(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(self.path()).arg("fleet").args(arguments);
        ended(&with_tools(&mut command, self.path()).output().unwrap())
    }

    fn git(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim_end().to_string()
    }

    fn reference(&self) -> String {
        self.git(&["for-each-ref", "--format=%(refname)", "refs/portcullis/fleet/"], b"")
    }

    /// Gives the newest round another `signature.json`, or none, and the commit that follows from
    /// it.
    fn alter_signature(&self, blob: Option<&str>) {
        let reference = self.reference();
        let listed = self.git(&["ls-tree", &reference], b"");
        let kept = listed.lines().filter(|line| !line.ends_with("\tsignature.json"));
        let mut tree: String = kept.map(|line| format!("{line}\n")).collect();
        tree.extend(blob.map(|blob| format!("100644 blob {blob}\tsignature.json\n")));
        let tree = self.git(&["mktree"], tree.as_bytes());
        let commit = self.git(&["cat-file", "commit", &reference], b"") + "\n";
        let old = commit.lines().next().unwrap().to_string();
        let commit = commit.replace(&old, &format!("tree {tree}"));
        let commit = self.git(&["hash-object", "-t", "commit", "-w", "--stdin"], commit.as_bytes());
        self.git(&["update-ref", &reference, &commit], b"");
    }
}

/// Signing runs `git` and `ssh-keygen`, which no other step needs.
fn with_tools<'c>(command: &'c mut Command, home: &Path) -> &'c mut Command {
    command.env("PATH", std::env::var("PATH").unwrap()).env("HOME", home)
}

/// Every command that reads rounds, asked for signatures.
fn readers(home: &SignedHome) -> Vec<(i32, String)> {
    let signers = home.signers();
    let table: PathBuf = home.keys.path().join("fleet.parquet");
    let table = table.display().to_string();
    let each: [&[&str]; 5] =
        [&["list"], &["verify"], &["diff"], &["show", &of("service-0000")], &["export", "--parquet", &table]];
    each.iter().map(|words| home.fleet(&[words, &["--signers", &signers][..]].concat())).collect()
}

#[track_caller]
fn assert_refused(home: &SignedHome, server: &Server<FleetSite>, says: &str) {
    for (exit, text) in readers(home) {
        assert!(exit == 6 && text.contains(says), "{exit} {text}");
    }
    let (exit, text) = home.round(server, &["--key", &home.key("kim"), "--signers", &home.signers()]);
    assert!(exit == 6 && text.contains(says), "no round goes on from it: {exit} {text}");
}

#[test]
fn a_signed_round_says_who_signed_it_and_the_next_goes_on_from_it() {
    let server = site(2, |_| ());
    let home = SignedHome::begin();
    let (key, signers) = (home.key("kim"), home.signers());
    assert_eq!(home.round(&server, &["--key", &key, "--signers", &signers]).0, 0);
    home.git(&["config", "user.signingKey", &format!("{key}.pub")], b"");
    home.git(&["config", "user.email", "kim@example.test"], b"");
    assert_eq!(home.round(&server, &["--sign", "--signers", &signers]).0, 0);
    for (exit, text) in readers(&home) {
        assert_eq!(exit, 0, "{text}");
    }
    let (_, verified) = home.fleet(&["verify", "--signers", &signers]);
    assert!(verified.contains("2 rounds verified") && verified.contains("2 signed by people of the list"));
    let (_, listed) = home.fleet(&["list", "--signers", &signers]);
    assert_eq!(listed.matches("signed by kim@example.test (SHA256:").count(), 2, "{listed}");
    let (_, unlisted) = home.fleet(&["verify"]);
    assert!(unlisted.contains("2 signed, by keys whose owner was not looked up"), "{unlisted}");
    let (_, shown) = home.fleet(&["show", &of("service-0001"), "--signers", &signers, "--json"]);
    assert!(shown.contains("\"kim@example.test\""), "{shown}");
}

#[test]
fn a_chain_that_began_without_signatures_is_vouched_for_by_the_first_signed_round() {
    let server = site(2, |_| ());
    let home = SignedHome::begin();
    let (key, signers) = (home.key("kim"), home.signers());
    home.git(&["config", "user.email", "kim@example.test"], b"");
    assert_eq!(home.round(&server, &[]).0, 0);
    assert_eq!(home.round(&server, &["--key", &key, "--full-every", "0"]).0, 0);
    assert_eq!(home.round(&server, &["--key", &key, "--signers", &signers]).0, 0);
    let (exit, text) = home.fleet(&["verify", "--signers", &signers]);
    assert!(exit == 0 && text.contains("2 signed by people of the list"), "{exit} {text}");
    // From then on each needs one, also where a signed one follows it.
    assert_eq!(home.round(&server, &[]).0, 0);
    assert_refused(&home, &server, "round 4 cannot be believed: it is not signed");
    assert_eq!(home.round(&server, &["--key", &key]).0, 0);
    let (exit, text) = home.fleet(&["verify", "--signers", &signers]);
    assert!(exit == 6 && text.contains("round 4 cannot be believed"), "{exit} {text}");
    // As the advice says, to begin anew.
    let reference = home.reference();
    home.git(&["update-ref", "refs/kept/fleet", &reference], b"");
    home.git(&["update-ref", "-d", &reference], b"");
    assert_eq!(home.round(&server, &["--key", &key, "--signers", &signers]).0, 0);
    assert_eq!(home.fleet(&["verify", "--signers", &signers]).0, 0);
}

#[test]
fn attack_an_unsigned_round_where_a_signature_is_demanded() {
    let server = site(2, |_| ());
    let home = SignedHome::begin();
    assert_eq!(home.round(&server, &[]).0, 0);
    assert_refused(&home, &server, "round 1 cannot be believed: it is not signed");
    let (exit, text) = home.fleet(&["verify"]);
    assert!(exit == 0 && text.contains("none is signed"), "{exit} {text}");
    // And no such round is written where one is demanded.
    let home = SignedHome::begin();
    let (exit, text) = home.round(&server, &["--signers", &home.signers()]);
    assert!(exit == 2 && text.contains("--sign or --key FILE"), "{exit} {text}");
    assert_eq!(home.reference(), "");
    let signers = home.signers();
    let (exit, text) = ended(&command(home.path(), &server, &["--signers", &signers]).output().unwrap());
    assert_eq!(exit, 0, "{text}");
    assert_eq!(home.round(&server, &["--signers", &home.signers(), "--key", &home.key("kim")]).0, 0);
}

#[test]
fn attack_a_round_is_signed_by_someone_who_is_not_of_the_list() {
    let server = site(2, |_| ());
    let home = SignedHome::begin();
    assert_eq!(home.round(&server, &["--key", &home.key("mallory")]).0, 0);
    assert_refused(&home, &server, "its signature does not count");
    // Under Kim's name.
    let home = SignedHome::begin();
    home.git(&["config", "user.email", "kim@example.test"], b"");
    assert_eq!(home.round(&server, &["--key", &home.key("mallory")]).0, 0);
    assert_refused(&home, &server, "its signature does not count");
    let fresh = SignedHome::begin();
    let (exit, text) = fresh.round(&server, &["--key", &fresh.key("mallory"), "--signers", &fresh.signers()]);
    assert!(exit == 6 && text.contains("is not in the list of signers"), "{exit} {text}");
    // A key of the list counts, and so does this one once it is there.
    let by = |name: &str| fresh.round(&server, &["--key", &fresh.key(name), "--signers", &fresh.signers()]);
    assert_eq!(by("kim").0, 0);
    let public = std::fs::read_to_string(fresh.key("mallory.pub")).unwrap();
    let both = std::fs::read_to_string(fresh.signers()).unwrap() + &format!("mallory@example.test {public}");
    std::fs::write(fresh.signers(), both).unwrap();
    assert_eq!(by("mallory").0, 0);
}

#[test]
fn attack_a_forged_round_carries_the_signature_of_another() {
    let home = SignedHome::begin();
    let weak = site(2, |site| site.repository(&of("service-0001")).change_rulesets(Vec::new()));
    let key = home.key("kim");
    assert_eq!(home.round(&weak, &["--key", &key]).0, 1);
    let signature = home.git(&["rev-parse", &format!("{}:signature.json", home.reference())], b"");
    let bytes = home.git(&["cat-file", "blob", &signature], b"");
    home.git(&["update-ref", "-d", &home.reference()], b"");
    // A round that never took place: all is well.
    let strong = site(2, |_| ());
    assert_eq!(home.round(&strong, &[]).0, 0);
    let blob = home.git(&["hash-object", "-w", "--stdin"], bytes.as_bytes());
    home.alter_signature(Some(&blob));
    assert_refused(&home, &strong, "it is of another round");
    // Also where no list was named, a signature that is none of this round is refused.
    let (exit, text) = home.fleet(&["verify"]);
    assert!(exit == 6 && text.contains("it is of another round"), "{exit} {text}");
}

#[test]
fn attack_the_signature_of_a_round_is_taken_away_or_spoiled() {
    let server = site(2, |_| ());
    let home = SignedHome::begin();
    let key = home.key("kim");
    assert_eq!(home.round(&server, &["--key", &key]).0, 0);
    let blob = home.git(&["hash-object", "-w", "--stdin"], b"{}");
    home.alter_signature(Some(&blob));
    assert_refused(&home, &server, "its signature does not count");
    home.alter_signature(None);
    assert_refused(&home, &server, "it is not signed");
}
