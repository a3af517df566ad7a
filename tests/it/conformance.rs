//! One policy means the same on every host: situations that are written once, and shown to the program by each made-up
//! host through its own API, over loopback. Where a host cannot give the same outcome, [`DIFFERENCES`] says why, and the
//! documentation prints it.

mod situations;

use crate::support::gate::Verdict;
use portcullis_forge::HostKind;
use portcullis_testkit::scene::{FakeHost, Fault, HOSTS, Part, Scene};
use portcullis_testkit::server::Server;
use situations::{SITUATIONS, Situation};
use std::fmt::Write as _;
use std::process::Command;

/// Where a host differs, with the exit code there and the reason.
struct Difference {
    host: &'static str,
    situation: &'static str,
    exit: i32,
    why: &'static str,
}

/// Every difference, sorted by host and then as the situations are.
const DIFFERENCES: &[Difference] = &[Difference {
    host: "gitlab",
    situation: "deletion",
    exit: 0,
    why: "a protected branch cannot be deleted with git there, and no setting lets it; who may unprotect it may delete it",
}];

/// What the gate says of a scene on a host, asked by its command line.
fn judge_scene(host: &dyn FakeHost, scene: &Scene) -> Verdict {
    let kind = kind_of(host);
    let server = Server::start(host.site(scene));
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    let (world, directory) = (&scene.stage.world, scene.stage.directory());
    command.env_clear().current_dir(directory).env(kind.api_variable, server.address());
    if let Some(variable) = kind.token_variables.first() {
        command.env(variable, "a-token");
    }
    command.args(["check", "--format", "json", "--host", kind.name, "--repository", &world.repository]);
    command.args(["--request", &world.request.id.to_string()]);
    Verdict::of(&command.output().unwrap())
}

fn kind_of(host: &dyn FakeHost) -> &'static HostKind {
    portcullis_forge::find(host.kind()).unwrap()
}

fn difference(host: &str, situation: &Situation) -> Option<&'static Difference> {
    DIFFERENCES.iter().find(|it| it.host == host && it.situation == situation.name)
}

/// Judges every situation on a host, and names all that do not end as they should.
fn conform(host: &dyn FakeHost) {
    let wrong: Vec<String> = SITUATIONS.iter().filter_map(|situation| departure(host, situation)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SITUATIONS.len(), wrong.join("\n"));
}

fn departure(host: &dyn FakeHost, situation: &Situation) -> Option<String> {
    let mut scene = Scene::honest(host).unwrap();
    (situation.arrange)(&mut scene);
    let verdict = judge_scene(host, &scene);
    let exit = difference(host.kind(), situation).map_or(situation.exit, |it| it.exit);
    let says_so = match verdict.exit {
        1 => !verdict.findings(situation.control, "broken").is_empty(),
        3 => !verdict.findings(situation.control, "unproven").is_empty(),
        _ => true,
    };
    let is_expected = verdict.exit == exit && (says_so || exit != situation.exit);
    (!is_expected).then(|| {
        format!(
            "-- {}: exit {} instead of {exit} by {}\n{}",
            situation.name, verdict.exit, situation.control, verdict.text
        )
    })
}

#[test]
fn github_conforms() {
    conform(portcullis_testkit::scene::find_host("github").unwrap());
}

#[test]
fn gitlab_conforms() {
    conform(portcullis_testkit::scene::find_host("gitlab").unwrap());
}

#[test]
fn what_github_withholds_never_helps() {
    withhold(portcullis_testkit::scene::find_host("github").unwrap());
}

#[test]
fn what_gitlab_withholds_never_helps() {
    withhold(portcullis_testkit::scene::find_host("gitlab").unwrap());
}

#[test]
fn every_situation_has_a_name_of_its_own_and_every_difference_is_of_one() {
    let mut names: Vec<&str> = SITUATIONS.iter().map(|situation| situation.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    assert!(names.len() >= 40, "{}", names.len());
    for it in DIFFERENCES {
        let situation = SITUATIONS.iter().find(|situation| situation.name == it.situation).unwrap();
        assert_ne!(situation.exit, it.exit, "{} is no difference on {}", it.situation, it.host);
        assert!(!it.why.is_empty() && HOSTS.iter().any(|host| host.kind() == it.host), "{}", it.situation);
    }
}

/// The table of `docs/conformance.md`.
fn render_table() -> String {
    let word = |exit| match exit {
        0 => "allowed",
        1 => "blocked",
        _ => "undetermined",
    };
    let mut text = String::from("| situation | outcome | by |\n| --- | --- | --- |\n");
    for situation in SITUATIONS {
        let control = if situation.exit == 0 { String::new() } else { format!("`{}`", situation.control) };
        let _ = writeln!(text, "| {} | {} | {control} |", situation.story, word(situation.exit));
    }
    if !DIFFERENCES.is_empty() {
        text.push_str("\n| host | situation | outcome there | why |\n| --- | --- | --- | --- |\n");
    }
    for it in DIFFERENCES {
        let story =
            SITUATIONS.iter().find(|situation| situation.name == it.situation).map_or("", |it| it.story);
        let _ = writeln!(text, "| {} | {story} | {} | {} |", it.host, word(it.exit), it.why);
    }
    text
}

#[test]
fn the_documentation_prints_the_table() {
    let hosts: Vec<&str> = HOSTS.iter().map(|host| kind_of(*host).name).collect();
    let text = format!(
        "# One policy, one meaning\n\nThese situations are written once and judged on every host by `cargo test --test it conformance`,\n\
         each through the host's own API: {}.\n\n{}",
        hosts.join(", "),
        render_table()
    );
    snapbox::assert_data_eq!(text, snapbox::file!["../../docs/conformance.md"].raw());
}

/// A part that the host withholds, garbles or cuts never turns a verdict into an approval, and a request that was allowed
/// is allowed without a part only where nothing asked for it.
fn withhold(host: &dyn FakeHost) {
    let faults = [Fault::Refused(403), Fault::Refused(404), Fault::Garbled, Fault::Cut];
    for situation in SITUATIONS.iter().filter(|it| WITHHELD.contains(&it.name)) {
        for (part, fault) in Part::ALL.iter().flat_map(|part| faults.iter().map(move |fault| (*part, fault)))
        {
            let mut scene = Scene::honest(host).unwrap();
            (situation.arrange)(&mut scene);
            scene.hide(part, fault.clone());
            let verdict = judge_scene(host, &scene);
            let name = format!("{}: {}, {part:?} {fault:?}", host.kind(), situation.name);
            let exit = difference(host.kind(), situation).map_or(situation.exit, |it| it.exit);
            assert!([0, 1, 3].contains(&verdict.exit), "{name}: {}", verdict.text);
            assert!(verdict.exit != 0 || exit == 0, "{name}: {}", verdict.text);
            let needs_it = part != Part::Teams && *fault != Fault::Cut;
            assert!(verdict.exit != 0 || !needs_it, "{name}: allowed without it");
        }
    }
}

/// The situations of which every part is withheld.
const WITHHELD: [&str; 4] = ["bypass", "honest", "objection", "stale-approval"];
