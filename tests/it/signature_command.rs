//! Detached signatures of files that somebody keeps.

use crate::support::reviewed::{Project, has_keygen, text_of};
use std::path::PathBuf;
use std::process::{Command, Stdio};

struct Signed {
    project: Project,
    file: PathBuf,
    signers: PathBuf,
}

impl Signed {
    /// A file that Robin signed; Robin and Alex may.
    fn new() -> Self {
        let project = Project::new();
        let file = project.path().join("audit.json");
        std::fs::write(&file, "{\"exceptions\":2}\n").unwrap();
        let signers = project.path().join(".portcullis-signers");
        let line = |name: &str| {
            format!("{name} {}", std::fs::read_to_string(project.key(name).with_extension("pub")).unwrap())
        };
        std::fs::write(&signers, line("robin") + &line("alex")).unwrap();
        let signed = Signed { project, file, signers };
        let output = signed.make("robin", signed.file.to_str().unwrap());
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
        signed
    }

    fn make(&self, key: &str, file: &str) -> std::process::Output {
        let key = self.project.key(key);
        self.project.portcullis(&["signature", "make", file, "--key", key.to_str().unwrap()])
    }

    #[track_caller]
    fn verify(&self, more: &[&str], code: i32, says: &str) {
        let file = self.file.to_str().unwrap();
        let begin = ["signature", "verify", file, "--signers", self.signers.to_str().unwrap()];
        let output = self.project.portcullis(&[&begin[..], more].concat());
        let said = text_of(&output);
        assert!(
            output.status.code() == Some(code) && said.contains(says),
            "{:?}: {said}",
            output.status.code()
        );
    }
}

#[test]
fn a_file_that_an_allowed_signer_signed_verifies_here_and_with_ssh_keygen() {
    if !has_keygen() {
        return;
    }
    let signed = Signed::new();
    signed.verify(&[], 0, "was signed by robin with SHA256:");
    let status = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-I", "robin", "-n", "portcullis", "-f"])
        .arg(&signed.signers)
        .arg("-s")
        .arg(format!("{}.sig", signed.file.display()))
        .stdin(Stdio::from(std::fs::File::open(&signed.file).unwrap()))
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn attack_a_signed_file_is_edited() {
    if !has_keygen() {
        return;
    }
    let signed = Signed::new();
    std::fs::write(&signed.file, "{\"exceptions\":0}\n").unwrap();
    signed.verify(&[], 6, "proves nothing");
}

#[test]
fn attack_someone_signs_who_is_not_in_the_list() {
    if !has_keygen() {
        return;
    }
    let signed = Signed::new();
    assert_eq!(signed.make("mallory", signed.file.to_str().unwrap()).status.code(), Some(0));
    signed.verify(&[], 6, "is not one of the allowed signers");
}

#[test]
fn attack_a_key_whose_time_was_over() {
    if !has_keygen() {
        return;
    }
    let signed = Signed::new();
    let list = std::fs::read_to_string(&signed.signers).unwrap();
    std::fs::write(&signed.signers, list.replace("robin ", "robin valid-before=\"20250101Z\" ")).unwrap();
    signed.verify(&[], 6, "proves nothing");
    signed.verify(&["--at", "2024-06-01T00:00:00Z"], 0, "was signed by robin");
}

#[test]
fn a_file_without_a_signature_is_told_of() {
    if !has_keygen() {
        return;
    }
    let signed = Signed::new();
    std::fs::remove_file(format!("{}.sig", signed.file.display())).unwrap();
    signed.verify(&[], 5, "cannot read");
}

#[cfg(feature = "demo")]
#[test]
fn the_manifest_of_a_pack_is_signed_and_a_changed_one_does_not_verify() {
    if !has_keygen() {
        return;
    }
    let mut signed = Signed::new();
    let pack = signed.project.path().join("pack");
    let made = signed.project.portcullis(&["demo", "--pack", pack.to_str().unwrap()]);
    assert_eq!(made.status.code(), Some(0), "{}", text_of(&made));
    assert_eq!(signed.make("alex", &format!("{}/", pack.display())).status.code(), Some(0));
    signed.file = pack.clone();
    signed.verify(&[], 0, "was signed by alex");
    let verified = signed.project.portcullis(&["pack", "verify", pack.to_str().unwrap()]);
    assert_eq!(verified.status.code(), Some(0), "the signature lies beside it: {}", text_of(&verified));
    let manifest = pack.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replacen("sha256", "sha256 ", 1)).unwrap();
    signed.verify(&[], 6, "proves nothing");
}
