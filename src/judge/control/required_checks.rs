//! `required-checks`: named checks of the judged head ended well, each written by the app or
//! account that the policy names.
//!
//! How one check is judged, also where it vouches for test evidence, is in
//! [`super::shared::named_check`].

use super::procedure::ControlProcedure;
use super::shared::named_check::NamedCheck;
use super::shared::text::InvalidSetting;
use super::{Case, Control, Documentation, Granularity, Kind, PolicyScope, Stage, Waivable, read, unproven};
use portcullis_model::decision::{Finding, SubjectKind};
use portcullis_model::fact::Gap;
use portcullis_model::inquiry::{Inquiry, Topic};
use serde::Deserialize;

mod procedure;
mod strictness;

/// The control.
pub static KIND: Kind = Kind {
    name: "required-checks",
    stage: Stage::Both,
    granularity: Granularity::PerLanding,
    always_on: false,
    waivable: Waivable::Freely,
    documentation: Documentation(include_str!("required_checks.md")),
    procedure: procedure::PART,
    strictness: strictness::ROWS,
    read: read::<RequiredChecks>,
    #[cfg(test)]
    schema: super::schema::of::<RequiredChecks>,
};

/// Its settings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequiredChecks {
    /// The checks of the head that must have succeeded: check runs or commit statuses.
    checks: RequiredList,
}

/// The checks; not empty, and none twice.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Vec<CheckEntry>"))]
#[serde(try_from = "Vec<CheckEntry>")]
struct RequiredList(Vec<NamedCheck>);

/// A newtype, because TOML errors get the place of the newtype's text: here, of one entry of the
/// list.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CheckEntry(NamedCheck);

impl TryFrom<Vec<CheckEntry>> for RequiredList {
    type Error = InvalidSetting;

    fn try_from(entries: Vec<CheckEntry>) -> Result<Self, InvalidSetting> {
        let checks: Vec<NamedCheck> = entries.into_iter().map(|entry| entry.0).collect();
        let again = checks.iter().enumerate().find(|(at, check)| checks[..*at].contains(check));
        match again {
            _ if checks.is_empty() => Err("an empty list requires nothing; name a check".into()),
            Some((_, check)) => Err(format!("{check} is named twice").into()),
            None => Ok(RequiredList(checks)),
        }
    }
}

impl Control for RequiredChecks {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn procedure(&self, _scope: &PolicyScope) -> ControlProcedure {
        self.tell()
    }

    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Checks);
    }

    fn wanted_checks(&self) -> Vec<&NamedCheck> {
        self.checks.0.iter().collect()
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let head = &case.facts.change.known()?.head;
        let checks = case.facts.host.checks.known()?;
        let runs = &case.facts.host.workflow_runs;
        let judge = |wanted: &NamedCheck| {
            let unseen = |gap| unproven(KIND.name, SubjectKind::Check, wanted.name.as_str(), &gap);
            wanted.judge(KIND.name, checks, runs, head).unwrap_or_else(unseen)
        };
        Ok(self.checks.0.iter().map(judge).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::PolicyScope;
    use crate::control::shared::named_check::{describe_conclusion, describe_producer};
    use crate::control::testing::example;
    use portcullis_model::change::{Change, Revision};
    use portcullis_model::check::{Check, Conclusion, Producer};
    use portcullis_model::decision::Verdict;
    use portcullis_model::fact::{Fact, GapReason};
    use portcullis_model::facts::{Facts, HostFacts};
    use portcullis_model::inventory::Inventory;
    use portcullis_model::person::{Account, AccountKind, Login, People};
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
            test_sources: Fact::Known(portcullis_model::test_source::TestSources::default()),
            updates: Default::default(),
            landing_tree: None,
            basis: Fact::Known(portcullis_model::change::Basis::FirstParent),
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
            signed: Facts::no_signed_reviews(),
        };
        let scope = PolicyScope {
            reviews: Default::default(),
            review_rules: Default::default(),
            training: None,
            datasets: Default::default(),
            notification: None,
            inventory: Inventory::default(),
            people: People::default(),
            roles: BTreeMap::new(),
            deployment: vec![],
            review_basis: Default::default(),
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
                "{ checks = [{ name = 'a', app = 1, service = 2 }] }",
                "{ name = 'a', app = 1, service = 2 }",
                "write one of",
            ),
            (
                "{ checks = [{ name = 'a', app = 1, config = 'b' }] }",
                "{ name = 'a', app = 1, config = 'b' }",
                "name its project",
            ),
            (
                "{ checks = [{ name = 'a', pipeline = '' }] }",
                "{ name = 'a', pipeline = '' }",
                "names no pipeline",
            ),
            ("{ checks = [{ name = 'a', service = '' }] }", "''", "identifies nothing"),
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
        use portcullis_model::check::Conclusion::*;
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
            assert!(found.reason.contains(describe_conclusion(conclusion)), "{}", found.reason);
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
            assert!(found.details[0].contains(&describe_producer(&impostor)), "{:?}", found.details);
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

    fn pipeline(project: &str, source: &str, config: &str) -> Producer {
        Producer::Pipeline { project: project.into(), source: source.into(), config: config.into() }
    }

    /// Each writer that a policy can name, against each that a host can: it is met by its own kind
    /// and no other, and by one that nobody knows never.
    #[test]
    fn attack_64_each_kind_of_writer_counts_as_itself_only() {
        let ours = || pipeline("police/upload", "merge_request_event", "gate.yml@police/ci");
        let rows = [
            ("app = 'github-actions'", actions()),
            ("app = 15368", actions()),
            ("creator = 'ci-robot'", account("ci-robot")),
            ("pipeline = 'police/upload'", ours()),
            ("pipeline = 'police/upload', config = 'gate.yml@police/ci'", ours()),
            ("pipeline = 'police/upload', source = 'merge_request_event'", ours()),
            ("service = 15368", Producer::Service { id: 15368.into() }),
            ("service = '15368'", Producer::Service { id: 15368.into() }),
        ];
        let strangers = [
            Producer::Unknown,
            Producer::Account(None),
            account("police/upload"),
            app(7, "police/upload"),
            pipeline("police/Upload", "merge_request_event", "gate.yml@police/ci"),
            pipeline("someone/upload", "merge_request_event", "gate.yml@police/ci"),
            Producer::Service { id: 153680.into() },
        ];
        for (wanted, writer) in &rows {
            let settings = format!("{{ checks = [{{ name = 'build', {wanted} }}] }}");
            let others = rows.iter().map(|(_, other)| other).chain(&strangers);
            for other in others {
                let found = only(&settings, vec![run("build", other.clone(), Conclusion::Success)]);
                let expected = if other == writer { Verdict::Met } else { Verdict::Broken };
                assert_eq!(found.verdict, expected, "{wanted}: {other:?}");
            }
        }
    }

    /// A pipeline that the change defines, or that somebody started by hand, is another one.
    #[test]
    fn attack_64_a_pipeline_from_elsewhere_is_not_the_named_one() {
        let settings = "{ checks = [{ name = 'build', pipeline = 'police/upload', config = 'gate.yml@police/ci', \
                        source = 'merge_request_event' }] }";
        for impostor in [
            pipeline("police/upload", "merge_request_event", ".gitlab-ci.yml"),
            pipeline("police/upload", "web", "gate.yml@police/ci"),
        ] {
            let found = only(settings, vec![run("build", impostor.clone(), Conclusion::Success)]);
            assert_eq!(found.verdict, Verdict::Broken, "{impostor:?}");
            assert!(found.details[0].contains(&describe_producer(&impostor)), "{:?}", found.details);
        }
        let honest = pipeline("police/upload", "merge_request_event", "gate.yml@police/ci");
        let found = only(settings, vec![run("build", honest, Conclusion::Success)]);
        assert_eq!(found.verdict, Verdict::Met);
        let by = "written by the pipeline `gate.yml@police/ci` of police/upload that `merge_request_event` started";
        assert!(found.reason.ends_with(by), "{}", found.reason);
    }

    #[test]
    fn a_check_of_another_commit_or_name_does_not_count() {
        let other = Check { head: revision('c'), ..run("build", actions(), Conclusion::Success) };
        let found = only(BUILD, vec![other, run("Build", actions(), Conclusion::Success)]);
        assert_eq!(found.verdict, Verdict::Broken);
        assert_eq!(found.details.len(), 1);
        assert!(found.details[0].contains("it ran on cccccccccc"));
    }

    #[test]
    fn attack_83_no_checks_are_no_success_and_unseen_checks_are_a_gap() {
        assert_eq!(only(BUILD, vec![]).verdict, Verdict::Broken);
        assert_eq!(judged(BUILD, Fact::Gap(gap())).unwrap_err(), gap());
    }
}
