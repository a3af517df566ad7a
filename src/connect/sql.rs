//! The one SELECT that is sent to a database: the policy's query as a subquery, from which quoted
//! columns are taken.

use crate::failure::fail;
use portcullis_model::reconciliation::connector::SqlExtraction;
use portcullis_reconcile::source::SourceError;
use std::collections::BTreeSet;

/// What is asked of a database.
pub(crate) struct SqlRequest {
    /// What is read, as messages call it.
    pub place: String,
    /// The SELECT of the columns, each once.
    pub select: String,
    /// The SELECT of the number of rows, where it is asked for.
    pub count: Option<String>,
    /// The columns as the SELECT has them.
    pub quoted: Vec<String>,
    /// Where in the result each column is that was asked for.
    pub places: Vec<usize>,
}

/// How a database quotes the name of a table or column. The mark itself is doubled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SqlDialect {
    /// Opens a name.
    pub open: char,
    /// Closes it.
    pub close: char,
    /// The longest name in bytes, if longer ones are silently cut.
    pub longest_name: usize,
}

impl SqlDialect {
    /// A name in its quotes. No name can end them.
    ///
    /// # Errors
    ///
    /// An empty name, one that is longer than the database holds (it would be cut and could be
    /// another column's), and one with a NUL.
    pub(crate) fn quote_name(self, name: &str) -> Result<String, SourceError> {
        if name.is_empty() || name.contains('\0') || name.len() > self.longest_name {
            let problem = format!("No column or table can have the name `{}`.", name.escape_debug());
            let remedy = format!("Give the name that the database has, of 1 to {} bytes.", self.longest_name);
            return Err(fail("the policy", problem, remedy));
        }
        let doubled = name.replace(self.close, &format!("{0}{0}", self.close));
        Ok(format!("{}{doubled}{}", self.open, self.close))
    }

    /// What follows FROM.
    fn write_origin(self, extraction: &SqlExtraction) -> Result<String, SourceError> {
        Ok(match extraction {
            // The line break ends a comment at the query's end. Oracle knows no `AS` here.
            SqlExtraction::Query(query) => format!("(\n{}\n) portcullis_rows", strip_semicolon(query)),
            SqlExtraction::Table { schema, table, condition } => {
                let mut origin = match schema {
                    Some(schema) => format!("{}.", self.quote_name(schema)?),
                    None => String::new(),
                };
                origin.push_str(&self.quote_name(table)?);
                if let Some(condition) = condition {
                    origin.push_str(&format!(" WHERE (\n{condition}\n)"));
                }
                origin
            }
        })
    }

    /// The SELECT of these expressions.
    pub(crate) fn write_select(
        self,
        extraction: &SqlExtraction,
        expressions: &[String],
    ) -> Result<String, SourceError> {
        Ok(format!("SELECT {} FROM {}", expressions.join(", "), self.write_origin(extraction)?))
    }

    /// What is asked of `system` for these columns.
    pub(crate) fn write_request(
        self,
        system: &str,
        extraction: &SqlExtraction,
        count_rows: bool,
        columns: &[String],
    ) -> Result<SqlRequest, SourceError> {
        let (places, quoted) = self.quote_columns(columns)?;
        let count =
            count_rows.then(|| self.write_select(extraction, &["count(*)".to_string()])).transpose()?;
        let select = self.write_select(extraction, &quoted)?;
        Ok(SqlRequest { place: name_extraction(system, extraction), select, count, quoted, places })
    }

    /// The quoted columns, each once: where each is in the result, and the expressions.
    fn quote_columns(self, columns: &[String]) -> Result<(Vec<usize>, Vec<String>), SourceError> {
        let distinct: Vec<&String> = columns.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let quoted = distinct.iter().map(|name| self.quote_name(name)).collect::<Result<_, _>>()?;
        let place = |name: &String| distinct.iter().position(|known| *known == name).unwrap_or_default();
        Ok((columns.iter().map(place).collect(), quoted))
    }
}

/// The query without the semicolons and blanks at its end.
pub(crate) fn strip_semicolon(query: &str) -> &str {
    query.trim_end_matches(|c: char| c == ';' || c.is_whitespace())
}

/// How a query is called in messages: by its table, or as the policy's.
pub(crate) fn name_extraction(system: &str, extraction: &SqlExtraction) -> String {
    match extraction {
        SqlExtraction::Query(_) => format!("{system}, the policy's query"),
        SqlExtraction::Table { schema: Some(schema), table, .. } => {
            format!("{system}, table {schema}.{table}")
        }
        SqlExtraction::Table { schema: None, table, .. } => format!("{system}, table {table}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALECT: SqlDialect = SqlDialect { open: '"', close: '"', longest_name: 63 };

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let quoted = DIALECT.quote_name("a\" FROM x; DROP TABLE y; --").unwrap();
        assert_eq!(quoted, "\"a\"\" FROM x; DROP TABLE y; --\"");
        for name in ["", "a\0b", &"x".repeat(64)] {
            assert!(DIALECT.quote_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_query_becomes_a_subquery() {
        let query = SqlExtraction::Query("SELECT 1 AS a -- one ;".to_string());
        let text = DIALECT.write_select(&query, &["\"a\"".to_string()]).unwrap();
        assert_eq!(text, "SELECT \"a\" FROM (\nSELECT 1 AS a -- one\n) portcullis_rows");
    }

    #[test]
    fn a_column_that_two_fields_read_is_asked_for_once() {
        let columns = ["b", "a", "b"].map(String::from);
        let (places, quoted) = DIALECT.quote_columns(&columns).unwrap();
        assert_eq!((places, quoted), (vec![1, 0, 1], vec!["\"a\"".to_string(), "\"b\"".to_string()]));
    }
}
