//! `portcullis remedy` for GitLab: its calls are made to a made-up GitLab, which refuses what GitLab
//! refuses. Then the requirement is met, and nothing else became weaker.

use crate::remedy_command::{EVERYWHERE, is_met, remedy, require};
use portcullis_forge::gitlab::GitLab;
use portcullis_forge::remedy::{HostRemedy, RemedyRequest};
use portcullis_forge::{Connection, Forge, Question};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap};
use portcullis_model::protection::{Protection, Rule};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::gitlab::changes::ChangeBody;
use portcullis_testkit::gitlab::{GitLabEndpoint, GitLabWorld, ProtectedRule, Pusher};
use portcullis_testkit::server::Server;
use portcullis_testkit::stage::Stage;
use serde_json::{Value, json};

/// What a policy can require of GitLab alone.
const OF_GITLAB: [&str; 4] =
    ["last-push-approval = true", "conversation-resolution = true", "pipeline = true", "up-to-date = true"];

/// The words of a line that quotes with single quotes only.
fn split_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if !quoted => word.extend(letters.next()),
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted && begun => {
                words.push(std::mem::take(&mut word));
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    words.extend(begun.then_some(word));
    words
}

/// Does what a line with a call of `glab api` does.
fn apply_call(host: &mut GitLabWorld, line: &str) {
    let words = split_words(line);
    let at = |word: &str| words.iter().position(|it| it == word);
    let glab = at("glab").unwrap();
    assert_eq!(words[glab + 1..glab + 3], ["api", "--method"], "{line}");
    let mut body = ChangeBody::new();
    if at("--input").is_some() {
        assert_eq!(words[..2], ["printf", "%s"], "{line}");
        body = serde_json::from_str(&words[2]).unwrap();
    }
    for pair in words.windows(2).filter(|pair| ["--field", "--raw-field"].contains(&pair[0].as_str())) {
        let (key, text) = pair[1].split_once('=').unwrap();
        let value = if pair[0] == "--field" { serde_json::from_str(text).unwrap() } else { json!(text) };
        body.insert(key.to_string(), value);
    }
    let place =
        words[glab + 4].strip_prefix("projects/example-org%2Fdata-upload").unwrap().replace("%2A", "*");
    let place: Vec<&str> = place.split('/').filter(|part| !part.is_empty()).collect();
    host.change(&words[glab + 3], &place, &body).unwrap_or_else(|refused| panic!("{refused:?}: {line}"));
}

fn apply(host: &mut GitLabWorld, printed: &str) {
    let calls = printed.lines().map(str::trim).filter(|line| line.contains("glab api --method"));
    calls.for_each(|line| apply_call(host, line));
}

/// A GitLab with the loosest settings, and these rules.
fn open_gitlab(stage: &Stage, rules: &[ProtectedRule]) -> GitLabWorld {
    let mut host = GitLabWorld::honest(stage.world.clone());
    host.world.branch.protected = rules.iter().any(|rule| rule.name == "main" || rule.name == "*");
    host.protected = rules.to_vec();
    let licensed = host.licensed.as_mut().unwrap();
    licensed.rules.clear();
    for (key, value) in [
        ("reset_approvals_on_push", false),
        ("disable_overriding_approvers_per_merge_request", false),
        ("merge_requests_author_approval", true),
        ("merge_requests_disable_committers_approval", false),
        ("selective_code_owner_removals", true),
    ] {
        licensed.settings[key] = json!(value);
    }
    host.set("only_allow_merge_if_all_discussions_are_resolved", json!(false))
        .set("only_allow_merge_if_pipeline_succeeds", json!(false))
        .set("allow_merge_on_skipped_pipeline", json!(true))
        .set("merge_method", json!("merge"))
}

fn loose(name: &str) -> ProtectedRule {
    let push = vec![Pusher::Level(40)];
    ProtectedRule { push, force: true, owners: false, ..ProtectedRule::strict(name) }
}

#[test]
fn each_requirement_is_met_after_its_calls_to_gitlab() {
    let stage = Stage::honest().unwrap();
    for settings in EVERYWHERE.iter().chain(&OF_GITLAB) {
        require(&stage, settings);
        // Where anyone may push, nothing that a request needs holds.
        for rule in [ProtectedRule { force: false, ..ProtectedRule::strict("other") }, loose("main")] {
            let mut host = open_gitlab(&stage, std::slice::from_ref(&rule));
            let before = remedy(stage.directory(), "gitlab", &Server::start(host.clone()).address(), &[]);
            if before.exit == 0 {
                continue;
            }
            assert_eq!(before.exit, 1, "{settings}: {}{}", before.out, before.text);
            apply(&mut host, &before.out);
            let met = is_met(&stage, "gitlab", host);
            assert_eq!(met.exit, 0, "{settings}, {rule:?}: {}\n{}{}", before.out, met.out, met.text);
        }
    }
}

fn ask(host: &GitLabWorld) -> (GitLab, Protection) {
    let way = Connection::to(host.world.address.clone(), Box::new(host.clone()));
    let (token, token_variable) = (host.world.token.clone(), Some("GITLAB_TOKEN"));
    let forge = GitLab::open("example-org/data-upload", Connection { token, token_variable, ..way }).unwrap();
    let branch = forge.branch(&BranchName::new("main"));
    let tip = branch.value().unwrap().tip.clone();
    let question = Question {
        request: Fact::Gap(Gap::not_asked("the request", "none is needed")),
        branch,
        head: &tip,
        commits: &[],
        before_updates: &[],
        owner_teams: [].into(),
    };
    let protection = forge.protection(&question).value().unwrap().clone();
    (forge, protection)
}

fn remedy_for(host: &GitLabWorld, rule: &Rule) -> Result<HostRemedy, Gap> {
    let (forge, now) = ask(host);
    let (branch, missing) = (BranchName::new("main"), std::slice::from_ref(rule));
    let request =
        RemedyRequest { repository: "example-org/data-upload", branch: &branch, missing, now: &now };
    forge.remedy(&request)
}

/// Is a rule imposed on everyone?
fn is_imposed(protection: &Protection, rule: &Rule) -> bool {
    protection.requirements.iter().any(|one| {
        let is_rule = match (&one.rule, rule) {
            (Rule::Approvals(is), Rule::Approvals(wanted)) => is >= wanted,
            (is, wanted) => is == wanted,
        };
        is_rule && one.bypass.value().is_some_and(Vec::is_empty)
    })
}

fn rules_of_gitlab() -> Vec<Rule> {
    vec![
        Rule::ChangeRequest,
        Rule::Approvals(2),
        Rule::DismissStale,
        Rule::CodeOwners,
        Rule::LastPushApproval,
        Rule::ConversationResolution,
        Rule::Pipeline,
        Rule::UpToDate,
        Rule::NoForcePush,
        Rule::NoDeletion,
        Rule::SignedCommits,
        Rule::LinearHistory,
    ]
}

/// Sets what carries a rule to its strictest state, as an owner of the project would.
fn tighten(host: &mut GitLabWorld, rule: &Rule) {
    let licensed = host.licensed.as_mut().unwrap();
    let settings = &mut licensed.settings;
    let mut set = |key: &str, value: Value| drop(host.project.insert(key.to_string(), value));
    match rule {
        Rule::ChangeRequest | Rule::NoDeletion => {
            host.protected.iter_mut().for_each(|rule| rule.push = vec![Pusher::Level(0)]);
        }
        Rule::Approvals(_) => licensed.rules = vec![("All 'Members' @x".to_string(), 3)],
        Rule::DismissStale => {
            settings["reset_approvals_on_push"] = json!(true);
            settings["selective_code_owner_removals"] = json!(false);
        }
        Rule::CodeOwners => host.protected.iter_mut().for_each(|rule| rule.owners = true),
        Rule::LastPushApproval => {
            settings["merge_requests_disable_committers_approval"] = json!(true);
            settings["merge_requests_author_approval"] = json!(false);
        }
        Rule::ConversationResolution => set("only_allow_merge_if_all_discussions_are_resolved", json!(true)),
        Rule::Pipeline => {
            set("only_allow_merge_if_pipeline_succeeds", json!(true));
            set("allow_merge_on_skipped_pipeline", json!(false));
        }
        Rule::UpToDate => set("merge_method", json!("rebase_merge")),
        Rule::LinearHistory => set("merge_method", json!("ff")),
        Rule::NoForcePush => host.protected.iter_mut().for_each(|rule| rule.force = false),
        Rule::SignedCommits => {
            licensed.push_rule =
                json!({ "id": 1, "reject_unsigned_commits": true, "commit_message_regex": "^T-" });
        }
        _ => unreachable!("{rule:?}"),
    }
}

/// The rules of a project in which nothing is said of a branch, in which its rule is loose, and in
/// which several match.
fn rule_sets() -> Vec<Vec<ProtectedRule>> {
    let narrow = ProtectedRule {
        merge: vec![Pusher::Level(60), Pusher::User(7)],
        push: vec![Pusher::Level(40), Pusher::User(5), Pusher::Key(71)],
        ..loose("main")
    };
    let wide = ProtectedRule { merge: vec![Pusher::Level(60)], ..loose("*") };
    vec![vec![], vec![narrow.clone()], vec![wide.clone()], vec![wide, narrow]]
}

/// For one rule: every other one alone, all but one, all, and none.
fn other_rules(rule: &Rule) -> Vec<Vec<Rule>> {
    let others: Vec<Rule> = rules_of_gitlab().into_iter().filter(|other| other != rule).collect();
    let alone = others.iter().map(|one| vec![one.clone()]);
    let without = |one: &Rule| others.iter().filter(|other| *other != one).cloned().collect();
    let but_one: Vec<Vec<Rule>> = others.iter().map(without).collect();
    alone.chain(but_one).chain([others.clone(), Vec::new()]).collect()
}

/// Every setting of a project that a remedy may touch, as a number that must not fall.
fn strictness(host: &GitLabWorld) -> Vec<(String, i64)> {
    let project = |key: &str| host.project.get(key).cloned().unwrap_or_default();
    let way = match project("merge_method").as_str() {
        Some("ff") => 2,
        Some("rebase_merge") => 1,
        _ => 0,
    };
    let mut all = vec![
        ("merge method".to_string(), way),
        (
            "skipped pipelines".to_string(),
            i64::from(project("allow_merge_on_skipped_pipeline") != json!(true)),
        ),
    ];
    for key in ["only_allow_merge_if_all_discussions_are_resolved", "only_allow_merge_if_pipeline_succeeds"] {
        all.push((key.to_string(), i64::from(project(key) == json!(true))));
    }
    let licensed = host.licensed.as_ref().unwrap();
    // Where a push resets all approvals, it resets those of code owners as well.
    let settings = licensed.settings.as_object().unwrap().iter();
    for (key, value) in settings.filter(|(key, _)| *key != "selective_code_owner_removals") {
        let is_strict = *value == json!(key != "merge_requests_author_approval");
        all.push((key.clone(), i64::from(is_strict)));
    }
    let approvals: u64 = licensed.rules.iter().map(|(_, count)| count).sum();
    all.push(("approvals".to_string(), i64::try_from(approvals).unwrap()));
    for key in ["reject_unsigned_commits", "commit_message_regex"] {
        let is_set = licensed.push_rule.get(key).is_some_and(|value| *value != json!(false));
        all.push((key.to_string(), i64::from(is_set)));
    }
    all.extend(host.protected.iter().flat_map(strictness_of_rule));
    all
}

fn strictness_of_rule(rule: &ProtectedRule) -> [(String, i64); 4] {
    let pushers = rule.push.iter().filter(|pusher| **pusher != Pusher::Level(0)).count();
    let name = &rule.name;
    [
        (format!("{name}: {:?} may merge", rule.merge), 1),
        (format!("{name}: pushers"), -i64::try_from(pushers).unwrap()),
        (format!("{name}: force"), i64::from(!rule.force)),
        (format!("{name}: owners"), i64::from(rule.owners)),
    ]
}

fn assert_not_weaker(before: &GitLabWorld, after: &GitLabWorld, about: &str) {
    let after = strictness(after);
    for (what, value) in strictness(before) {
        let is_kept = after.iter().any(|(name, now)| *name == what && *now >= value);
        assert!(is_kept, "{about}: {what} was {value}: {after:?}");
    }
}

#[test]
fn attack_a_remedy_meets_its_requirement_and_weakens_no_other() {
    let stage = Stage::honest().unwrap();
    let mut followed = 0;
    for rule in rules_of_gitlab() {
        for (rules, others) in
            rule_sets().iter().flat_map(|set| other_rules(&rule).into_iter().map(move |it| (set, it)))
        {
            let mut host = open_gitlab(&stage, rules);
            if rules.len() == 1 {
                host.licensed.as_mut().unwrap().push_rule = json!({ "id": 1, "commit_message_regex": "^T-" });
            }
            others.iter().for_each(|other| tighten(&mut host, other));
            let before = host.clone();
            if is_imposed(&ask(&host).1, &rule) {
                continue;
            }
            let about = format!("{rule:?} of {rules:?} with {others:?}");
            let printed = remedy_for(&host, &rule).unwrap_or_else(|gap| panic!("{about}: {gap:?}"));
            apply(&mut host, &printed.parts[0].text);
            assert!(is_imposed(&ask(&host).1, &rule), "{about}: {}", printed.parts[0].text);
            assert_not_weaker(&before, &host, &about);
            followed += 1;
        }
    }
    assert!(followed > 500, "{followed}");
}

#[test]
fn attack_a_rule_that_the_plan_cannot_change_is_made_anew_as_it_was() {
    let stage = Stage::honest().unwrap();
    let narrow = ProtectedRule { merge: vec![Pusher::Level(60)], ..loose("main") };
    let mut host = GitLabWorld { licensed: None, ..open_gitlab(&stage, &[narrow]) };
    let printed = remedy_for(&host, &Rule::ChangeRequest).unwrap();
    apply(&mut host, &printed.parts[0].text);
    let [rule] = &host.protected[..] else { panic!("{:?}", host.protected) };
    assert_eq!((&rule.push[..], &rule.merge[..]), (&[Pusher::Level(0)][..], &[Pusher::Level(60)][..]));
    let says_so = |note: &String| note.contains("open between the two commands");
    assert!(printed.notes.iter().any(says_so), "{:?}", printed.notes);
    // The twin: what needs nobody taken out is changed in place.
    let printed = remedy_for(
        &GitLabWorld { licensed: None, ..open_gitlab(&stage, &[loose("main")]) },
        &Rule::NoForcePush,
    );
    let printed = printed.unwrap();
    let command = "glab api --method PATCH 'projects/example-org%2Fdata-upload/protected_branches/main' --field 'allow_force_push=false'\n";
    assert_eq!(printed.parts[0].text, command);
}

#[test]
fn one_approval_more_changes_the_rule_that_is_there() {
    let stage = Stage::honest().unwrap();
    let mut host = open_gitlab(&stage, &[ProtectedRule::strict("main")]);
    host.licensed.as_mut().unwrap().rules = vec![("All Members".to_string(), 1)];
    let printed = remedy_for(&host, &Rule::Approvals(2)).unwrap();
    let commands = &printed.parts[0].text;
    assert!(
        commands.contains("--method PUT 'projects/example-org%2Fdata-upload/approval_rules/300'"),
        "{commands}"
    );
    let file = &printed.parts[1].text;
    assert!(file.contains("id = \"example-org/data-upload:300\""), "{file}");
    apply(&mut host, commands);
    assert_eq!(host.licensed.as_ref().unwrap().rules, [("All Members".to_string(), 2)]);
}

#[test]
fn terraform_keeps_what_the_rule_of_the_branch_has() {
    let stage = Stage::honest().unwrap();
    let merge = vec![Pusher::Level(60), Pusher::User(7)];
    let rule = ProtectedRule { merge, owners: true, ..loose("main") };
    let printed = remedy_for(&open_gitlab(&stage, &[rule]), &Rule::NoForcePush).unwrap();
    let file = &printed.parts[1].text;
    for line in [
        "id = \"example-org/data-upload:main\"",
        "push_access_level = \"maintainer\"",
        "merge_access_level = \"admin\"",
        "user_id = 7",
        "allow_force_push = false",
        "code_owner_approval_required = true",
    ] {
        assert!(file.contains(line), "{line}: {file}");
    }
}

#[test]
fn attack_a_rule_that_is_not_seen_is_not_made_anew() {
    let stage = Stage::honest().unwrap();
    let host = open_gitlab(&stage, &[loose("main")]);
    let refused = AnswerFault::Refuse(403, "403 Forbidden".to_string());
    let hidden = host.clone().with_fault(GitLabEndpoint::ProtectedBranches, refused);
    assert!(remedy_for(&hidden, &Rule::CodeOwners).is_err());
    // The twin: it is seen.
    assert!(remedy_for(&host, &Rule::CodeOwners).is_ok());
}
