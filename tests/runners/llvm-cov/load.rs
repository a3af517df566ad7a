//! Loads records.

/// Counts what it holds, and keeps it sorted.
pub struct Loader<Row> {
    limit: usize,
    rows: Vec<Row>,
}

impl<Row: Ord + Clone> Loader<Row> {
    /// Takes so many.
    pub fn new(limit: usize) -> Self {
        Loader { limit, rows: Vec::new() }
    }

    /// Adds one; `false` when it is full.
    pub fn add(&mut self, row: Row) -> bool {
        if self.rows.len() >= self.limit {
            return false;
        }
        self.rows.push(row);
        self.rows.sort();
        true
    }

    /// The last one.
    pub fn newest(&self, otherwise: Row) -> Row {
        self.rows.last().cloned().unwrap_or(otherwise)
    }
}

/// Those that hold what is asked for.
pub fn kept<Row>(rows: Vec<Row>, asked: impl Fn(&Row) -> bool) -> Vec<Row> {
    rows.into_iter().filter(|row| asked(row)).collect()
}
