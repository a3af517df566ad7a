//! What a pack holds of people: a project with a register of people, owners by address, and lists of signers is packed, and the
//! pack is searched for each of them.

use crate::support::audited::AS_OF;
use crate::support::clean::CleanEnvironment as _;
use crate::support::forger::{deployed, judged, land, work};
use portcullis_model::id::ActorId;
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Rule};
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{Lane, POLICY, POLICY_FILE};
use portcullis_testkit::server::Server;
use portcullis_testkit::world::{Classic, World, person};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const TRAINING: &str = "\n[training.courses.secure-review]\ntitle = \"Reviewing code that processes personal data\"\nvalid-for = \"unlimited\"\n\n\
    [controls.trained-reviewers]\ncourses = [\"secure-review\"]\n";

const REGISTER: &str = r#"schema = 1

# Dr. Robin Commentary keeps this list.
[[people]]
name = "Robin Registered"
logins = ["robin-example"]
accounts = { "gitlab.example.test" = ["r.elsewhere"] }
emails = ["robin@example.test", "robin.private@home.test"]
keys = ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAz"]
roles = ["gate-owners"]

[[people.training]]
course = "secure-review"
provider = "Academy of Robins"
completed = "2020-01-02"
evidence = "LMS-471147"

[[people]]
name = "Alex Registered"
logins = ["alex-example"]
emails = ["alex@localhost"]
left = "2099-01-01"

[[people.training]]
course = "secure-review"
completed = "2020-01-02"
waived = "Has an illness that nobody should read of"

[[people]]
name = "Nameless Mailbox"
emails = ["mailbox@example.test"]
"#;

const OWNERS: &str =
    "* @robin-example\n/services/upload/ @robin-example @alex-example owner.mail@example.test\n";

/// What must not be in a pack of logins.
const PRIVATE: [&str; 16] = [
    "Robin Registered",
    "Alex Registered",
    "Nameless Mailbox",
    "Robin Commentary",
    "robin@example.test",
    "robin.private",
    "home.test",
    "alex@localhost",
    "mailbox@example.test",
    "owner.mail",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAz",
    "r.elsewhere",
    "Academy of Robins",
    "LMS-471147",
    "illness",
    "Kim Example",
];

/// Two deployments on record, of which the second was judged with the register.
fn lane(register: &str) -> Lane {
    let mut lane = Lane::begin();
    let put = |path: &str, text: &str| File::new(path, Body::Text(text.to_string()));
    let number = lane.fresh();
    land(&mut lane, vec![Op::Put(number, put("portcullis-people.toml", register))], true);
    let policy = format!("{POLICY}{TRAINING}");
    land(&mut lane, vec![Op::Put(POLICY_FILE, put("portcullis.toml", &policy))], true);
    let owners = lane.fresh();
    land(&mut lane, vec![Op::Put(owners, put("CODEOWNERS", OWNERS))], true);
    let base = lane.baseline().to_string();
    let tip = work(&mut lane, "the first");
    let verdict = judged(&lane, tip, &["--base", &base, "--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    let tip = work(&mut lane, "the second");
    let verdict = judged(&lane, tip, &["--record"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    lane
}

/// The pack of a lane as `portcullis audit` writes it.
fn packed(lane: &Lane, key: Option<&str>) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command
        .args(["audit", "--since", "2026-01-01", "--until", "2027-12-31", "--as-of", AS_OF, "--pack"])
        .arg(&folder);
    if let Some(key) = key {
        let file = place.path().join("key");
        std::fs::write(&file, key).unwrap();
        command.arg("--pseudonymise").arg(file);
    }
    let output = command.output().unwrap();
    assert!(folder.join("manifest.json").exists(), "{}", String::from_utf8_lossy(&output.stderr));
    (place, folder)
}

fn verify(pack: &Path, more: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let output = command.clean_env().args(["pack", "verify"]).arg(pack).args(more).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}

#[track_caller]
fn assert_absent(folder: &Path, private: &[&str]) {
    let archive = std::fs::read(folder.with_extension("tar")).unwrap();
    let text = String::from_utf8_lossy(&archive).to_lowercase();
    let found: Vec<&str> =
        private.iter().copied().filter(|word| text.contains(&word.to_lowercase())).collect();
    let around = found.first().and_then(|word| text.find(&word.to_lowercase()));
    let around = around.map(|at| text.chars().skip(text[..at].chars().count().saturating_sub(200)).take(400));
    assert!(found.is_empty(), "in the pack: {found:?}\n{}", around.into_iter().flatten().collect::<String>());
}

#[test]
fn the_register_of_people_is_in_a_pack_with_logins_and_courses_alone() {
    let lane = lane(REGISTER);
    let (_place, folder) = packed(&lane, None);
    assert_absent(&folder, &PRIVATE);
    let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
    assert!(exit == 0 && text.contains("2 decisions taken again"), "{exit} {text}");
    let facts = std::fs::read_to_string(folder.join("records/production/000002/facts.json")).unwrap();
    for kept in ["robin-example", "secure-review", "2020-01-02"] {
        assert!(facts.contains(kept), "{kept} is not in the facts");
    }
}

#[test]
fn the_register_of_people_is_in_a_pack_of_pseudonyms_without_a_login() {
    let lane = lane(REGISTER);
    let (_place, folder) = packed(&lane, Some("0123456789abcdef0123456789abcdef\n"));
    assert_absent(&folder, &PRIVATE);
    assert_absent(&folder, &["robin-example", "alex-example", "kim-example"]);
    let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
    assert!(exit == 0 && text.contains("2 decisions taken again"), "{exit} {text}");
}

#[test]
fn a_record_without_facts_is_shown_as_such_and_is_no_fault() {
    let mut lane = lane(REGISTER);
    let tip = work(&mut lane, "the third");
    let verdict = judged(&lane, tip, &["--record", "--omit-facts"]);
    assert_eq!(verdict.exit, 0, "{}", verdict.text);
    for key in [None, Some("0123456789abcdef0123456789abcdef\n")] {
        let (_place, folder) = packed(&lane, key);
        assert_absent(&folder, &PRIVATE);
        assert!(!folder.join("records/production/000003/facts.json").exists());
        let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
        assert!(
            exit == 3 && text.contains("production#3") && text.contains("facts omitted"),
            "{exit} {text}"
        );
        let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(page.contains("facts omitted"));
    }
}

/// A user who may go round a rule.
fn passer(name: &str, id: u64) -> Bypass {
    let (name, id) = (Some(name.to_string()), Some(ActorId::from(id)));
    Bypass { kind: ActorKind::User, id, name, mode: BypassMode::Always }
}

/// People whom nothing in the repository names: in a ruleset (by number alone), who opened a request,
/// who reviewed it, and who administers.
fn by_number(world: &mut World) {
    world.rulesets.iter_mut().for_each(|ruleset| ruleset.bypass = Some(vec![passer("unseen", 471_149)]));
    more_people(world);
}

/// The same with a list of the classic protection.
fn by_name(world: &mut World) {
    world.rulesets.clear();
    world.branch.protected = true;
    world.classic = Some(Classic {
        rules: vec![Rule::ChangeRequest, Rule::Approvals(1)],
        enforce_admins: true,
        change_request_bypass: vec![passer("Quiet-Passer", 471_147)],
        force_push_bypass: vec![passer("forceful-one", 471_148)],
    });
    more_people(world);
}

fn more_people(world: &mut World) {
    world.administration.administrators.push(person("admin-elsewhere", 471_150));
    world.request.author = Some(person("opener-only", 471_151));
    if let Some(review) = world.reviews.first_mut() {
        review.reviewer = Some(person("objecting-reviewer", 471_152));
    }
}

const ON_THE_HOST: [&str; 9] = [
    "quiet-passer",
    "forceful-one",
    "admin-elsewhere",
    "opener-only",
    "objecting-reviewer",
    "471147",
    "471148",
    "471149",
    "471151",
];

/// The pack of an audit that asks a host full of people.
fn packed_from_host(lane: &Lane, alter: fn(&mut World), key: Option<&str>) -> (TempDir, PathBuf) {
    let mut host = lane.host();
    host.worlds.iter_mut().for_each(alter);
    let server = Server::start(host);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("pack");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command.env("GITHUB_API_URL", server.address()).env("GITHUB_TOKEN", "a-token-of-the-job");
    command.args(["audit", "--since", "2026-01-01", "--until", "2027-12-31", "--as-of", AS_OF]);
    command.args(["--host", "github", "--repository", "example-org/data-upload", "--pack"]).arg(&folder);
    if let Some(key) = key {
        let file = place.path().join("key");
        std::fs::write(&file, key).unwrap();
        command.arg("--pseudonymise").arg(file);
    }
    let output = command.output().unwrap();
    assert!(folder.join("manifest.json").exists(), "{}", String::from_utf8_lossy(&output.stderr));
    (place, folder)
}

#[test]
fn attack_people_whom_only_a_live_host_names_stay_clear_in_a_pack_of_pseudonyms() {
    let mut lane = deployed();
    work(&mut lane, "never deployed");
    for (alter, shown) in [(by_name as fn(&mut World), "quiet-passer"), (by_number, "user 471149")] {
        let (_place, folder) = packed_from_host(&lane, alter, Some("0123456789abcdef0123456789abcdef\n"));
        assert_absent(&folder, &ON_THE_HOST);
        let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
        assert_eq!(exit, 0, "{text}");
        let (_place, folder) = packed_from_host(&lane, alter, None);
        let archive = std::fs::read(folder.with_extension("tar")).unwrap();
        let text = String::from_utf8_lossy(&archive).to_lowercase();
        assert!(text.contains(shown), "twin: {shown} is shown where no one asked for pseudonyms");
    }
}

#[test]
fn attack_a_user_whom_a_policy_lets_pass_by_number() {
    let mut lane = deployed();
    let allowed = "{ kind = \"user\", id = 471147, reason = \"on call\" }";
    let policy =
        POLICY.replace("deletion = \"blocked\"", &format!("deletion = \"blocked\"\nbypass = [{allowed}]"));
    assert_ne!(policy, POLICY);
    let file = File::new("portcullis.toml", Body::Text(policy));
    land(&mut lane, vec![Op::Put(POLICY_FILE, file)], true);
    let tip = work(&mut lane, "the second");
    assert_eq!(judged(&lane, tip, &["--record"]).exit, 0);
    let (_place, folder) = packed(&lane, Some("0123456789abcdef0123456789abcdef\n"));
    assert_absent(&folder, &["471147"]);
    let (exit, text) = verify(&folder, &["--repo", lane.directory().to_str().unwrap()]);
    assert!(exit == 0 && text.contains("2 decisions taken again"), "{exit} {text}");
}

#[test]
fn attack_people_whom_only_a_file_of_facts_names() {
    let lane = deployed();
    let facts = crate::support::forger::facts(&lane, lane.tip(), &["--base", &lane.baseline().to_string()]);
    let text = facts.to_string().replace("\"login\":\"alex-example\"", "\"login\":\"alex-of-the-file\"");
    let place = tempfile::tempdir().unwrap();
    let (file, key, folder) =
        (place.path().join("facts"), place.path().join("key"), place.path().join("pack"));
    std::fs::write(&file, text).unwrap();
    std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.clean_env().current_dir(lane.directory());
    command
        .args(["audit", "--since", "2026-01-01", "--until", "2027-12-31", "--as-of", AS_OF, "--facts"])
        .arg(file);
    let output = command.arg("--pack").arg(&folder).arg("--pseudonymise").arg(key).output().unwrap();
    assert!(folder.join("manifest.json").exists(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_absent(&folder, &["alex-of-the-file"]);
}
