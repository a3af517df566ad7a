//! Comma-separated values (RFC 4180) that no spreadsheet takes for formulas.

/// A table on its way.
pub struct Csv {
    text: String,
}

/// A field, quoted and harmless.
pub struct Field(String);

impl Field {
    /// A text, as [`quote_cell`] writes it.
    pub fn text(text: &str) -> Field {
        Field(quote_cell(text))
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

/// A cell in quotes, which no spreadsheet takes for a formula.
///
/// An apostrophe comes before the first character of a formula (OWASP, "CSV Injection"), also where
/// that follows a separator or a line break: a spreadsheet whose separator is not the comma ends
/// the cell there, whatever the quotes say.
pub fn quote_cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut at_start = true;
    out.push('"');
    for c in text.chars() {
        if at_start && is_formula_start(c) {
            out.push('\'');
        }
        at_start = matches!(c, ',' | ';' | '|' | '\n' | '\r') || at_start && matches!(c, ' ' | '"' | '\'');
        match c {
            '"' => out.push_str("\"\""),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The characters that begin a formula, with their full-width forms.
fn is_formula_start(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
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
        assert_eq!(quote_cell(" =1;@x\n\u{ff0b}y"), "\" '=1;'@x\n'\u{ff0b}y\"");
    }
}
