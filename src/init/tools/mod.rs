//! The tools by which data-processing code is known. A tool is a file here and a line in [`TABLE`].

use crate::area::AreaKind;
use crate::mark::Mark;

/// A tool.
#[derive(Debug)]
pub struct DataTool {
    /// Its name, for people.
    pub title: &'static str,
    /// The area that its files are proposed for.
    pub area: AreaKind,
    /// Does it see what other tools see, too? Then it proposes only what they leave.
    pub is_general: bool,
    /// What shows it.
    pub marks: &'static [Mark],
}

/// Lists each file with a tool once: its module, and its line of the table.
macro_rules! tools {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every tool, sorted by the name of its file.
        pub static TABLE: &[&DataTool] = &[$(&$name::TOOL),*];
    };
}

tools! {
    active_record, airflow, alembic, avro, beam, bull, celery, dagster, database_clients, dbmate, dbt,
    diesel, django_migrations, django_models, doctrine, drizzle, dynamo, ecto_migrations, ecto_schemas,
    eloquent, entity_framework, entity_framework_models, etl_folders, flink, flyway, go_sql, golang_migrate,
    goose, gorm, hasura, jobs, jpa, kafka, kedro, knex, laravel_migrations, liquibase, luigi, meltano,
    messages, mongoose, mybatis, oban, prefect, prisma, prisma_client, rails_migrations, repositories, room,
    sea_orm, sequelize, sidekiq, spark, sql_files, sql_migrations, sqlalchemy, sqlc, sqlmesh, sqlx, ssis,
    typeorm,
}

#[cfg(test)]
mod tests {
    use super::*;
    use globset::GlobBuilder;

    #[test]
    fn every_glob_and_every_line_pattern_of_ours_is_one() {
        for mark in TABLE.iter().flat_map(|tool| tool.marks) {
            for glob in mark.paths {
                assert!(GlobBuilder::new(glob).literal_separator(true).build().is_ok(), "{glob}");
            }
            let line = mark.holds.unwrap_or("x");
            let regex = regex::bytes::RegexBuilder::new(line).unicode(false).multi_line(true).build();
            assert!(!regex.unwrap().is_match(b""), "{line}");
        }
    }

    #[test]
    fn a_tool_has_a_title_and_shows_somehow() {
        for tool in TABLE {
            assert!(!tool.title.is_empty() && !tool.marks.is_empty(), "{tool:?}");
            assert!(
                tool.marks.iter().all(|mark| !mark.paths.is_empty() && !mark.says.is_empty()),
                "{tool:?}"
            );
        }
        let titles: std::collections::BTreeSet<_> = TABLE.iter().map(|tool| tool.title).collect();
        assert_eq!(titles.len(), TABLE.len());
    }
}
