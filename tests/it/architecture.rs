//! The house keeps its shape: who may look into which room, what the tables promise, and how a file begins.

use portcullis_judge::control::{self, documentation::TITLES};
use portcullis_render as render;
use portcullis_report as report;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that share a crate, and which of them each may look into. Between crates Cargo holds the order.
const ROOMS: &[(&str, &[&str])] = &[
    ("judge/control", &[]),
    ("judge/policy", &["judge/control"]),
    ("judge/decide", &["judge/control", "judge/policy"]),
];

const LONGEST: usize = 450;

/// Of a hundred free functions, how many may have a name of one word. Most of those that have one are called by the name of
/// their module too: `junit::parse`. A name without it has a verb and an object.
const ONE_WORD: usize = 20;

/// Where product code names a control outside of the control's own files, and why. What the program knows of a control is in
/// its `KIND`; what is left are texts for people in rooms that may not look into `control`.
const NAMED_ELSEWHERE: &[(&str, &str, &str)] = &[
    ("cli/examples/lines.rs", "required-reviews", "an example of a command line"),
    ("git/landing/prover/basis.rs", "reviewed-landings", "a remedy names the control to write a waiver of"),
    ("init/git_reviews.rs", "protected-branch", "the policy that is proposed is text"),
    ("init/git_reviews.rs", "regression-tests", "the policy that is proposed is text"),
    ("init/policy_text/controls.rs", "changed-line-coverage", "the policy that is proposed is text"),
    ("init/policy_text/controls.rs", "gate-integrity", "the policy that is proposed is text"),
    ("init/policy_text/controls.rs", "protected-branch", "the policy that is proposed is text"),
    ("init/policy_text/controls.rs", "regression-tests", "the policy that is proposed is text"),
    ("init/policy_text/controls.rs", "required-checks", "the policy that is proposed is text"),
    ("init/policy_text/controls.rs", "required-reviews", "the policy that is proposed is text"),
    ("init/report.rs", "regression-tests", "a remedy names the settings to write"),
    ("init/update.rs", "regression-tests", "a suite is added where its settings are"),
    (
        "report/test_formats/foreign.rs",
        "changed-line-coverage",
        "a remedy names the settings that a report of lines belongs to",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file: its path below `src`, with `/`, and its text.
fn sources() -> Vec<(String, String)> {
    let root = root();
    let name = |file: &PathBuf| {
        let parts = file.strip_prefix(&root).unwrap().components();
        parts.map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("/")
    };
    let mut found = files(&root);
    // Cargo runs it while it builds; it is no part of the program.
    found.retain(|file| *file != root.join("cli/build.rs"));
    assert!(found.len() > ROOMS.len(), "no sources found below {}", root.display());
    found.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.into_iter().flat_map(below).filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// The module path of a file below `src`: `judge/policy/mod.rs` is `judge`, `policy`, and `git/lib.rs` is `git`.
fn module(file: &str) -> Vec<&str> {
    let stem = file.trim_end_matches(".rs");
    stem.strip_suffix("/mod").or(stem.strip_suffix("/lib")).unwrap_or(stem).split('/').collect()
}

/// What ships: all but the test kit and the files and modules that are compiled for tests only.
fn shipped() -> Vec<(String, String)> {
    let all = sources();
    let for_tests = |file: &str| {
        let (name, parent) =
            module(file).split_last().map(|(name, parent)| (*name, parent.to_vec())).unwrap();
        let declared = format!("mod {name};");
        let declares = |text: &str| {
            let after = |gate: &str| {
                let lines = text.split(gate).skip(1).filter_map(|rest| rest.lines().next());
                lines.map(str::trim).any(|line| line.ends_with(&declared))
            };
            after("#[cfg(test)]\n") || after("#[cfg(any(test, feature = \"testing\"))]\n")
        };
        all.iter().any(|(other, text)| module(other) == parent && declares(text))
    };
    let ships = all.iter().filter(|(file, _)| !file.starts_with("testkit/") && !for_tests(file));
    ships.map(|(file, text)| (file.clone(), without_tests(text))).collect()
}

/// The text before and after the module of tests, which ends with the first brace in the first column.
fn without_tests(text: &str) -> String {
    let Some((before, tests)) = text.split_once("#[cfg(test)]\nmod tests {") else { return text.to_string() };
    let after = tests.split_once("\n}\n").map_or("", |(_, after)| after);
    format!("{before}{after}")
}

/// The code without lines that are comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The room that a file lies in, where its crate holds several.
fn room(file: &str) -> Option<&'static str> {
    ROOMS
        .iter()
        .map(|(room, _)| *room)
        .find(|room| file.strip_prefix(room).is_some_and(|rest| rest.starts_with('/')))
}

/// The rooms of its crate that a file names from the crate's root: `crate::room`, or as many `super::` as lead there.
fn looks_into(file: &str, text: &str) -> Vec<String> {
    let Some(room) = room(file) else { return Vec::new() };
    let (crate_folder, _) = room.rsplit_once('/').map_or(("", room), |(folder, name)| (folder, name));
    let folder = if crate_folder.is_empty() { String::new() } else { format!("{crate_folder}/") };
    let code = code(text);
    let from_root = code.split("crate::").skip(1).map(|rest| (rest, "crate"));
    let depth = module(file).len() - usize::from(!crate_folder.is_empty());
    let climb = "super::".repeat(depth);
    let from_below = code.split(&climb).skip(1).map(|rest| (rest.trim_start_matches("super::"), "super"));
    let named = from_root.chain(from_below).flat_map(|(rest, how)| first_names(rest, how));
    named.map(|name| format!("{folder}{name}")).collect()
}

/// The first name of a path, or each first name of a group in braces.
fn first_names(rest: &str, how: &str) -> Vec<String> {
    let word =
        |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let grouped = how == "crate" && rest.starts_with('{');
    assert!(!grouped, "write one `use crate::…` for each room: {:?}", rest.lines().next());
    match rest.strip_prefix('{') {
        Some(group) => group.split('}').next().unwrap_or("").split(',').map(word).collect(),
        None => vec![word(rest)],
    }
}

/// Does code name a control in a literal? A name of one word is also an English word and the name of a module, so it counts
/// only between quotes or backticks and as a table of settings.
fn names_control(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_mark = |c: char| c == '"' || c == '`';
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        if name.contains('-') {
            !before.ends_with(is_part) && !after.starts_with(is_part)
        } else {
            before.ends_with("controls.") || (before.ends_with(is_mark) && after.starts_with(is_mark))
        }
    })
}

#[test]
fn a_control_is_named_in_its_own_files_alone() {
    let mut found = Vec::new();
    for (file, text) in shipped() {
        let code = code(&text);
        for name in control::TABLE.iter().map(|kind| kind.name) {
            let rest = file.strip_prefix(&format!("judge/control/{}", name.replace('-', "_")));
            let is_own = rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
            if !is_own && names_control(&code, name) {
                found.push((file.clone(), name));
            }
        }
    }
    let expected = NAMED_ELSEWHERE.iter().map(|(file, name, _)| (file.to_string(), *name));
    assert_eq!(found, expected.collect::<Vec<_>>(), "take it from the control's `KIND`");
}

#[test]
fn the_name_of_a_control_is_seen_in_each_form() {
    for (name, code) in [
        ("required-reviews", r#"get("required-reviews")"#),
        ("required-reviews", r#"help("write `[controls.required-reviews]`")"#),
        ("required-reviews", r#"format!("a waiver of required-reviews: {id}")"#),
        ("freeze", r#"const DEPLOYMENT_ONLY: [&str; 2] = ["deployers", "freeze"];"#),
        ("freeze", r#"help("add it to [controls.freeze]")"#),
        ("deployers", r#"help("see `deployers`")"#),
    ] {
        assert!(names_control(code, name), "{name}: {code}");
    }
    for (name, code) in [
        ("required-reviews", "required_reviews::KIND.name"),
        ("required-reviews", r#""not-required-reviews""#),
        ("freeze", "use crate::control::freeze;"),
        ("freeze", r#"help("wait until the freeze is over")"#),
    ] {
        assert!(!names_control(code, name), "{name}: {code}");
    }
}

/// Suites are run by one module alone, a person who signs has `ssh-keygen` and git called by another,
/// a third asks gitolite for its rules, a fourth runs the command that is told of what is overdue, and
/// a fifth starts the Spark of the user; nothing else in the product starts a program.
#[test]
fn five_modules_start_programs() {
    let starts = |file: &str, text: &str| !file.contains("/tests/") && code(text).contains("Command::new(");
    let files = shipped().into_iter().filter(|(file, text)| starts(file, text)).map(|(file, _)| file);
    let files: Vec<String> = files.collect();
    assert_eq!(
        files,
        [
            "cli/hook/gitolite.rs",
            "cli/listener.rs",
            "cli/reconcile/spark/program.rs",
            "cli/signing.rs",
            "collect/evidence/command.rs"
        ]
    );
}

/// What other systems do not have is behind a condition, in the item or in the lines before it.
#[test]
fn what_only_unix_has_is_behind_a_condition() {
    const NEAR: usize = 8;
    let mut seen = 0;
    for (file, text) in shipped().into_iter().filter(|(file, _)| !file.contains("/tests/")) {
        let lines: Vec<&str> = text.lines().collect();
        let calls = |line: &str| line.contains("std::os::unix") || line.contains("libc::");
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| calls(line)) {
            let before = &lines[at.saturating_sub(NEAR)..=at];
            let is_guarded = before.iter().any(|line| line.contains("cfg(unix)"));
            assert!(is_guarded, "{file}:{}: {line}: put `#[cfg(unix)]` before it", at + 1);
            seen += 1;
        }
    }
    assert!(seen > 20, "calls of unix are not found any more: {seen}");
}

#[test]
fn imports_point_one_way() {
    let mut edges = 0;
    for (file, text) in &shipped() {
        let Some(room) = room(file) else { continue };
        let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room).unwrap();
        let others = looks_into(file, text);
        for target in others.iter().filter(|name| ROOMS.iter().any(|(room, _)| room == name)) {
            assert!(target == room || allowed.contains(&target.as_str()), "{file} looks into {target}");
            edges += 1;
        }
    }
    assert!(edges > ROOMS.len(), "imports are not found any more");
}

#[test]
fn looking_into_a_room_is_seen_in_each_form() {
    for (file, text) in [
        ("judge/control/freeze.rs", "use crate::policy::Policy;"),
        ("judge/control/freeze.rs", "fn f(case: crate::policy::Policy) {}"),
        ("judge/control/freeze.rs", "use super::super::policy::Policy;"),
        ("judge/control/mod.rs", "use super::policy;"),
        ("judge/control/mod.rs", "use super::{decide, policy};"),
    ] {
        assert!(looks_into(file, text).contains(&"judge/policy".to_string()), "{file}: {text}");
    }
    for (file, text) in [
        ("judge/control/freeze.rs", "// crate::policy"),
        ("judge/control/quorum/ownership.rs", "use super::super::policy;"),
        ("judge/control/mod.rs", "use self::policy;"),
        ("git/record.rs", "use crate::policy;"),
    ] {
        assert!(!looks_into(file, text).contains(&"judge/policy".to_string()), "{file}: {text}");
    }
}

#[test]
fn each_file_opens_with_what_it_is_for_and_stays_readable() {
    for (file, text) in shipped() {
        let lines = text.lines().count();
        assert!(lines < LONGEST, "{file} has {lines} lines before its tests; split it by meaning");
    }
    for (file, text) in sources() {
        assert!(text.starts_with("//! "), "{file} does not begin with its module documentation");
        let name = *module(&file).last().unwrap();
        assert!(!["utils", "common", "helpers", "imp"].contains(&name), "{file}: a name that says nothing");
    }
}

/// Examples in documentation comments are not compiled (`doctest = false`), so that there are none: what is shown is a form
/// or a text.
#[test]
fn no_documentation_comment_holds_code_that_nothing_compiles() {
    let mut fences = Vec::new();
    for (file, text) in sources() {
        let documentation = text
            .lines()
            .map(str::trim_start)
            .filter(|line| line.starts_with("//!") || line.starts_with("///"));
        let marks =
            documentation.filter_map(|line| line[3..].trim_start().strip_prefix("```")).map(str::to_string);
        fences.extend(marks.step_by(2).map(|language| (file.clone(), language)));
    }
    assert!(fences.len() > 5);
    let folders = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let crates = folders(root()).chain(folders(root().join("report")));
    let manifests = crates.map(|folder| folder.join("Cargo.toml")).filter(|manifest| manifest.exists());
    let manifests: Vec<PathBuf> = manifests.collect();
    assert!(manifests.len() > 20, "{manifests:?}");
    for manifest in &manifests {
        assert!(
            fs::read_to_string(manifest).unwrap().contains("\ndoctest = false\n"),
            "{}",
            manifest.display()
        );
    }
    let wrong = fences.iter().filter(|(_, language)| !["json", "text", "toml"].contains(&language.as_str()));
    assert_eq!(wrong.collect::<Vec<_>>(), [] as [&(String, String); 0]);
}

/// The name that a line of a file declares, where the line begins with these words.
fn declared<'t>(line: &'t str, words: &[&str]) -> Option<&'t str> {
    let rest = words.iter().find_map(|words| line.strip_prefix(words))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    // A macro puts the name in the place of `$name`.
    (end > 0).then(|| &rest[..end])
}

/// Every public type of the product, with the file that declares it.
fn public_types(files: &[(String, String)]) -> Vec<(&str, &str)> {
    const WORDS: &[&str] = &["pub struct ", "pub enum ", "pub union ", "pub trait ", "pub type "];
    let types = files.iter().flat_map(|(file, text)| {
        text.lines()
            .filter_map(|line| declared(line.trim_start(), WORDS))
            .map(move |name| (name, file.as_str()))
    });
    types.collect()
}

/// What a program of ours consists of; `testkit` is for tests and the demonstration.
fn product() -> Vec<(String, String)> {
    let is_product = |file: &str| !file.starts_with("testkit/") && !file.contains("/tests/");
    shipped().into_iter().filter(|(file, _)| is_product(file)).collect()
}

/// A name that two types have sends a reader to the wrong one. Errors are told apart by their module.
#[test]
fn the_name_of_a_public_type_is_unique() {
    let files = product();
    let mut types = public_types(&files);
    types.retain(|(name, _)| *name != "Error");
    types.sort_unstable();
    assert!(types.len() > 400, "types are not found any more: {}", types.len());
    let twice = types.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let twice: Vec<_> = twice.map(|pair| (pair[0].0, pair[0].1, pair[1].1)).collect();
    assert!(twice.is_empty(), "rename the one that fewer readers know: {twice:#?}");
}

#[test]
fn a_public_type_is_seen_in_each_form() {
    let text = "pub struct A;\npub enum B<'a> {\n    pub trait C: D {}\npub(crate) struct E;\nstruct F;\npub type G = u8;";
    let files = [("a.rs".to_string(), text.to_string())];
    let names: Vec<&str> = public_types(&files).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["A", "B", "C", "G"]);
}

#[test]
fn free_functions_have_a_verb_and_an_object() {
    const WORDS: &[&str] =
        &["fn ", "const fn ", "pub fn ", "pub const fn ", "pub(super) fn ", "pub(crate) fn "];
    let files = product();
    let names: Vec<&str> =
        files.iter().flat_map(|(_, text)| text.lines().filter_map(|line| declared(line, WORDS))).collect();
    let one_word = names.iter().filter(|name| !name.contains('_')).count();
    assert!(names.len() > 1000, "functions are not found any more: {}", names.len());
    assert!(
        one_word * 100 <= names.len() * ONE_WORD,
        "{one_word} of {} free functions have a name of one word; `.ci/figures --folder src/ROOM` lists them",
        names.len()
    );
}

#[test]
fn only_the_edges_lift_the_ban_on_ambient_input() {
    for (file, text) in sources() {
        let edges = [
            "cli/lib.rs",
            "collect/lib.rs",
            "connect/lib.rs",
            "forge/lib.rs",
            "git/lib.rs",
            "reconcile/lib.rs",
            // Lists what an interrupted extraction left: files of this room's own making.
            "reconcile/extract/resume.rs",
            // Lists the folder of an interrupted extraction, before it is cleared.
            "reconcile/manifest/store.rs",
            // Tests that start engines; no file of the product.
            "reconcile/engine/tests.rs",
            "testkit/lib.rs",
        ];
        let edge = edges.contains(&file.as_str());
        assert!(
            edge || !text.contains("clippy::disallowed"),
            "{file} lifts a ban that only the edges may lift"
        );
    }
}

#[test]
fn the_tables_are_sorted_and_name_everything_once() {
    let tables = [
        ("control", control::TABLE.iter().map(|kind| kind.name).collect::<Vec<_>>()),
        ("render", render::TABLE.iter().map(|format| format.name).collect()),
        ("report", report::TABLE.iter().map(|format| format.name).collect()),
    ];
    for (table, names) in tables {
        assert!(!names.is_empty(), "{table}::TABLE is empty");
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{table}::TABLE: {names:?}");
    }
}

#[test]
fn each_control_lives_in_its_file_and_is_documented() {
    let files: Vec<String> = sources().into_iter().map(|(file, _)| file).collect();
    for kind in control::TABLE {
        let stem = format!("judge/control/{}", kind.name.replace('-', "_"));
        let homes = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
        assert!(homes.iter().any(|home| files.contains(home)), "{} has no file of its name", kind.name);
        let told = fs::read_to_string(root().join(format!("{stem}.md"))).unwrap();
        assert_eq!(told, kind.documentation.0, "{} has its documentation from elsewhere", kind.name);
        assert!(
            told.starts_with(&format!("# {}\n\n## ", kind.name)),
            "{stem}.md does not begin with its name"
        );
        let (titles, sections): (Vec<_>, Vec<_>) = kind.documentation.sections().unzip();
        assert_eq!(titles, TITLES, "{stem}.md");
        assert!(sections.iter().all(|section| !section.is_empty()), "{} is not documented", kind.name);
        let example = format!("\n[controls.{}", kind.name);
        let shows = kind.documentation.how_to_meet().contains(&example);
        assert!(shows, "{} shows no example of its settings", kind.name);
    }
}

/// The control that a file belongs to: `judge/control/freeze/settings.rs` is of `freeze`.
fn control_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("judge/control/")?.split(['/', '.']).next()?;
    let is_control = control::TABLE.iter().any(|kind| kind.name.replace('-', "_") == name);
    is_control.then_some(name)
}

/// What two controls need is in `control/shared/`, which imports no control either.
#[test]
fn controls_import_no_other_control() {
    let mut seen = 0;
    for (file, text) in shipped() {
        let own = control_of(&file);
        let is_shared = file.starts_with("judge/control/shared/");
        if own.is_none() && !is_shared {
            continue;
        }
        seen += 1;
        let code = code(&text);
        for kind in control::TABLE {
            let other = kind.name.replace('-', "_");
            let imports =
                ["control::", "super::"].iter().any(|from| code.contains(&format!("{from}{other}::")));
            assert!(
                own == Some(other.as_str()) || !imports,
                "{file} imports {other}: move it to control/shared"
            );
        }
    }
    assert!(seen > control::TABLE.len());
}
