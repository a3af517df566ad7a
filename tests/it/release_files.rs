//! The scripts that make a release, as far as they need no release build: the bill of materials, the archive, the checksums with the
//! formula. `.ci/try-package` tries the Debian package itself; it takes minutes.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(script: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(root().join(script));
    command.current_dir(root()).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_bill_of_materials_lists_what_is_linked_and_nothing_else() {
    let output = run(".ci/sbom", &["--target", "x86_64-unknown-linux-gnu"]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        run(".ci/sbom", &["--target", "x86_64-unknown-linux-gnu"]).stdout,
        output.stdout,
        "the same bytes"
    );
    let bill: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    assert_eq!(bill["specVersion"], "1.6");
    assert_eq!(bill["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
    let components = bill["components"].as_array().unwrap();
    let named = |name: &str| components.iter().find(|component| component["name"] == name);
    for linked in ["git2", "libgit2-sys", "portcullis-judge", "rusqlite", "serde"] {
        assert!(named(linked).is_some(), "{linked} is missing");
    }
    for of_tests in ["assert_cmd", "proptest", "serde_yaml_ng", "snapbox", "windows-sys"] {
        assert!(named(of_tests).is_none(), "{of_tests} is not linked into the program");
    }
    for component in components {
        let is_ours = component["name"].as_str().unwrap().starts_with("portcullis-");
        assert_eq!(component["hashes"].is_array(), !is_ours, "{component}");
    }
    // Every arrow leads to something that is listed.
    let known =
        |name: &Value| named_by(components, name) || *name == bill["metadata"]["component"]["bom-ref"];
    for dependency in bill["dependencies"].as_array().unwrap() {
        assert!(known(&dependency["ref"]), "{dependency}");
        assert!(dependency["dependsOn"].as_array().unwrap().iter().all(known), "{dependency}");
    }
}

fn named_by(components: &[Value], name: &Value) -> bool {
    components.iter().any(|component| component["bom-ref"] == *name)
}

/// A staged folder, as `.ci/stage` makes one, of few files.
fn staged(place: &Path, target: &str) -> PathBuf {
    let folder = place.join(format!("portcullis-{}-{target}", env!("CARGO_PKG_VERSION")));
    fs::create_dir_all(folder.join("man/man1")).unwrap();
    let program = if target.contains("windows") { "portcullis.exe" } else { "portcullis" };
    fs::write(folder.join(program), "program").unwrap();
    fs::write(folder.join("man/man1/portcullis.1"), ".TH portcullis 1\n").unwrap();
    folder
}

const TARGETS: [&str; 5] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
];

#[test]
fn archives_are_the_same_bytes_each_time_and_the_formula_names_them() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let outs = [&one, &two].map(|place| {
        let out = place.path().join("out");
        fs::create_dir_all(&out).unwrap();
        for target in TARGETS {
            let folder = staged(place.path(), target);
            let packed = run(".ci/archive", &[folder.to_str().unwrap(), out.to_str().unwrap()]);
            assert!(packed.status.success(), "{}", text(&packed));
        }
        out
    });
    let mut names: Vec<String> = fs::read_dir(&outs[0])
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), TARGETS.len());
    for name in &names {
        assert_eq!(fs::read(outs[0].join(name)).unwrap(), fs::read(outs[1].join(name)).unwrap(), "{name}");
    }
    let out = outs[0].to_str().unwrap();
    let refused = run(".ci/release-draft", &[out, "acme/portcullis", "v9.9.9"]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(text(&refused).contains("the tag is v9.9.9"), "{}", text(&refused));
    let drafted =
        run(".ci/release-draft", &[out, "acme/portcullis", concat!("v", env!("CARGO_PKG_VERSION"))]);
    assert!(drafted.status.success(), "{}", text(&drafted));
    let checked =
        Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(out).output().unwrap();
    assert!(checked.status.success(), "{}", text(&checked));
    let formula = fs::read_to_string(outs[0].join("portcullis.rb")).unwrap();
    let sums = fs::read_to_string(outs[0].join("SHA256SUMS")).unwrap();
    for line in sums.lines().filter(|line| line.ends_with(".tar.gz")) {
        let (digest, name) = line.split_once("  ").unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let url = format!("url \"https://github.com/acme/portcullis/releases/download/v{version}/{name}\"\n");
        let at = formula.find(&url).unwrap_or_else(|| panic!("{name} is not in the formula:\n{formula}"));
        assert!(
            formula[at + url.len()..].trim_start().starts_with(&format!("sha256 \"{digest}\"")),
            "{formula}"
        );
    }
    assert!(!formula.contains('{') || formula.contains("#{bin}"), "{formula}");
}

#[test]
fn a_formula_of_a_release_that_lacks_an_archive_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let folder = staged(place.path(), TARGETS[0]);
    let out = place.path().join("out");
    fs::create_dir_all(&out).unwrap();
    run(".ci/archive", &[folder.to_str().unwrap(), out.to_str().unwrap()]);
    let tag = concat!("v", env!("CARGO_PKG_VERSION"));
    let refused = run(".ci/release-draft", &[out.to_str().unwrap(), "acme/portcullis", tag]);
    assert!(
        !refused.status.success() && text(&refused).contains("no checksum of portcullis-"),
        "{}",
        text(&refused)
    );
}
