//! Ways round the branch's protection, the checks and the host's answers, each against the program as a job runs it
//! (classes 1-6 and 64 of the attack catalogue; 79 and 83 are in `attacks_answers.rs`). Next to each stands its honest twin, which is allowed.

use crate::support::gate::{judge, judge_altered};
use crate::support::project::{Row, classic, demanding, head, policy, project, table};
use portcullis_model::change::BranchName;
use portcullis_model::check::{Check, Conclusion, Producer};
use portcullis_model::protection::{ActorKind, Bypass, BypassMode, Rule};
use portcullis_testkit::answer_faults::AnswerFault;
use portcullis_testkit::history::Edit;
use portcullis_testkit::stage::{KIM, POLICY, Stage, revision};
use portcullis_testkit::world::{ACTIONS, Classic, Endpoint, Event, Ruleset, minutes, person};
use serde_json::{Value, json};

const BRANCH: &str = "protected-branch";

fn honest() -> Stage {
    Stage::honest().unwrap()
}

fn bypass(kind: ActorKind, id: Option<u64>, mode: BypassMode) -> Bypass {
    Bypass { kind, id: id.map(Into::into), name: None, mode }
}

fn let_round(stage: &mut Stage, actor: Bypass) {
    stage.world.rulesets[0].bypass = Some(vec![actor]);
}

/// What remains for the deployment gate: to find the commits that were pushed past the gate.
#[test]
fn attack_01_a_push_past_the_request() {
    table(
        honest,
        &[
            ("nobody may push", &|_| (), 0, "", ""),
            (
                "everybody may push",
                &|stage| stage.world.rulesets[0].rules.retain(|rule| *rule != Rule::ChangeRequest),
                1,
                BRANCH,
                "a change request for every change",
            ),
            (
                "the commit is on the branch already",
                &|stage| {
                    stage.world.branch.tip = head(stage);
                    stage.history.branch("main", stage.head()).unwrap();
                },
                3,
                "gate-integrity",
                "has no commit",
            ),
            (
                "the branch moved on to a commit that the job never fetched",
                &|stage| stage.world.branch.tip = "1".repeat(40).try_into().unwrap(),
                3,
                "gate-integrity",
                "1111111111",
            ),
            (
                "the branch moved on, and the job has it",
                &|stage| {
                    let moved = stage.history.commit(
                        KIM,
                        &[stage.base],
                        "Guide",
                        &[Edit::Write("docs/guide.md", "More.\n")],
                    );
                    stage.base = moved.unwrap();
                    stage.world.branch.tip = revision(stage.base).unwrap();
                    stage.publish().unwrap();
                },
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn attack_02_somebody_may_go_round_the_protection() {
    use ActorKind::{App, DeployKey, Enterprise, OrganizationAdmin, Other, RepositoryRole, Team, User};
    let actors = [
        (OrganizationAdmin, Some(1), "owners of the organisation"),
        (RepositoryRole, Some(5), "repository role 5 (admin)"),
        (RepositoryRole, Some(4), "repository role 4 (write)"),
        (Team, Some(7), "team 7"),
        (User, Some(11), "user 11"),
        (App, Some(9), "app 9"),
        (DeployKey, None, "every deploy key"),
        (Enterprise, Some(3), "enterprise"),
        (Other, Some(2), "an unknown kind"),
    ];
    for (kind, id, text) in actors {
        for mode in [BypassMode::Always, BypassMode::ChangeRequest, BypassMode::Exempt] {
            eprintln!("-- {kind:?} {mode:?}");
            judge_altered(|stage| let_round(stage, bypass(kind, id, mode))).expect(1, BRANCH, text);
        }
    }
}

#[test]
fn attack_02_what_a_bypass_opens_and_what_closes_it() {
    let team = || bypass(ActorKind::Team, Some(7), BypassMode::Always);
    let user = || bypass(ActorKind::User, Some(11), BypassMode::Always);
    let second = |stage: &mut Stage, bypass| {
        stage.world.rulesets.push(Ruleset { id: 18, name: "again".into(), bypass, ..Ruleset::strict() });
    };
    table(
        honest,
        &[
            ("the list is empty", &|stage| stage.world.rulesets[0].bypass = Some(vec![]), 0, "", ""),
            (
                "the list is not shown",
                &|stage| stage.world.rulesets[0].bypass = None,
                3,
                BRANCH,
                "bypass ruleset 17",
            ),
            (
                "the list is null",
                &|stage| {
                    stage
                        .world
                        .faults
                        .push((Endpoint::Ruleset, AnswerFault::Set("/bypass_actors".into(), Value::Null)))
                },
                3,
                BRANCH,
                "bypass ruleset 17",
            ),
            (
                "a mode that nobody knows",
                &|stage| {
                    let_round(stage, team());
                    let odd = AnswerFault::Set("/bypass_actors/0/bypass_mode".into(), json!("sometimes"));
                    stage.world.faults.push((Endpoint::Ruleset, odd));
                },
                3,
                BRANCH,
                "sometimes",
            ),
            (
                "a second ruleset without bypass",
                &|stage| {
                    let_round(stage, team());
                    second(stage, Some(vec![]))
                },
                0,
                "",
                "",
            ),
            (
                "the same team in both",
                &|stage| {
                    let_round(stage, team());
                    second(stage, Some(vec![team()]))
                },
                1,
                BRANCH,
                "team 7",
            ),
            (
                "a team in one, a user in the other",
                &|stage| {
                    let_round(stage, team());
                    second(stage, Some(vec![user()]))
                },
                3,
                BRANCH,
                "may be on the bypass lists of all sources",
            ),
            (
                "a team in one, the other hidden",
                &|stage| {
                    let_round(stage, team());
                    second(stage, None)
                },
                3,
                BRANCH,
                "ruleset 18",
            ),
            (
                "one hidden, the other empty",
                &|stage| {
                    stage.world.rulesets[0].bypass = None;
                    second(stage, Some(vec![]))
                },
                0,
                "",
                "",
            ),
        ],
    );
}

#[test]
fn attack_02_a_bypass_by_request_opens_no_push() {
    let narrow = policy("approvals = 1\ndismiss-stale = true\nforce-push", "force-push");
    let named = policy(
        "deletion = \"blocked\"\n",
        "deletion = \"blocked\"\nbypass = [{ kind = \"team\", id = 7, reason = \"on call\" }]\n",
    );
    let actor = |mode| bypass(ActorKind::Team, Some(7), mode);
    table(
        || project(&narrow, crate::support::project::OWNERS),
        &[
            ("by request", &|stage| let_round(stage, actor(BypassMode::ChangeRequest)), 0, "", ""),
            ("always", &|stage| let_round(stage, actor(BypassMode::Always)), 1, BRANCH, "team 7"),
            ("exempt", &|stage| let_round(stage, actor(BypassMode::Exempt)), 1, BRANCH, "team 7"),
        ],
    );
    table(
        || project(&named, crate::support::project::OWNERS),
        &[
            ("the policy names the team", &|stage| let_round(stage, actor(BypassMode::Always)), 0, "", ""),
            (
                "the policy names another team",
                &|stage| let_round(stage, bypass(ActorKind::Team, Some(8), BypassMode::Always)),
                1,
                BRANCH,
                "team 8",
            ),
            (
                "a user with the number of the team",
                &|stage| let_round(stage, bypass(ActorKind::User, Some(7), BypassMode::Always)),
                1,
                BRANCH,
                "user 7",
            ),
        ],
    );
}

/// What remains for the deployment gate: a rule that was off for a while and is on again.
#[test]
fn attack_03_one_rule_is_switched_off() {
    judge(&demanding()).expect(0, "", "");
    let keys = [
        "change request",
        "approvals",
        "new approvals after a push",
        "code owners",
        "last push",
        "conversation",
        "check `build`",
        "check `regression`",
        "tip of the branch",
        "every push to keep",
        "branch to be kept",
        "signed commits",
        "without merge commits",
    ];
    assert_eq!(keys.len(), Ruleset::strict().rules.len());
    for (index, text) in keys.into_iter().enumerate() {
        eprintln!("-- without rule {index}: {text}");
        let mut stage = demanding();
        stage.world.rulesets[0].rules.remove(index);
        judge(&stage).expect(1, BRANCH, text);
    }
}

#[test]
fn attack_03_a_ruleset_that_is_switched_off() {
    let says = |word: &str| AnswerFault::Set("/enforcement".into(), json!(word));
    table(
        honest,
        &[
            (
                "it is active",
                &|stage| stage.world.faults.push((Endpoint::Ruleset, says("active"))),
                0,
                "",
                "",
            ),
            (
                "it was switched off between two answers",
                &|stage| stage.world.faults.push((Endpoint::Ruleset, says("disabled"))),
                3,
                BRANCH,
                "is `disabled` and not active",
            ),
            (
                "another ruleset answers",
                &|stage| {
                    stage.world.faults.push((Endpoint::Ruleset, AnswerFault::Set("/id".into(), json!(18))))
                },
                3,
                BRANCH,
                "ruleset 18",
            ),
            (
                "all is off",
                &|stage| {
                    stage.world.rulesets.clear();
                    stage.world.branch.protected = false;
                },
                1,
                BRANCH,
                "none of the required rules is enabled",
            ),
            (
                "the branch is called unprotected and has rules",
                &|stage| stage.world.branch.protected = false,
                3,
                BRANCH,
                "unprotected, but lists rules",
            ),
        ],
    );
}

#[test]
fn attack_04_a_ruleset_that_does_not_hold_here() {
    let turn = |stage: &mut Stage, name: &str| {
        stage.world.request.base_branch = BranchName::new(name);
        stage.world.branch.name = BranchName::new(name);
    };
    let named =
        |stage: &mut Stage, enforcement: &str| stage.world.rulesets[0].enforcement = enforcement.into();
    table(
        honest,
        &[
            ("active", &|stage| named(stage, "active"), 0, "", ""),
            (
                "only evaluated",
                &|stage| named(stage, "evaluate"),
                1,
                BRANCH,
                "no rule requires a change request",
            ),
            ("disabled", &|stage| named(stage, "disabled"), 1, BRANCH, "no rule requires a change request"),
            (
                "its pattern leaves the branch out",
                &|stage| stage.world.faults.push((Endpoint::Rules, AnswerFault::Text("[]".into()))),
                1,
                BRANCH,
                "no rule requires a change request",
            ),
            (
                "only kinds of rules that nobody asked for",
                &|stage| {
                    stage.world.faults.push((
                        Endpoint::Rules,
                        AnswerFault::Text(r#"[{"type":"creation","ruleset_id":17}]"#.into()),
                    ))
                },
                1,
                BRANCH,
                "no rule requires a change request",
            ),
            (
                "another branch became the default",
                &|stage| turn(stage, "trunk"),
                3,
                "gate-integrity",
                "not a deployment branch",
            ),
            (
                "a branch that looks like main",
                &|stage| turn(stage, "Main"),
                3,
                "gate-integrity",
                "not a deployment branch",
            ),
            (
                "a branch named like a reference",
                &|stage| turn(stage, "refs/heads/refs/heads/main"),
                3,
                "gate-integrity",
                "not a deployment branch",
            ),
        ],
    );
    let releases = policy("deployment = [\"main\"]", "deployment = [\"main\", \"release/*\"]");
    table(
        || project(&releases, crate::support::project::OWNERS),
        &[
            ("a release branch", &|stage| turn(stage, "release/1"), 0, "", ""),
            (
                "a branch below a release branch",
                &|stage| turn(stage, "release/1/x"),
                3,
                "gate-integrity",
                "not a deployment branch",
            ),
        ],
    );
}

fn alter(stage: &mut Stage, change: impl FnOnce(&mut Classic)) {
    change(stage.world.classic.as_mut().unwrap());
}

#[test]
fn attack_05_ways_round_classic_protection() {
    let actor = |kind| Bypass { name: Some("somebody".into()), ..bypass(kind, Some(21), BypassMode::Always) };
    let hide = |stage: &mut Stage| {
        let field = "/required_pull_request_reviews/bypass_pull_request_allowances";
        stage.world.faults.push((Endpoint::Classic, AnswerFault::Drop(field.into())));
    };
    let mut rows: Vec<Row<'_>> = vec![
        ("strict", &|_| (), 0, "", ""),
        (
            "administrators are not bound",
            &|stage| alter(stage, |it| it.enforce_admins = false),
            1,
            BRANCH,
            "the administrators of the repository",
        ),
        (
            "administrators are bound by a ruleset",
            &|stage| {
                alter(stage, |it| it.enforce_admins = false);
                stage.world.rulesets.push(Ruleset::strict());
            },
            0,
            "",
            "",
        ),
        (
            "administrators go round both",
            &|stage| {
                alter(stage, |it| it.enforce_admins = false);
                let admin = bypass(ActorKind::RepositoryRole, Some(5), BypassMode::Always);
                stage.world.rulesets.push(Ruleset { bypass: Some(vec![admin]), ..Ruleset::strict() });
            },
            1,
            BRANCH,
            "admin",
        ),
        (
            "nothing is protected",
            &|stage| stage.world.classic = None,
            1,
            BRANCH,
            "no rule requires a change request",
        ),
        (
            "a check from anybody",
            &|stage| {
                alter(stage, |it| {
                    let rules = it.rules.iter_mut();
                    rules.for_each(|rule| {
                        if let Rule::Check { app, .. } = rule {
                            *app = None
                        }
                    });
                });
            },
            1,
            BRANCH,
            "from anybody",
        ),
        (
            "two approvals became one",
            &|stage| alter(stage, |it| it.rules[1] = Rule::Approvals(1)),
            1,
            BRANCH,
            "1 approval, not 2 approvals",
        ),
    ];
    let allow_user =
        |stage: &mut Stage| alter(stage, |it| it.change_request_bypass = vec![actor(ActorKind::User)]);
    let allow_team =
        |stage: &mut Stage| alter(stage, |it| it.change_request_bypass = vec![actor(ActorKind::Team)]);
    let allow_app =
        |stage: &mut Stage| alter(stage, |it| it.change_request_bypass = vec![actor(ActorKind::App)]);
    let hidden = |stage: &mut Stage| {
        allow_user(stage);
        hide(stage);
    };
    let force = |stage: &mut Stage| alter(stage, |it| it.force_push_bypass = vec![actor(ActorKind::User)]);
    rows.push(("a user needs no request", &allow_user, 1, BRANCH, "user 21"));
    rows.push(("a team needs no request", &allow_team, 1, BRANCH, "team 21"));
    rows.push(("an app needs no request", &allow_app, 1, BRANCH, "app 21"));
    rows.push(("REST hides the user, GraphQL does not", &hidden, 1, BRANCH, "user 21"));
    rows.push(("a user may push with force", &force, 1, BRANCH, "user 21"));
    table(classic, &rows);
}

#[test]
fn attack_05_each_rule_of_classic_protection_is_switched_off() {
    let texts = [
        "change request",
        "approvals",
        "new approvals after a push",
        "code owners",
        "last push",
        "conversation",
        "check `build`",
        "check `regression`",
        "tip of the branch",
        "every push to keep",
        "branch to be kept",
        "signed commits",
        "without merge commits",
    ];
    for (index, text) in texts.into_iter().enumerate() {
        eprintln!("-- without rule {index}: {text}");
        let mut stage = classic();
        alter(&mut stage, |it| drop(it.rules.remove(index)));
        judge(&stage).expect(1, BRANCH, text);
    }
}

#[test]
fn attack_05_classic_protection_that_is_shown_in_part() {
    let altered = |endpoint, alter: fn() -> AnswerFault| {
        move |stage: &mut Stage| stage.world.faults.push((endpoint, alter()))
    };
    let rule = "/data/repository/ref/branchProtectionRule";
    let at = move |rest: &str| format!("{rule}/bypassPullRequestAllowances{rest}");
    let graph = |pointer: String, value: Value| {
        move |stage: &mut Stage| {
            stage.world.faults.push((Endpoint::GraphQl, AnswerFault::Set(pointer.clone(), value.clone())))
        }
    };
    table(
        classic,
        &[
            ("GraphQL says the same again", &graph(at("/totalCount"), json!(0)), 0, "", ""),
            (
                "not visible",
                &altered(Endpoint::Classic, || AnswerFault::Refuse(404, "Not Found".into())),
                3,
                BRANCH,
                "404 Not Found",
            ),
            (
                "not for this token",
                &altered(Endpoint::Classic, || {
                    AnswerFault::Refuse(403, "Resource not accessible by integration".into())
                }),
                3,
                BRANCH,
                "403",
            ),
            (
                "whether administrators are bound is missing",
                &altered(Endpoint::Classic, || AnswerFault::Drop("/enforce_admins".into())),
                3,
                BRANCH,
                "enforce_admins",
            ),
            ("no rule for this token", &graph(rule.into(), Value::Null), 3, BRANCH, "shows no rule"),
            ("no data", &graph("/data".into(), Value::Null), 3, BRANCH, "shows no rule"),
            ("more pages", &graph(at("/pageInfo/hasNextPage"), json!(true)), 3, BRANCH, "incomplete"),
            ("more than shown", &graph(at("/totalCount"), json!(1)), 3, BRANCH, "incomplete"),
            (
                "the two disagree",
                &graph(format!("{rule}/allowsForcePushes"), json!(true)),
                3,
                BRANCH,
                "REST and GraphQL differ",
            ),
            (
                "an actor who is not shown",
                &|stage| {
                    let somebody = json!([{ "actor": null }]);
                    stage.world.faults.push((Endpoint::GraphQl, AnswerFault::Set(at("/nodes"), somebody)));
                    stage
                        .world
                        .faults
                        .push((Endpoint::GraphQl, AnswerFault::Set(at("/totalCount"), json!(1))));
                },
                3,
                BRANCH,
                "an actor is not shown",
            ),
        ],
    );
}

/// What remains for the deployment gate: that the branch still holds the commit that is deployed.
#[test]
fn attack_06_the_branch_is_made_anew_or_renamed() {
    let event = |stage: &mut Stage, kind: &str, at| {
        stage.world.events.push(Event { kind: kind.into(), at: minutes(at) })
    };
    let anew = |stage: &mut Stage, policy: &str| {
        let root = stage.history.commit(
            KIM,
            &[],
            "Begin anew",
            &[Edit::Write("portcullis.toml", policy), Edit::Write("README.md", "# Record upload\n")],
        );
        stage.base = root.unwrap();
        // The host knows every commit of it: nothing but the missing connection is wrong.
        let known = stage.world.commits[0].1.clone();
        stage.world.commits.push((stage.world.branch.tip.clone(), known));
        stage.world.branch.tip = revision(stage.base).unwrap();
        stage.publish().unwrap();
    };
    table(
        honest,
        &[
            (
                "it was rewritten before the approvals",
                &|stage| event(stage, "base_ref_force_pushed", 30),
                0,
                "",
                "",
            ),
            (
                "it was rewritten after the approvals",
                &|stage| event(stage, "base_ref_force_pushed", 55),
                1,
                "required-reviews",
                "base branch of the request was changed",
            ),
            (
                "it is gone",
                &|stage| {
                    stage
                        .world
                        .faults
                        .push((Endpoint::Branch, AnswerFault::Refuse(404, "Branch not found".into())))
                },
                3,
                "gate-integrity",
                "branch main",
            ),
            (
                "it has another name now",
                &|stage| {
                    stage
                        .world
                        .faults
                        .push((Endpoint::Branch, AnswerFault::Set("/name".into(), json!("trunk"))))
                },
                3,
                "gate-integrity",
                "branch `trunk`",
            ),
            (
                "it begins anew, without a common history",
                &|stage| anew(stage, POLICY),
                3,
                "gate-integrity",
                "no commit in common",
            ),
        ],
    );
}

fn check(stage: &Stage, id: u64, name: &str, producer: Producer, conclusion: Conclusion) -> Check {
    Check { name: name.into(), id: id.into(), head: head(stage), producer, conclusion }
}

fn app(id: u64, slug: &str) -> Producer {
    Producer::App { id: id.into(), slug: slug.into() }
}

/// Replaces the honest check by one of the same name.
fn replaced(stage: &mut Stage, producer: Producer, conclusion: Conclusion) {
    stage.world.checks.retain(|check| check.name != "regression");
    stage.world.checks.push(check(stage, 60, "regression", producer, conclusion));
}

#[test]
fn attack_64_a_check_under_a_borrowed_name() {
    const CHECKS: &str = "required-checks";
    use Conclusion::{Failure, Success};
    let kim = || person("github-actions", 66);
    table(
        honest,
        &[
            (
                "the app that the policy names",
                &|stage| replaced(stage, app(ACTIONS, "github-actions"), Success),
                0,
                "",
                "",
            ),
            (
                "another app",
                &|stage| replaced(stage, app(4711, "made-up-app"), Success),
                1,
                CHECKS,
                "app `made-up-app` (4711) does not count",
            ),
            (
                "an app with a look-alike name",
                &|stage| replaced(stage, app(4711, "github-action"), Success),
                1,
                CHECKS,
                "wrote no check",
            ),
            (
                "an app with the name in capitals",
                &|stage| replaced(stage, app(4711, "GitHub-Actions"), Success),
                1,
                CHECKS,
                "wrote no check",
            ),
            (
                "an account with the name of the app",
                &|stage| replaced(stage, Producer::Account(Some(kim())), Success),
                1,
                CHECKS,
                "account `github-actions` (66) does not count",
            ),
            (
                "a deleted account",
                &|stage| replaced(stage, Producer::Account(None), Success),
                1,
                CHECKS,
                "deleted account does not count",
            ),
            (
                "no app",
                &|stage| replaced(stage, Producer::Unknown, Success),
                1,
                CHECKS,
                "an unknown producer does not count",
            ),
            (
                "a stranger's red check beside",
                &|stage| {
                    stage.world.checks.push(check(stage, 61, "regression", app(4711, "made-up-app"), Failure))
                },
                0,
                "",
                "",
            ),
            (
                "a stranger's green check beside a red one",
                &|stage| {
                    replaced(stage, app(ACTIONS, "github-actions"), Failure);
                    stage.world.checks.push(check(
                        stage,
                        61,
                        "regression",
                        app(4711, "made-up-app"),
                        Success,
                    ));
                },
                1,
                CHECKS,
                "failed",
            ),
            (
                "a later green run hides a red one",
                &|stage| {
                    stage.world.checks.push(check(
                        stage,
                        30,
                        "regression",
                        app(ACTIONS, "github-actions"),
                        Failure,
                    ))
                },
                1,
                CHECKS,
                "failed",
            ),
            (
                "a check of another commit",
                &|stage| {
                    let base = revision(stage.base).unwrap();
                    stage.world.checks.iter_mut().for_each(|check| check.head = base.clone());
                },
                1,
                CHECKS,
                "wrote no check",
            ),
            (
                "the name with a space",
                &|stage| stage.world.checks.iter_mut().for_each(|check| check.name.push(' ')),
                1,
                CHECKS,
                "wrote no check",
            ),
        ],
    );
}

#[test]
fn attack_64_what_is_not_success() {
    use Conclusion::{
        ActionRequired, Cancelled, Failure, Neutral, Running, Skipped, Stale, StartupFailure, Success,
        TimedOut,
    };
    for conclusion in [
        Success,
        Failure,
        Neutral,
        Skipped,
        Cancelled,
        Stale,
        TimedOut,
        ActionRequired,
        StartupFailure,
        Running,
    ] {
        eprintln!("-- {conclusion:?}");
        let exit = i32::from(conclusion != Success);
        judge_altered(|stage| replaced(stage, app(ACTIONS, "github-actions"), conclusion)).expect(
            exit,
            "required-checks",
            "the check of app",
        );
    }
}

#[test]
fn attack_64_the_branch_lets_any_app_write_the_check() {
    let pinned = |stage: &mut Stage, pin: Option<u64>| {
        let rules = stage.world.rulesets[0].rules.iter_mut();
        rules.for_each(|rule| {
            if let Rule::Check { app, .. } = rule {
                *app = pin.map(Into::into)
            }
        });
    };
    table(
        demanding,
        &[
            ("pinned to the app", &|stage| pinned(stage, Some(ACTIONS)), 0, "", ""),
            ("pinned to another", &|stage| pinned(stage, Some(4711)), 1, BRANCH, "from app 4711"),
            ("not pinned", &|stage| pinned(stage, None), 1, BRANCH, "from anybody"),
        ],
    );
}
