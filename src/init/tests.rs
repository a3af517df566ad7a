//! Laws of the whole: what is proposed is a valid policy, whatever the repository holds, and an
//! update keeps what people wrote.

use crate::branches::BranchFacts;
use crate::listing::FileListing;
use crate::people::gather_people;
use crate::policy_text::write_policy;
use crate::proposal::{Proposal, RepositoryFacts};
use crate::report::write_report;
use crate::survey::{FileText, ReadingBounds, Survey, survey_files};
use crate::update::update_policy;
use crate::{ci_job, tools};
use portcullis_judge::policy::{Policy, sample_values};
use portcullis_model::host::HostProfile;
use portcullis_model::path::RepoPath;
use portcullis_model::person::Mailbox;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn survey_of(files: &[(&str, &str)]) -> Survey {
    survey_within(files, ReadingBounds::default())
}

fn survey_within(files: &[(&str, &str)], bounds: ReadingBounds) -> Survey {
    let files: BTreeMap<RepoPath, &str> =
        files.iter().map(|(path, text)| (RepoPath::from(*path), *text)).collect();
    let texts: Vec<&str> = files.values().copied().collect();
    let mut read = |number: usize, limit: usize| match texts.get(number) {
        Some(text) if text.len() > limit => FileText::TooLarge,
        Some(text) => FileText::Bytes(text.as_bytes().to_vec()),
        None => FileText::Unreadable,
    };
    survey_files(FileListing::of(files.keys()), bounds, &mut read)
}

fn propose(files: &[(&str, &str)]) -> Proposal {
    let facts = RepositoryFacts { host: Some("github"), ..RepositoryFacts::default() };
    Proposal::of(survey_of(files), facts)
}

/// The rules that are written, as `area: rule`.
fn rules(proposal: &Proposal) -> Vec<String> {
    let of = |area: &crate::area::ProposedArea| -> Vec<String> {
        let sure = area.paths.iter().chain(&area.content).filter(|rule| rule.sure);
        sure.map(|rule| format!("{}: {}", area.kind.name(), rule.rule)).collect()
    };
    proposal.areas.iter().flat_map(of).collect()
}

#[test]
fn each_tool_is_told_by_what_it_leaves() {
    for (files, rule) in [
        (
            vec![
                ("src/main/resources/db/migration/V1__init.sql", "create table t(a int);"),
                ("src/main/java/A.java", "class A {}"),
            ],
            "migrations: src/main/resources/db/migration/**",
        ),
        (
            vec![("db/migrate/20200101_a.rb", "x"), ("db/migrate/20200102_b.rb", "x"), ("app/x.rb", "x")],
            "migrations: db/migrate/**",
        ),
        (
            vec![
                ("orders/migrations/0001_initial.py", "class Migration(migrations.Migration):"),
                ("orders/views.py", "x"),
                ("orders/urls.py", "x"),
            ],
            "migrations: orders/migrations/**",
        ),
        (
            vec![("dw/dbt_project.yml", "name: dw"), ("dw/models/a.sql", "select 1"), ("dw/README.md", "x")],
            "pipelines: dw/models/**",
        ),
        (vec![("dags/load.py", "from airflow import DAG\n"), ("setup.py", "x")], "pipelines: dags/**"),
        (
            vec![("jobs/load.py", "from pyspark.sql import SparkSession\n"), ("setup.py", "x")],
            "pipelines: jobs/**",
        ),
        (
            vec![("a/tasks.py", "@shared_task\ndef f(): pass\n"), ("a/b.py", "x"), ("a/c.py", "x")],
            "messages: a/tasks.py",
        ),
        (
            vec![
                ("x/Consumer.java", "import org.apache.kafka.clients.consumer.KafkaConsumer;"),
                ("x/A.java", "x"),
                ("x/B.java", "x"),
            ],
            "messages: x/Consumer.java",
        ),
        (
            vec![("app/models/user.rb", "class User < ApplicationRecord\nend"), ("app/x.rb", "x")],
            "storage: app/models/**",
        ),
        (
            vec![
                ("prisma/schema.prisma", "model A {}"),
                ("prisma/migrations/1_a/migration.sql", "x"),
                ("src/a.ts", "x"),
            ],
            "migrations: prisma/**",
        ),
        (vec![("sql/1.sql", "-- +goose Up\nCREATE TABLE a(b int);"), ("a.go", "x")], "migrations: sql/**"),
        (
            vec![("priv/repo/migrations/1_a.exs", "x"), ("lib/a.ex", "x")],
            "migrations: priv/repo/migrations/**",
        ),
    ] {
        let found = rules(&propose(&files));
        assert!(found.iter().any(|one| one == rule), "{rule}: {found:#?}");
    }
}

#[test]
fn tests_without_any_setting_are_run_by_pytest() {
    let job = ("jobs/etl.py", "from pyspark.sql import SparkSession\n");
    let found = propose(&[job, ("tests/test_etl.py", "import unittest\n"), ("setup.py", "x")]);
    let runners: Vec<&str> = found.written_runners().map(|one| one.runner.name).collect();
    assert_eq!(runners, ["pytest"]);
}

#[test]
fn tests_documents_and_the_code_of_others_propose_nothing() {
    let airflow = "from airflow import DAG\nINSERT INTO a VALUES (1)\n";
    for path in [
        "tests/dag.py",
        "docs/dag.py",
        "vendor/dag.py",
        "node_modules/a/dag.py",
        "src/test_dag.py",
        "README.md",
        "a/dag.min.js",
    ] {
        assert_eq!(rules(&propose(&[(path, airflow)])), [""; 0], "{path}");
    }
}

#[test]
fn a_repository_without_records_keeps_the_sample_and_is_told_so() {
    for files in [vec![], vec![("README.md", "# Nothing"), ("LICENSE", "x")]] {
        let text = write_policy(&propose(&files), None);
        Policy::parse(&text).unwrap();
        let samples: Vec<String> = sample_values(&text).into_iter().map(|sample| sample.setting).collect();
        assert!(samples.iter().any(|sample| sample.starts_with("paths = ")), "{samples:?}");
    }
}

#[test]
fn fields_that_look_personal_count_where_records_get_their_shape() {
    let sql = rules(&propose(&[("db/a.sql", "create table person(date_of_birth date);")]));
    assert!(sql.iter().any(|rule| rule.starts_with("personal-data: ")), "{sql:?}");
    let screen = rules(&propose(&[("web/form.js", "const dateOfBirth = input('dob');")]));
    assert!(!screen.iter().any(|rule| rule.starts_with("personal-data: ")), "{screen:?}");
}

#[test]
fn the_bounds_hold_and_what_they_leave_out_is_said() {
    let long = "x".repeat(300);
    let files: Vec<(String, String)> = (0..50).map(|n| (format!("src/f{n}.py"), long.clone())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let survey = survey_within(&files, ReadingBounds { file: 1000, total: 1000 });
    assert_eq!((survey.tally.files, survey.tally.left_out), (4, 46));
    let report = write_report(&Proposal::of(survey, RepositoryFacts::default()));
    assert!(
        report.contains("What is in 46 files: not read, because the bound of all texts was reached."),
        "{report}"
    );
    let survey = survey_within(&files, ReadingBounds { file: 100, total: 1000 });
    assert_eq!((survey.tally.files, survey.tally.too_large), (0, 50));
}

#[test]
fn every_line_of_the_evidence_names_a_file_that_is_there() {
    let files = [
        ("db/migrate/1_a.rb", "x"),
        ("app/models/a.rb", "class A < ApplicationRecord"),
        ("Gemfile", "gem 'rspec'"),
        (".rspec", ""),
    ];
    let proposal = propose(&files);
    let report = write_report(&proposal);
    let named: Vec<&str> =
        report.split("such as ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    assert!(named.len() >= 3, "{report}");
    assert!(named.iter().all(|name| files.iter().any(|(path, _)| path == name)), "{named:?}");
}

const EDITED: &str = "\
schema = 1
[project]
name = \"Mine\"   # by hand
[branches]
deployment = [\"main\"]
[[data-processing]]
name = \"migrations\"
purpose = \"Ours\"
paths = [
  \"db/old/**\", # kept
]
[roles.gate-owners]
teams = [\"acme/owners\"]
[controls.gate-integrity]
role = \"gate-owners\"
approvals = 1
[controls.required-reviews]
approvals = 2
";

#[test]
fn an_update_adds_what_is_new_and_keeps_every_line() {
    let proposal = propose(&[
        ("db/migrate/1.rb", "x"),
        ("db/migrate/2.rb", "x"),
        ("x.rb", "x"),
        ("dags/a.py", "import airflow"),
    ]);
    let updated = update_policy(EDITED, &proposal).unwrap();
    let policy = Policy::parse(&updated.text).unwrap();
    assert_eq!(updated.added, ["area migrations: db/migrate/**", "area pipelines: dags/**"]);
    let areas: Vec<_> =
        policy.scope.inventory.areas.iter().map(|area| (area.name.as_str(), area.paths.len())).collect();
    assert_eq!(areas, [("migrations", 2), ("pipelines", 1)]);
    for line in EDITED.lines() {
        assert!(updated.text.lines().any(|other| other == line), "{line}\n{}", updated.text);
    }
    let again = update_policy(&updated.text, &proposal).unwrap();
    assert_eq!((again.text == updated.text, again.added.len()), (true, 0));
}

#[test]
fn what_people_took_out_does_not_come_back() {
    let proposal = propose(&[("db/migrate/1.rb", "x"), ("dags/a.py", "import airflow"), ("x.rb", "x")]);
    let written = write_policy(&proposal, None);
    let without: Vec<&str> = written.lines().filter(|line| *line != "  \"db/migrate/**\",").collect();
    let edited = without.join("\n").replace(
        "paths = [\n  # Rails migrations: migrations by folder. 1 file, such as `db/migrate/1.rb`\n]",
        "paths = [\"x/**\"]",
    );
    Policy::parse(&edited).unwrap_or_else(|problems| panic!("{problems:?}\n{edited}"));
    let updated = update_policy(&edited, &proposal).unwrap();
    assert_eq!((updated.added, updated.text), (Vec::new(), edited));
}

#[test]
fn an_excluded_folder_is_not_added_again() {
    let edited = EDITED.replace("]\n[roles", "]\nexclude = [\"db/migrate/**\"]\n[roles");
    let updated = update_policy(&edited, &propose(&[("db/migrate/1.rb", "x"), ("x.rb", "x")])).unwrap();
    assert!(updated.added.is_empty(), "{:?}", updated.added);
}

#[test]
fn a_policy_with_inline_areas_is_left_and_said() {
    let edited = EDITED.replace("[[data-processing]]\nname = \"migrations\"\npurpose = \"Ours\"\npaths = [\n  \"db/old/**\", # kept\n]\n", "");
    let edited =
        format!("data-processing = [{{ name = \"a\", purpose = \"b\", paths = [\"c/**\"] }}]\n{edited}");
    Policy::parse(&edited).unwrap();
    let updated = update_policy(&edited, &propose(&[("db/migrate/1.rb", "x"), ("x.rb", "x")])).unwrap();
    assert_eq!(updated.left.len(), 1, "{updated:?}");
    Policy::parse(&updated.text).unwrap();
}

#[test]
fn what_was_left_out_is_proposed_again() {
    let inline = "data-processing = [{ name = \"a\", purpose = \"b\", paths = [\"c/**\"] }]\n";
    let tables = "[[data-processing]]\nname = \"a\"\npurpose = \"b\"\npaths = [\"c/**\"]\n";
    let own = "[[data-processing]]\nname = \"migrations\"\npurpose = \"Ours\"\npaths = [\n  \"db/old/**\", # kept\n]\n";
    let proposal = propose(&[("dags/a.py", "import airflow"), ("x.rb", "x")]);
    let left = update_policy(&format!("{inline}{}", EDITED.replace(own, "")), &proposal).unwrap();
    assert_eq!((left.left.len(), left.added.len()), (1, 0), "{left:?}");
    // The tables are written, as it was told.
    let edited = left.text.replace(inline, "").replacen("[roles", &format!("{tables}\n[roles"), 1);
    Policy::parse(&edited).unwrap_or_else(|problems| panic!("{problems:?}\n{edited}"));
    assert_eq!(update_policy(&edited, &proposal).unwrap().added, ["area pipelines: dags/**"]);
}

#[test]
fn a_rule_that_was_not_sure_is_added_once_it_is() {
    let files = [("db/migrate/1.rb", "x"), ("dags/a.py", "import airflow"), ("x.rb", "x")];
    let (proposal, mut doubtful) = (propose(&files), propose(&files));
    let pipelines = doubtful.areas.iter_mut().find(|area| area.kind.name() == "pipelines").unwrap();
    pipelines.paths.iter_mut().for_each(|rule| rule.sure = false);
    let written = write_policy(&doubtful, None);
    assert!(written.contains("\"dags/**\","), "it is shown as a comment: {written}");
    assert_eq!(update_policy(&written, &doubtful).unwrap().text, written, "the twin: it is still not sure");
    assert_eq!(update_policy(&written, &proposal).unwrap().added, ["area pipelines: dags/**"]);
}

/// Paths as tools have them, and as those who mean harm have them.
fn any_path() -> impl Strategy<Value = Vec<u8>> {
    let folder = prop_oneof![
        Just("migrations"),
        Just("db"),
        Just("migrate"),
        Just("src"),
        Just("dags"),
        Just("models"),
        Just("priv"),
        Just("repo"),
        Just("a b"),
        Just("[x]"),
        Just("{a,b}"),
        Just("*"),
        Just("**"),
        Just("!x"),
        Just("\\"),
        Just("'"),
        Just("\""),
        Just("#"),
        Just("]"),
        Just("é"),
        Just("\u{202e}"),
        Just("\n"),
        Just("test"),
        Just("etl"),
        Just("$(x)"),
    ];
    let name = prop_oneof![
        Just("V1__a.sql"),
        Just("0001_a.py"),
        Just("1_a.rb"),
        Just("a.prisma"),
        Just("dbt_project.yml"),
        Just("models.py"),
        Just("tasks.py"),
        Just("a_job.rb"),
        Just("A.java"),
        Just("a'b.py"),
        Just("\"\"\".py"),
        Just("x]\n[controls].sql"),
        Just("[a-z].sql"),
        Just("conftest.py"),
        Just("package.json"),
        Just("a.go"),
        Just("{.sql"),
        Just("\\.sql"),
    ];
    (proptest::collection::vec(folder, 0..4), name).prop_map(|(folders, name)| {
        folders.into_iter().chain([name]).collect::<Vec<_>>().join("/").into_bytes()
    })
}

fn any_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("INSERT INTO a VALUES (1)"),
        Just("class A(models.Model):"),
        Just("from airflow import DAG"),
        Just("@shared_task"),
        Just("migrations.Migration"),
        Just("date_of_birth"),
        Just("\"jest\": \"1\""),
        Just("import org.apache.kafka.x;"),
        Just("class A < ApplicationRecord"),
        Just("environment: production"),
        Just("branches: [main, 'x\"y']"),
        Just("deploy"),
        Just("pull_request"),
        Just("jobs:"),
        Just("  a: "),
        Just("    name: 'x\"'"),
        Just("\u{0}"),
        Just("-- +goose Up"),
    ];
    proptest::collection::vec(line, 0..5).prop_map(|lines| lines.join("\n"))
}

fn any_facts() -> impl Strategy<Value = RepositoryFacts> {
    let odd = || {
        prop_oneof![
            Just("main"),
            Just("release/1"),
            Just("a\"b"),
            Just("a\nb"),
            Just("'"),
            Just("[x]"),
            Just("-x"),
            Just("live")
        ]
    };
    let host = proptest::option::of(prop_oneof![
        Just("github"),
        Just("gitlab"),
        Just("gitea"),
        Just("forgejo"),
        Just("bare")
    ]);
    let people =
        proptest::collection::vec(("[ -~\u{80}-\u{2100}\n]{0,12}", "[a-z\"'\\[\\]+@. \n]{0,20}"), 0..6);
    (odd(), proptest::collection::btree_set(odd(), 0..4), host, people, any_text(), any::<bool>()).prop_map(
        |(name, names, host, people, ci, with_emails)| {
            let people: Vec<Mailbox> =
                people.into_iter().map(|(name, email)| Mailbox { name, email }).collect();
            RepositoryFacts {
                folder: name.to_string(),
                host,
                branches: BranchFacts {
                    default: Some((name.to_string(), "by name")),
                    names: names.into_iter().map(str::to_string).collect(),
                    by_host: BTreeMap::new(),
                },
                people: gather_people(&people, HostProfile::github_com().own_addresses()),
                with_emails,
                ci_texts: vec![(".github/workflows/a.yml".to_string(), ci)],
                ..RepositoryFacts::default()
            }
        },
    )
}

fn survey_of_bytes(files: &[(Vec<u8>, String)]) -> Survey {
    let files: BTreeMap<RepoPath, &String> =
        files.iter().map(|(path, text)| (RepoPath::new(path.clone()), text)).collect();
    let texts: Vec<&String> = files.values().copied().collect();
    let mut read = |number: usize, _: usize| FileText::Bytes(texts[number].as_bytes().to_vec());
    survey_files(FileListing::of(files.keys()), ReadingBounds::default(), &mut read)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Written, commented out and all, and updated by what another state of the repository shows.
    #[test]
    fn whatever_a_repository_holds_the_policy_is_valid(
        files in proptest::collection::vec((any_path(), any_text()), 0..20),
        later in proptest::collection::vec((any_path(), any_text()), 0..20),
        facts in any_facts(),
    ) {
        let proposal = Proposal::of(survey_of_bytes(&files), facts.clone());
        let text = write_policy(&proposal, Some(".portcullis/policy-v1.json"));
        let policy = Policy::parse(&text);
        prop_assert!(policy.is_ok(), "{:?}\n{text}", policy.err());
        for area in &policy.unwrap().scope.inventory.areas {
            let known: Vec<_> = area.paths.iter().filter(|rule| !files.iter().any(|(path, _)| rule.rule.matches(path))).collect();
            prop_assert!(area.name == "records" || known.is_empty(), "{known:?} match nothing");
        }
        let job = facts.host.and_then(ci_job::find).map(|job| (job.write)(&proposal, facts.host.unwrap()));
        prop_assert!(job.iter().all(|text| !text.contains(['\t', '\r']) && text.lines().all(|line| !line.contains("a\"b"))));
        let later = Proposal::of(survey_of_bytes(&later), facts);
        let updated = update_policy(&text, &later).unwrap();
        let policy = Policy::parse(&updated.text);
        prop_assert!(policy.is_ok(), "{:?}\n{}", policy.err(), updated.text);
        prop_assert_eq!(&update_policy(&updated.text, &later).unwrap().text, &updated.text);
        for line in text.lines() {
            prop_assert!(updated.text.lines().any(|other| other.trim_end_matches(',') == line.trim_end_matches(',')), "{line}\n{}", updated.text);
        }
    }
}

#[test]
fn the_tables_hold_every_file_once() {
    assert!(tools::TABLE.len() > 50);
    for host in ["github", "gitlab", "gitea", "forgejo"] {
        assert!(ci_job::find(host).is_some());
    }
}
