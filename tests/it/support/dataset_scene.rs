//! A dataset of three records in CSV files, and the program beside it.

use super::checkout::Checkout;
use crate::support::clean::CleanEnvironment as _;
use std::path::Path;
use std::process::Command;

pub const POLICY: &str = r#"schema = 1
[project]
name = "Record upload"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
[controls.reconciled]
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
fields = [{ name = "surname", type = "text" }]
deadline = "24h"
reserved = [{ field = "id", prefix = "TEST" }]
[reconciliation.nominal.source]
connector = "csv"
files = "out/intended.csv"
operation = { column = "op" }
sequence = "seq"
time = { column = "at" }
[reconciliation.nominal.target]
connector = "csv"
files = "out/received.csv"
sequence = "version"
time = { column = "loaded" }
"#;

pub const INTENDED: &str = "id,op,seq,at,surname
N1,U,1,2026-01-01T08:00:00Z,Archer
N2,U,1,2026-01-01T08:00:00Z,Baker
N3,U,1,2026-01-01T08:00:00Z,Cooper
N2,A,2,2026-01-02T08:00:00Z,Baxter
N3,D,2,2026-01-02T08:00:00Z,
";

pub const RECEIVED: &str = "id,version,loaded,surname
N1,1,2026-01-01T09:00:00Z,Archer
N2,2,2026-01-02T09:00:00Z,Baxter
";

/// An amendment and a deletion that failed, and a test record that went live.
pub const FAILED: &str = "id,version,loaded,surname
N1,1,2026-01-01T09:00:00Z,Archer
N2,1,2026-01-01T09:00:00Z,Baker
N3,1,2026-01-01T09:00:00Z,Cooper
TEST9,1,2026-01-01T09:00:00Z,Tester
";

/// What the program came to: exit code, stdout, stderr.
pub type Ran = (i32, String, String);

pub struct DatasetScene {
    checkout: Checkout,
}

impl DatasetScene {
    pub fn new() -> Self {
        let scene = DatasetScene { checkout: Checkout::empty() };
        scene.write("portcullis.toml", POLICY);
        scene.write("out/intended.csv", INTENDED);
        scene.write("out/received.csv", RECEIVED);
        scene.key("dataset.key", "0123456789abcdef0123456789abcdef0123456789abcdef");
        scene.checkout.commit("Begin");
        scene
    }

    pub fn path(&self) -> &Path {
        self.checkout.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub fn key(&self, name: &str, text: &str) {
        self.write(name, text);
        self.shell(&format!("chmod 600 {name}"));
    }

    pub fn shell(&self, line: &str) -> String {
        let output = Command::new("sh").current_dir(self.path()).args(["-c", line]).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    }

    pub fn reconcile(&self, line: &str) -> Ran {
        self.portcullis(&format!("reconcile {line}"))
    }

    pub fn portcullis(&self, line: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.clean_env().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path()).current_dir(self.path()).args(line.split(' '));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    pub fn run(&self) -> Ran {
        self.reconcile("run nominal --key-file dataset.key --confirm-after 1")
    }

    pub fn extract(&self, side: &str, folder: &str) {
        let (exit, _, said) =
            self.reconcile(&format!("extract nominal --side {side} -o {folder} --key-file dataset.key"));
        assert_eq!(exit, 0, "{said}");
    }

    pub fn expect(&self, line: &str, exit: i32, words: &str) -> String {
        let (code, out, said) = self.reconcile(line);
        assert!(
            code == exit && (out.contains(words) || said.contains(words)),
            "{line}: {code}\n{out}\n{said}"
        );
        out
    }

    /// Puts an edited `run.json` of the newest run into the place of the newest run.
    pub fn forge_newest(&self, edit: &str) {
        self.shell(&format!(
            "git show refs/portcullis/reconciliation/nominal:run.json | sed '{edit}' > forged.json; \
             blob=$(git hash-object -w forged.json); \
             tree=$(printf '100644 blob %s\\trun.json\\n' $blob | git mktree); \
             git cat-file commit refs/portcullis/reconciliation/nominal | sed \"s/^tree .*/tree $tree/\" > forged.commit; \
             git update-ref refs/portcullis/reconciliation/nominal $(git hash-object -t commit -w forged.commit)"
        ));
    }
}
