//! Comma-separated values (RFC 4180) that no spreadsheet takes for formulas.

/// A table on its way.
pub struct Csv {
    text: String,
}

/// A field, quoted and harmless.
pub struct Field(String);

/// What spreadsheets take for the beginning of a formula.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

impl Field {
    /// A text. Where a spreadsheet would take it for a formula, an apostrophe comes first (OWASP,
    /// "CSV injection").
    pub fn text(text: &str) -> Field {
        let guard = if text.starts_with(FORMULAS) { "'" } else { "" };
        Field(format!("\"{guard}{}\"", text.replace('"', "\"\"")))
    }

    /// Several texts with spaces between them.
    pub fn list(texts: &[String]) -> Field {
        Field::text(&texts.join(" "))
    }
}

impl Csv {
    /// Begins with the names of the columns.
    pub fn new(columns: &[&str]) -> Csv {
        let mut csv = Csv { text: String::new() };
        csv.row(&columns.iter().map(|column| Field::text(column)).collect::<Vec<_>>());
        csv
    }

    /// Adds a row.
    pub fn row(&mut self, fields: &[Field]) {
        let fields: Vec<&str> = fields.iter().map(|field| field.0.as_str()).collect();
        self.text.push_str(&fields.join(","));
        self.text.push_str("\r\n");
    }

    /// The table.
    pub fn text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_and_quotes_are_text() {
        let mut csv = Csv::new(&["a"]);
        csv.row(&[
            Field::text("=HYPERLINK(\"x\")"),
            Field::text("a\nb,c"),
            Field::list(&["-1".into(), "2".into()]),
        ]);
        assert_eq!(csv.text(), "\"a\"\r\n\"'=HYPERLINK(\"\"x\"\")\",\"a\nb,c\",\"'-1 2\"\r\n");
    }
}
