//! A strict reader of CSV (RFC 4180), as a spreadsheet would read it with one separator or another.

/// The rows of a text whose cells are all in quotes.
pub fn read(text: &str) -> Vec<Vec<String>> {
    assert!(text.ends_with("\r\n"), "the last row has no end");
    let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
    while !rest.is_empty() {
        let (cell, after) = read_cell(rest);
        row.push(cell);
        rest = match after.strip_prefix(',') {
            Some(more) => more,
            None => {
                rows.push(std::mem::take(&mut row));
                after.strip_prefix("\r\n").expect("a cell ends with a comma or the row")
            }
        };
    }
    rows
}

fn read_cell(text: &str) -> (String, &str) {
    let inside = text.strip_prefix('"').expect("a cell is in quotes");
    let mut cell = String::new();
    let mut rest = inside;
    loop {
        let end = rest.find('"').expect("a cell is closed");
        cell.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                cell.push('"');
                rest = more;
            }
            None => return (cell, rest),
        }
    }
}

/// Does no spreadsheet take the cell, or a part of it that another separator would make a cell, for a formula?
pub fn is_harmless(cell: &str) -> bool {
    let plain = |part: &str| {
        !part
            .trim_start_matches([' ', '"'])
            .starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
    };
    !cell.contains(['\n', '\r', '\t']) && cell.split([';', ',', '|']).all(plain)
}

#[test]
fn formulas_are_seen() {
    assert!(
        !is_harmless("=1")
            && !is_harmless("a;=1")
            && !is_harmless(" \"@x")
            && is_harmless("'=1")
            && is_harmless("a=1")
    );
}
