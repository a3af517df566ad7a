//! Clients of databases, by what a file imports.

use crate::area::AreaKind;
use crate::mark::Mark;
use crate::tools::DataTool;

/// The tool.
pub static TOOL: DataTool = DataTool {
    title: "database clients",
    area: AreaKind::Storage,
    is_general: true,
    marks: &[
        Mark::by_line("code", &["**/*.py"], r"^\s*(from|import) (sqlite3|psycopg2?|pymysql|MySQLdb|asyncpg|aiosqlite|oracledb|cx_Oracle|pyodbc|pymssql|pymongo|motor|duckdb|clickhouse_\w+|cassandra)\b"),
        Mark::by_line("code", &["**/*.{js,ts,mjs,cjs}"], r"(from|require\()\s*[\x27\x22](pg|pg-promise|mysql2?(/promise)?|better-sqlite3|sqlite3|mongodb|@clickhouse/client|kysely|oracledb|mssql|cassandra-driver)[\x27\x22]"),
        Mark::by_line("code", &["**/*.{java,kt,scala,groovy}"], r"^\s*import (static )?(java\.sql\.(Connection|PreparedStatement|Statement|DriverManager)|javax\.sql\.|org\.springframework\.jdbc|org\.jooq|com\.mongodb)\b|\bJdbcTemplate\b"),
        Mark::by_line("code", &["**/*.cs"], r"\b(SqlConnection|NpgsqlConnection|MySqlConnection|IDbConnection)\b|^\s*using (Dapper|MongoDB\.Driver)\b"),
        Mark::by_line("code", &["**/*.php"], r"\bnew \\?PDO\(|\bmysqli_(connect|query)\(|\bpg_query\("),
        Mark::by_line("code", &["**/*.rs"], r"^\s*use (rusqlite|tokio_postgres|postgres|mysql|mongodb)\b"),
    ],
};
