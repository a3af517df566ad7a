//! `required-checks`: named checks of the judged head ended well, each written by the app or account that the policy names.
//!
//! Whoever may write checks can give them any name, so a name proves nothing without its producer; and only
//! "success" is success: a check that was skipped or is neutral checked nothing.

use super::{Case, Control, Documentation, Kind, Reach, Stage, Waivable, finding, read, unproven};
use crate::model::change::Revision;
use crate::model::check::{Check, Conclusion, Producer, WorkflowRun};
use crate::model::decision::{Finding, SubjectKind, Verdict};
use crate::model::fact::{Fact, Gap};
use crate::model::id::{AppId, CheckId};
use crate::model::inquiry::{Inquiry, Topic};
use crate::model::person::Login;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The control.
pub static KIND: Kind = Kind {
    name: "required-checks",
    stage: Stage::Both,
    reach: Reach::Landing,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("required_checks.md")),
    read: read::<RequiredChecks>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequiredChecks {
    checks: WantedChecks,
}

/// The checks; not empty, and none twice.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Entry>")]
struct WantedChecks(Vec<Wanted>);

/// A newtype, because TOML errors get the place of the newtype's text: here, of one entry of the list.
#[derive(Debug, Deserialize)]
struct Entry(Wanted);

/// One check that must have ended well.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawWanted")]
pub struct Wanted {
    name: String,
    writer: Writer,
}

/// Who must have written it.
#[derive(Debug, PartialEq, Eq)]
pub enum Writer {
    /// An app, by its number.
    AppNumber(AppId),
    /// An app, by its name in addresses.
    AppSlug(String),
    /// An account, which writes commit statuses.
    Creator(Login),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWanted {
    name: String,
    app: Option<App>,
    creator: Option<Login>,
}

/// An app by number or by name. Read by hand: an untagged choice would lose the place of its errors.
struct App(Writer);

impl TryFrom<Vec<Entry>> for WantedChecks {
    type Error = String;

    fn try_from(entries: Vec<Entry>) -> Result<Self, String> {
        let checks: Vec<Wanted> = entries.into_iter().map(|entry| entry.0).collect();
        let again = checks.iter().enumerate().find(|(at, check)| checks[..*at].contains(check));
        match again {
            _ if checks.is_empty() => Err("an empty list requires nothing; name a check".into()),
            Some((_, check)) => {
                Err(format!("the check `{}` from {} is named twice", check.name, check.writer))
            }
            None => Ok(WantedChecks(checks)),
        }
    }
}

impl TryFrom<RawWanted> for Wanted {
    type Error = String;

    fn try_from(raw: RawWanted) -> Result<Self, String> {
        let writer = match (raw.app, raw.creator) {
            _ if raw.name.is_empty() => return Err("a check needs a name".into()),
            (Some(app), None) => app.0,
            (None, Some(creator)) if !creator.as_str().is_empty() => Writer::Creator(creator),
            (Some(_), Some(_)) => return Err("say `app` or `creator`, not both".into()),
            _ => {
                return Err("anybody who may write checks can use any name; say whose check counts: \
                            `app = \"…\"` for a check run, `creator = \"…\"` for a commit status"
                    .into());
            }
        };
        Ok(Wanted { name: raw.name, writer })
    }
}

impl<'de> Deserialize<'de> for App {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AppVisitor;

        impl Visitor<'_> for AppVisitor {
            type Value = App;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of an app in addresses, or its number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<App, E> {
                match text {
                    "" => Err(E::custom("an app needs a name")),
                    _ => Ok(App(Writer::AppSlug(text.to_string()))),
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<App, E> {
                Ok(App(Writer::AppNumber(number.into())))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<App, E> {
                let number =
                    u64::try_from(number).map_err(|_| E::custom("an app's number is never negative"))?;
                self.visit_u64(number)
            }
        }

        deserializer.deserialize_any(AppVisitor)
    }
}

impl std::fmt::Display for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Writer::AppNumber(number) => write!(f, "app {number}"),
            Writer::AppSlug(slug) => write!(f, "app `{slug}`"),
            Writer::Creator(login) => write!(f, "account `{login}`"),
        }
    }
}

impl Writer {
    /// Is this the producer that the policy means? A producer that the host no longer knows is nobody's.
    fn is(&self, producer: &Producer) -> bool {
        match (self, producer) {
            (Writer::AppNumber(wanted), Producer::App { id, .. }) => wanted == id,
            (Writer::AppSlug(wanted), Producer::App { slug, .. }) => wanted == slug,
            (Writer::Creator(wanted), Producer::Account(Some(account))) => *wanted == account.login,
            _ => false,
        }
    }
}

impl Control for RequiredChecks {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Checks);
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let head = &case.facts.change.known()?.head;
        let checks = case.facts.host.checks.known()?;
        let judge = |wanted: &Wanted| {
            let judged = judge(wanted, checks, &case.facts.host.workflow_runs, head);
            judged.unwrap_or_else(|gap| unproven(KIND.name, SubjectKind::Check, wanted.name.as_str(), &gap))
        };
        Ok(self.checks.0.iter().map(judge).collect())
    }
}

/// Judges one check.
///
/// # Errors
/// A gap: it would be met if a cancelled run was superseded, and the workflow runs could not be seen.
pub(super) fn judge(
    wanted: &Wanted,
    checks: &[Check],
    workflow_runs: &Fact<BTreeMap<CheckId, WorkflowRun>>,
    head: &Revision,
) -> Result<Finding, Gap> {
    let (runs, others): (Vec<&Check>, Vec<&Check>) = checks
        .iter()
        .filter(|check| check.name == wanted.name)
        .partition(|check| check.head == *head && wanted.writer.is(&check.producer));
    let (mut failed, mut superseded, mut unseen) = (Vec::new(), Vec::new(), None);
    for run in runs.iter().copied().filter(|run| run.conclusion != Conclusion::Success) {
        match newer(run, &runs, workflow_runs) {
            Ok(Some(newer)) => superseded.push(replaced(run, newer)),
            Ok(None) => failed.push(run),
            Err(gap) => unseen = Some(gap),
        }
    }
    let worst = failed.iter().copied().max_by_key(|run| {
        // What has ended badly weighs more than what may still end well.
        (run.conclusion != Conclusion::Running, run.conclusion, &run.id)
    });
    let finding = match (worst, unseen) {
        _ if runs.is_empty() => absent(wanted, head),
        (Some(run), _) => unsuccessful(wanted, run, &runs),
        (None, Some(gap)) => return Err(gap),
        (None, None) => start(
            Verdict::Met,
            wanted,
            format!("it succeeded on {}, written by {}", head.short(), wanted.writer),
        ),
    };
    let failed = failed.into_iter().map(sentence).chain(superseded);
    let mut details: Vec<String> = failed.chain(others.iter().map(|check| ignored(check, head))).collect();
    details.sort();
    Ok(finding.details(details))
}

/// The run that took the place of a cancelled one, by what the host says of the workflow runs that they belong to.
fn newer<'a>(
    run: &Check,
    runs: &[&'a Check],
    workflow_runs: &Fact<BTreeMap<CheckId, WorkflowRun>>,
) -> Result<Option<&'a Check>, Gap> {
    let mut green = runs.iter().copied().filter(|other| other.conclusion == Conclusion::Success).peekable();
    if run.conclusion != Conclusion::Cancelled || green.peek().is_none() {
        return Ok(None);
    }
    let known = workflow_runs.known()?;
    let Some(own) = known.get(&run.id) else { return Ok(None) };
    Ok(green.find(|other| known.get(&other.id).is_some_and(|newer| newer.supersedes(own))))
}

fn replaced(run: &Check, newer: &Check) -> String {
    format!("{}, and run {} of the same workflow took its place", sentence(run), newer.id)
}

fn start(verdict: Verdict, wanted: &Wanted, reason: String) -> Finding {
    finding(KIND.name, verdict, SubjectKind::Check, wanted.name.clone(), reason)
}

fn absent(wanted: &Wanted, head: &Revision) -> Finding {
    let reason = format!("{} wrote no check of this name on {}", wanted.writer, head.short());
    start(Verdict::Broken, wanted, reason)
        .remedy("let the check run on the head of the change, then judge again")
}

fn unsuccessful(wanted: &Wanted, run: &Check, runs: &[&Check]) -> Finding {
    let is_green = runs.iter().any(|other| other.conclusion == Conclusion::Success);
    let remedy = match run.conclusion {
        Conclusion::Cancelled | Conclusion::Failure | Conclusion::TimedOut if is_green => {
            "find out why this run did not succeed, and run it again, also where another run of the check succeeded; then judge again"
        }
        Conclusion::Running => "wait for the check to end, then judge again",
        Conclusion::ActionRequired => "take the action that the check waits for, then judge again",
        _ => "find out why the check did not succeed, and let it run again",
    };
    start(Verdict::Broken, wanted, format!("the check of {} {}", wanted.writer, words(run.conclusion)))
        .remedy(remedy)
}

/// One run, as it ended.
fn sentence(run: &Check) -> String {
    format!("run {} of {} {}", run.id, producer(&run.producer), words(run.conclusion))
}

/// A check of the right name that does not count, and why.
fn ignored(check: &Check, head: &Revision) -> String {
    let who = producer(&check.producer);
    if check.head == *head {
        format!("a check of this name by {who} does not count: the policy names another producer")
    } else {
        format!("a check of this name by {who} does not count: it is of {}", check.head.short())
    }
}

fn producer(producer: &Producer) -> String {
    match producer {
        Producer::App { id, slug } => format!("app `{slug}` ({id})"),
        Producer::Account(Some(account)) => format!("account `{}` ({})", account.login, account.id),
        Producer::Account(None) => "an account that is gone".to_string(),
        Producer::Pipeline { project, config, .. } => format!("the pipeline `{config}` of {project}"),
        Producer::Service { id } => format!("the external service {id}"),
        Producer::Unknown => "nobody that the host names".to_string(),
    }
}

fn words(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Running => "has not finished",
        Conclusion::Success => "succeeded",
        Conclusion::Failure => "failed",
        Conclusion::Error => "could not do its work",
        Conclusion::Neutral => "ended as neutral, which is not success",
        Conclusion::Skipped => "was skipped, which is not success",
        Conclusion::Cancelled => "was cancelled",
        Conclusion::Stale => "was given up as stale",
        Conclusion::TimedOut => "ran out of time",
        Conclusion::ActionRequired => "waits for somebody to act",
        Conclusion::StartupFailure => "could not start",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Scope;
    use crate::control::testing::example;
    use crate::model::change::Change;
    use crate::model::fact::GapReason;
    use crate::model::facts::{Facts, HostFacts};
    use crate::model::inventory::Inventory;
    use crate::model::person::{Account, AccountKind, People};
    use std::collections::BTreeMap;
    use toml::de::ValueDeserializer;

    fn read_settings(text: &str) -> Result<Box<dyn Control>, toml::de::Error> {
        (KIND.read)(ValueDeserializer::parse(text).unwrap())
    }

    fn revision(digit: char) -> Revision {
        Revision::try_from(digit.to_string().repeat(40)).unwrap()
    }

    fn gap() -> Gap {
        Gap::new("the checks", GapReason::Truncated, "a page is missing", "ask again")
    }

    fn app(id: u64, slug: &str) -> Producer {
        Producer::App { id: id.into(), slug: slug.into() }
    }

    fn actions() -> Producer {
        app(15368, "github-actions")
    }

    fn account(login: &str) -> Producer {
        Producer::Account(Some(Account { login: Login::new(login), id: 9.into(), kind: AccountKind::Human }))
    }

    fn run(name: &str, producer: Producer, conclusion: Conclusion) -> Check {
        Check { name: name.into(), id: 1.into(), head: revision('a'), producer, conclusion }
    }

    fn judged(settings: &str, checks: Fact<Vec<Check>>) -> Result<Vec<Finding>, Gap> {
        let mut host = HostFacts::unseen("github", &gap());
        host.checks = checks;
        let change = Change {
            base: revision('b'),
            head: revision('a'),
            merge_bases: vec![revision('b')],
            commits: vec![],
            files: vec![],
            on_the_way: Fact::Known(vec![]),
            test_sources: Fact::Known(crate::model::test_source::TestSources::default()),
            updates: Default::default(),
            basis: Fact::Known(crate::model::change::Basis::FirstParent),
        };
        let facts = Facts {
            observed: Fact::Known(jiff::Timestamp::UNIX_EPOCH),
            inquiry: Inquiry::default(),
            change: Fact::Known(change),
            gate: Fact::Gap(gap()),
            host,
            reports: Fact::Gap(gap()),
            line_coverage: Fact::Gap(gap()),
            evidence: Fact::Gap(gap()),
        };
        let scope = Scope {
            inventory: Inventory::default(),
            people: People::default(),
            roles: BTreeMap::new(),
            deployment: vec![],
        };
        let case = Case { facts: &facts, deployment: None, scope: &scope, touched: &Fact::Known(vec![]) };
        read_settings(settings).unwrap().check(&case)
    }

    fn only(settings: &str, checks: Vec<Check>) -> Finding {
        let mut findings = judged(settings, Fact::Known(checks)).unwrap();
        assert_eq!(findings.len(), 1);
        findings.remove(0)
    }

    const BUILD: &str = r#"{ checks = [{ name = "build", app = "github-actions" }] }"#;

    #[test]
    fn mistakes_have_a_place() {
        for (text, at, says) in [
            ("{ checks = [] }", "[]", "requires nothing"),
            ("{ checks = [{ name = 'a' }] }", "{ name = 'a' }", "whose check counts"),
            (
                "{ checks = [{ name = 'a', app = 1, creator = 'b' }] }",
                "{ name = 'a', app = 1, creator = 'b' }",
                "not both",
            ),
            ("{ checks = [{ name = '', app = 1 }] }", "{ name = '', app = 1 }", "needs a name"),
            ("{ checks = [{ name = 'a', app = '' }] }", "''", "needs a name"),
            ("{ checks = [{ name = 'a', app = -1 }] }", "-1", "never negative"),
            ("{ checks = [{ name = 'a', app = true }] }", "true", "its number"),
            (
                "{ checks = [{ name = 'a', creator = '' }] }",
                "{ name = 'a', creator = '' }",
                "whose check counts",
            ),
            ("{ checks = [{ name = 'a', app = 1, ap = 2 }] }", "ap", "unknown field"),
            (
                "{ checks = [{ name = 'a', app = 1 }, { name = 'a', app = 1 }] }",
                "[{ name = 'a', app = 1 }, { name = 'a', app = 1 }]",
                "twice",
            ),
            ("{}", "{}", "missing field"),
        ] {
            let error = read_settings(text).unwrap_err();
            assert_eq!(&text[error.span().unwrap()], at, "{text}: {error}");
            assert!(error.message().contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn the_example_of_the_documentation_parses() {
        let body = example(&KIND).strip_prefix("[controls.required-checks]\n").unwrap();
        read_settings(&format!("{{ {body} }}")).unwrap();
    }

    #[test]
    fn it_asks_for_checks() {
        let mut inquiry = Inquiry::default();
        read_settings(BUILD).unwrap().ask(&mut inquiry);
        assert_eq!(inquiry.topics.into_iter().collect::<Vec<_>>(), [Topic::Checks]);
    }

    #[test]
    fn success_by_the_named_producer_is_met_however_it_is_named() {
        for (settings, producer) in [
            (BUILD, actions()),
            (r#"{ checks = [{ name = "build", app = 15368 }] }"#, actions()),
            (r#"{ checks = [{ name = "build", creator = "CI-Robot" }] }"#, account("ci-robot")),
        ] {
            let found = only(settings, vec![run("build", producer, Conclusion::Success)]);
            assert_eq!(found.verdict, Verdict::Met, "{found:?}");
            assert_eq!(found.subject.to_string(), "check build");
        }
    }

    #[test]
    fn nothing_but_success_is_success() {
        use Conclusion::*;
        for conclusion in [
            Running,
            Failure,
            Error,
            Neutral,
            Skipped,
            Cancelled,
            Stale,
            TimedOut,
            ActionRequired,
            StartupFailure,
        ] {
            let found = only(BUILD, vec![run("build", actions(), conclusion)]);
            assert_eq!(found.verdict, Verdict::Broken, "{conclusion:?}");
            assert!(found.reason.contains(words(conclusion)), "{}", found.reason);
        }
        let found = only(BUILD, vec![run("build", actions(), Running)]);
        assert!(found.remedy.unwrap().starts_with("Wait"));
    }

    #[test]
    fn every_run_must_succeed_in_whatever_order_they_come() {
        let good = run("build", actions(), Conclusion::Success);
        let bad = Check { id: 2.into(), ..run("build", actions(), Conclusion::Failure) };
        let running = Check { id: 3.into(), ..run("build", actions(), Conclusion::Running) };
        let one = only(BUILD, vec![good.clone(), bad.clone(), running.clone()]);
        assert_eq!(one.verdict, Verdict::Broken);
        assert!(one.reason.contains("failed"), "{}", one.reason);
        assert_eq!(one, only(BUILD, vec![running, bad, good.clone()]));
        assert_eq!(only(BUILD, vec![good.clone(), good]).verdict, Verdict::Met);
    }

    #[test]
    fn attack_64_a_check_of_the_same_name_by_somebody_else_does_not_count_and_is_named() {
        let impostors = [
            app(666, "look-alike"),
            app(1, "GitHub-Actions"),
            account("github-actions"),
            Producer::Account(None),
            Producer::Unknown,
        ];
        for impostor in impostors {
            let found = only(BUILD, vec![run("build", impostor.clone(), Conclusion::Success)]);
            assert_eq!(found.verdict, Verdict::Broken, "{impostor:?}");
            assert!(found.details[0].contains(&producer(&impostor)), "{:?}", found.details);
            assert!(found.details[0].contains("names another producer"));
        }
        let by_account = r#"{ checks = [{ name = "build", creator = "ci-robot" }] }"#;
        for impostor in [app(1, "ci-robot"), account("kim"), Producer::Account(None)] {
            assert_eq!(
                only(by_account, vec![run("build", impostor, Conclusion::Success)]).verdict,
                Verdict::Broken
            );
        }
        let both = vec![
            run("build", app(666, "look-alike"), Conclusion::Failure),
            run("build", actions(), Conclusion::Success),
        ];
        let found = only(BUILD, both);
        assert_eq!(found.verdict, Verdict::Met, "a stranger's failure decides nothing either");
        assert_eq!(found.details.len(), 1);
    }

    #[test]
    fn a_check_of_another_commit_or_name_does_not_count() {
        let other = Check { head: revision('c'), ..run("build", actions(), Conclusion::Success) };
        let found = only(BUILD, vec![other, run("Build", actions(), Conclusion::Success)]);
        assert_eq!(found.verdict, Verdict::Broken);
        assert_eq!(found.details.len(), 1);
        assert!(found.details[0].contains("it is of cccccccccc"));
    }

    #[test]
    fn attack_83_no_checks_are_no_success_and_unseen_checks_are_a_gap() {
        assert_eq!(only(BUILD, vec![]).verdict, Verdict::Broken);
        assert_eq!(judged(BUILD, Fact::Gap(gap())).unwrap_err(), gap());
    }
}
