//! What to do with a plan: commands that a shell takes as they are printed.

use super::{EngineName, PlanArguments};
use crate::reconcile::ManifestArguments;
use portcullis_model::shell::quote_word;
use portcullis_reconcile::engine::EngineDialect;
use portcullis_wire::engine_plan::v1::EnginePlanV1;
use std::path::Path;

/// Says what was planned, and which commands run it and judge its answer. Each command has a line
/// of its own, which begins with two blanks.
pub(super) fn explain_plan(arguments: &PlanArguments, form: &EnginePlanV1, dialect: EngineDialect) -> String {
    let folder = arguments.output.display();
    let title = format!("{}: plan of run {} in {folder}\ntext: {}", form.dataset, form.run, form.text);
    let (before, commands) = match arguments.engine {
        EngineName::Buckets => (None, vec![write_bucket_command(arguments)]),
        EngineName::Spark => (None, vec![write_start_command(arguments)]),
        EngineName::Sql => (find_preparation(arguments, dialect), write_sql_commands(arguments, dialect)),
    };
    let before = before.map(|text| format!("{text}\n")).unwrap_or_default();
    let judge = write_judge_command(arguments);
    let lines: String = commands.iter().chain([&judge]).map(|command| format!("\n  {command}")).collect();
    format!("{title}\n{before}Compare, then have the answer judged:\n{lines}")
}

/// What has to be done by hand before the text runs.
fn find_preparation(arguments: &PlanArguments, dialect: EngineDialect) -> Option<String> {
    let setup = arguments.output.join("setup.sql");
    let setup = setup.display();
    match dialect {
        EngineDialect::Trino => {
            Some(format!("First make the tables of {setup}, and fill them in the way of your connector."))
        }
        EngineDialect::Bigquery => Some(format!("First run {setup}, in the dataset that your `bq` uses.")),
        _ => None,
    }
}

fn write_bucket_command(arguments: &PlanArguments) -> String {
    let rest = name_sides(arguments);
    let (plan, answer) = (quote_path(&arguments.output), quote_path(&find_answer(arguments)));
    format!(
        "seq 0 255 | xargs -P 4 -I {{}} portcullis reconcile bucket {rest} --plan {plan} --bucket {{}} --output {answer}"
    )
}

fn write_start_command(arguments: &PlanArguments) -> String {
    let (plan, answer) = (quote_path(&arguments.output), quote_path(&find_answer(arguments)));
    format!("portcullis reconcile start {plan} --output {answer}")
}

/// An engine of another dialect prints its answer, which goes into a file of the folder.
fn write_sql_commands(arguments: &PlanArguments, dialect: EngineDialect) -> Vec<String> {
    let folder = &arguments.output;
    let run = quote_path(&folder.join("run.sql"));
    let query = quote_path(&folder.join("query.sql"));
    let answer = find_answer(arguments);
    let (csv, tsv) = (quote_path(&answer.join("answer.csv")), quote_path(&answer.join("answer.tsv")));
    let command = match dialect {
        EngineDialect::Spark => {
            format!("spark-sql --conf spark.sql.catalogImplementation=in-memory -f {run} > {tsv}")
        }
        EngineDialect::Postgresql => {
            format!("psql -X -q -A -t -F , -v ON_ERROR_STOP=1 -f {run} > {csv}")
        }
        EngineDialect::Duckdb => format!("duckdb -csv -f {run} > {csv}"),
        EngineDialect::Clickhouse => format!("clickhouse client --multiquery --format TSV < {run} > {tsv}"),
        EngineDialect::Trino => format!("trino --output-format CSV -f {query} > {csv}"),
        EngineDialect::Bigquery => {
            format!("bq query --use_legacy_sql=false --format=csv --max_rows=10000000 < {query} > {csv}")
        }
    };
    vec![format!("mkdir {}", quote_path(&answer)), command]
}

fn write_judge_command(arguments: &PlanArguments) -> String {
    let rest = name_sides(arguments);
    let (plan, answer) = (quote_path(&arguments.output), quote_path(&find_answer(arguments)));
    format!("portcullis reconcile judge {rest} --plan {plan} --engine-result {answer}")
}

fn find_answer(arguments: &PlanArguments) -> std::path::PathBuf {
    arguments.output.join("answer")
}

/// The manifests and the policy, as the plan was given them.
fn name_sides(arguments: &PlanArguments) -> String {
    let ManifestArguments { source, target, rejects, receipts, previous, gone } = &arguments.manifests;
    let mut words = vec![quote_path(source), quote_path(target)];
    let policy = &arguments.policy.policy;
    for (option, path) in [
        ("--rejects", rejects),
        ("--receipts", receipts),
        ("--previous", previous),
        ("--gone", gone),
        ("--policy", policy),
    ] {
        words.extend(path.iter().map(|path| format!("{option} {}", quote_path(path))));
    }
    words.join(" ")
}

/// A path as one word of a shell, which no option is taken for.
fn quote_path(path: &Path) -> String {
    let text = path.display().to_string();
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    quote_word(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word() {
        for (path, word) in [
            ("plan", "plan"),
            ("/data/run-7/a,b", "/data/run-7/a,b"),
            ("my plan", "'my plan'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("-plan", "./-plan"),
            ("~x", "'~x'"),
        ] {
            assert_eq!(quote_path(Path::new(path)), word);
        }
    }
}
