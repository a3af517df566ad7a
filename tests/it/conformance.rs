//! One policy means the same on every host: situations that are written once, and shown to the program by each made-up
//! host through its own API, over loopback. Where a host cannot give the same outcome, [`DIFFERENCES`] says why, and the
//! documentation prints it.

mod bare;
pub mod situations;

use crate::support::gate::Verdict;
use portcullis_forge::HostKind;
use portcullis_testkit::scene::{FakeHost, Fault, HOSTS, Part, Scene, Shown};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::REPORT;
use situations::{SITUATIONS, Situation};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Where a host differs, and why.
struct Difference {
    host: &'static str,
    /// The names of situations that differ for one reason.
    situations: &'static [&'static str],
    there: There,
    why: &'static str,
}

/// What becomes of a situation on a host that differs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    /// The gate ends with this exit code.
    Ends(i32),
    /// The host does not have what the situation is about.
    HasNone,
}

/// Every difference, sorted by host and then as the situations are.
const DIFFERENCES: &[Difference] = &[
    Difference {
        host: "bare",
        situations: &["force-push", "deletion"],
        there: There::Ends(0),
        why: "the hook never lets a deployment branch be rewound or deleted, whatever git's own settings say",
    },
    Difference {
        host: "bare",
        situations: &["no-host-approvals", "approvals-survive"],
        there: There::HasNone,
        why: "the hook asks for the approvals of the policy, and a signed review is of one commit: neither can be set \
              otherwise",
    },
    Difference {
        host: "bare",
        situations: &["bypass", "hidden-bypass"],
        there: There::HasNone,
        why: "no one can bypass the hook by a push; everyone with a shell on the server can, which is always said, and blocks \
              unless the policy accepts `server-access`",
    },
    Difference {
        host: "bare",
        situations: &[
            "missing-check",
            "failed-check",
            "running-check",
            "skipped-check",
            "borrowed-check",
            "checks-refused",
        ],
        there: There::HasNone,
        why: "a server without a host has no checks, and a policy that requires one is never satisfied; use test evidence",
    },
    Difference {
        host: "bare",
        situations: &["history-refused"],
        there: There::HasNone,
        why: "each review names the branch that it is for, so nothing else has to be asked",
    },
    Difference {
        host: "forgejo",
        situations: &["co-author-approves"],
        there: There::Ends(3),
        why: "Forgejo does not say whose the address of a co-author is; name it under `[[people]]`",
    },
    Difference {
        host: "forgejo",
        situations: &["bot-approval"],
        there: There::Ends(0),
        why: "Forgejo does not tell a machine's account from a person's; name it under `[[people]]` with `machine = true`",
    },
    Difference {
        host: "forgejo",
        situations: &["force-push"],
        there: There::Ends(0),
        why: "no rule there allows pushes with force",
    },
    Difference {
        host: "forgejo",
        situations: &["deletion"],
        there: There::Ends(0),
        why: "a branch that a rule covers cannot be deleted there, and no setting lets it",
    },
    Difference {
        host: "gitea",
        situations: &["co-author-approves"],
        there: There::Ends(3),
        why: "Gitea does not say whose the address of a co-author is; name it under `[[people]]`",
    },
    Difference {
        host: "gitea",
        situations: &["bot-approval"],
        there: There::Ends(0),
        why: "Gitea does not tell a machine's account from a person's; name it under `[[people]]` with `machine = true`",
    },
    Difference {
        host: "gitea",
        situations: &["force-push"],
        there: There::Ends(0),
        why: "an account that may not push directly may not push with force either, whatever the rule says of that",
    },
    Difference {
        host: "gitea",
        situations: &["deletion"],
        there: There::Ends(0),
        why: "a branch that a rule covers cannot be deleted there, and no setting lets it",
    },
    Difference {
        host: "gitlab",
        situations: &["deletion"],
        there: There::Ends(0),
        why: "a protected branch cannot be deleted with git there, and no setting lets it; who may unprotect it may delete it",
    },
];

/// What the gate says of a scene on a host, asked by its command line, from each place that it can be asked from.
fn judge_scene(host: &dyn FakeHost, scene: &Scene) -> Vec<Verdict> {
    let request = host.request(scene);
    match host.show(scene).unwrap() {
        Shown::Site(site) => {
            let (kind, server) = (kind_of(host), Server::start(site));
            let mut command = gate_in(scene.stage.directory());
            command.env(kind.api_variable, server.address());
            if let Some(variable) = kind.token_variables.first() {
                command.env(variable, "a-token");
            }
            command.args(["--host", kind.name, "--repository", &scene.stage.world.repository]);
            vec![Verdict::of(&command.args(["--request", &request]).output().unwrap())]
        }
        Shown::Clone(server) => judge_repositories(&request, scene, server.path()),
    }
}

/// In the clone; and on the server, where nothing is withheld.
fn judge_repositories(request: &str, scene: &Scene, server: &Path) -> Vec<Verdict> {
    let mut in_clone = gate_in(scene.stage.directory());
    let mut verdicts =
        vec![Verdict::of(&in_clone.args(["--host", "bare", "--request", request]).output().unwrap())];
    if scene.faults.is_empty() {
        let report = scene.stage.report_file();
        if report.exists() {
            std::fs::create_dir_all(server.join(REPORT).parent().unwrap()).unwrap();
            std::fs::copy(report, server.join(REPORT)).unwrap();
        }
        let head = scene.stage.world.request.head.to_string();
        let mut on_server = gate_in(server);
        let asked = on_server.args(["--host", "bare", "--onto", "main", "--head", &head]);
        verdicts.push(Verdict::of(&asked.output().unwrap()));
    }
    verdicts
}

fn gate_in(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env_clear().current_dir(directory).args(["check", "--format", "json"]);
    command
}

fn kind_of(host: &dyn FakeHost) -> &'static HostKind {
    portcullis_forge::find(host.kind()).unwrap()
}

fn difference(host: &str, situation: &Situation) -> Option<&'static Difference> {
    DIFFERENCES.iter().find(|it| it.host == host && it.situations.contains(&situation.name))
}

/// The exit code of a situation on a host; what it does not have cannot be wrong with it.
fn expected_exit(host: &str, situation: &Situation) -> i32 {
    match difference(host, situation).map(|it| it.there) {
        None => situation.exit,
        Some(There::Ends(exit)) => exit,
        Some(There::HasNone) => 0,
    }
}

/// Judges every situation on a host, and names all that do not end as they should.
fn conform(host: &dyn FakeHost) {
    let wrong: Vec<String> = SITUATIONS.iter().flat_map(|situation| departures(host, situation)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SITUATIONS.len(), wrong.join("\n"));
}

fn departures(host: &dyn FakeHost, situation: &Situation) -> Vec<String> {
    let mut scene = Scene::honest(host).unwrap();
    (situation.arrange)(&mut scene);
    let verdicts = judge_scene(host, &scene);
    verdicts.iter().filter_map(|verdict| departure(host, situation, verdict)).collect()
}

fn departure(host: &dyn FakeHost, situation: &Situation, verdict: &Verdict) -> Option<String> {
    let exit = expected_exit(host.kind(), situation);
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
fn gitea_conforms() {
    conform(portcullis_testkit::scene::find_host("gitea").unwrap());
}

#[test]
fn what_gitea_withholds_never_helps() {
    withhold(portcullis_testkit::scene::find_host("gitea").unwrap());
}

#[test]
fn forgejo_conforms() {
    conform(portcullis_testkit::scene::find_host("forgejo").unwrap());
}

#[test]
fn what_forgejo_withholds_never_helps() {
    withhold(portcullis_testkit::scene::find_host("forgejo").unwrap());
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
        for name in it.situations {
            let situation = find_situation(name);
            assert!(it.there != There::Ends(situation.exit), "{name} is no difference on {}", it.host);
        }
        let is_known = HOSTS.iter().any(|host| host.kind() == it.host);
        assert!(!it.why.is_empty() && !it.situations.is_empty() && is_known, "{}: {}", it.host, it.why);
    }
}

fn find_situation(name: &str) -> &'static Situation {
    SITUATIONS.iter().find(|situation| situation.name == name).unwrap()
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
        let stories: Vec<&str> = it.situations.iter().map(|name| find_situation(name).story).collect();
        let there = match it.there {
            There::Ends(exit) => word(exit),
            There::HasNone => "does not arise",
        };
        let _ = writeln!(text, "| {} | {} | {there} | {} |", it.host, stories.join("<br>"), it.why);
    }
    text
}

#[test]
fn the_documentation_prints_the_table() {
    let hosts: Vec<&str> = HOSTS.iter().map(|host| kind_of(*host).name).collect();
    let text = format!(
        "# One policy, one meaning\n\nThese situations are written once and judged on every host by `cargo test --test it conformance`,\n\
         each as the host shows it, through its own API or in its repository: {}.\n\n{}",
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
        let parts = Part::ALL.iter().filter(|part| !host.lacks().contains(part));
        for (part, fault) in parts.flat_map(|part| faults.iter().map(move |fault| (*part, fault))) {
            let mut scene = Scene::honest(host).unwrap();
            (situation.arrange)(&mut scene);
            scene.hide(part, fault.clone());
            let name = format!("{}: {}, {part:?} {fault:?}", host.kind(), situation.name);
            let exit = expected_exit(host.kind(), situation);
            let needs_it = part != Part::Teams && *fault != Fault::Cut;
            for verdict in judge_scene(host, &scene) {
                assert!([0, 1, 3].contains(&verdict.exit), "{name}: {}", verdict.text);
                assert!(verdict.exit != 0 || exit == 0, "{name}: {}", verdict.text);
                assert!(verdict.exit != 0 || !needs_it, "{name}: allowed without it");
            }
        }
    }
}

/// The situations of which every part is withheld.
const WITHHELD: [&str; 4] = ["bypass", "honest", "objection", "stale-approval"];
