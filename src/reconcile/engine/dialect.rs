//! The engines that the text is written for, and the few words that they spell differently.

use std::fmt;

/// A dialect of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EngineDialect {
    /// PostgreSQL 12 and later.
    Postgresql,
    /// DuckDB 1.1 and later.
    Duckdb,
    /// Trino; also Amazon Athena.
    Trino,
    /// BigQuery, its own dialect.
    Bigquery,
    /// ClickHouse 22 and later.
    Clickhouse,
    /// Apache Spark 3.4 and later; also Databricks, EMR, Dataproc, Sail.
    Spark,
}

impl EngineDialect {
    /// All of them, by name.
    pub const ALL: [Self; 6] =
        [Self::Bigquery, Self::Clickhouse, Self::Duckdb, Self::Postgresql, Self::Spark, Self::Trino];

    /// As command lines and plans write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::Duckdb => "duckdb",
            Self::Trino => "trino",
            Self::Bigquery => "bigquery",
            Self::Clickhouse => "clickhouse",
            Self::Spark => "spark",
        }
    }

    /// The dialect of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == name)
    }

    /// The type in which sums of 64-bit integers do not overflow.
    pub(super) const fn wide(self) -> &'static str {
        match self {
            Self::Bigquery => "BIGNUMERIC",
            // Without it ClickHouse refuses NULL in a CAST.
            Self::Clickhouse => "Nullable(Decimal(38, 0))",
            _ => "DECIMAL(38, 0)",
        }
    }

    /// What comes before the tables.
    pub(super) const fn preparation(self) -> &'static str {
        match self {
            // It draws its progress on the output, which is the answer, when it takes two seconds.
            Self::Duckdb => "SET enable_progress_bar = false;\n",
            _ => "",
        }
    }

    /// What comes after the last line.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            // Its joins give zeros where a row has no partner, unless it is told to give NULL.
            Self::Clickhouse => "SETTINGS join_use_nulls = 1",
            _ => "",
        }
    }
}

impl fmt::Display for EngineDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
