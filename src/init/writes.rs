//! Lines that write to a store, and words that name personal data: patterns of lines that a policy
//! can hold. A pattern is a line of its table.

/// A pattern of lines, and what it finds.
#[derive(Debug)]
pub struct LineRule {
    /// What matches, in words.
    pub says: &'static str,
    /// The regular expression, as a policy writes it.
    pub pattern: &'static str,
}

const fn rule(says: &'static str, pattern: &'static str) -> LineRule {
    LineRule { says, pattern }
}

/// Writes to a store, in any language.
pub static WRITES: &[LineRule] = &[
    rule(
        "SQL that inserts",
        r"(?i)\b(insert|replace)\s+(ignore\s+)?into\s+[\w.\[\]{}$:%\x22`-]+\s*(\(|values\b|select\b|$)",
    ),
    rule(
        "SQL that deletes",
        r"(?i)\bdelete\s+from\s+[\w.\[\]{}$:%\x22`-]+\s*(where\b|using\b|;|\)|$)|\btruncate\s+table\s",
    ),
    rule("SQL that updates", r"(?i)\bupdate\s+\S+\s+set\s"),
    rule(
        "SQL that merges",
        r"(?i)\bmerge\s+into\s+[\w.\[\]{}$:%\x22`-]+(\s+as)?(\s+\w+)?\s*(\busing\b|$)|\bon\s+conflict\s*(\(|do\b|on\b)|\bon\s+duplicate\s+key\b",
    ),
    rule("SQL that changes tables", r"(?i)\b(alter|drop)\s+table\s"),
    rule(
        "writes of many records",
        r"\b(bulk_create|bulk_update|bulk_save_objects|bulk_insert_mappings|executemany|insert_all!?|upsert_all|insertMany|createMany|updateMany|deleteMany|saveAll|bulkCreate|bulkWrite|BulkInsert)\b",
    ),
    rule(
        "tables written by data frames",
        r"\.to_sql\([^)]|\.(to_gbq|to_parquet|saveAsTable|insertInto|write_pandas)\b|\.write\.(format|mode|parquet|jdbc|saveAsTable)\b",
    ),
    rule(
        "objects written to a cloud store",
        r"\b(put_object|upload_fileobj|upload_file|PutObject|PutItem|put_item|batch_writer|PutObjectCommand)\b",
    ),
];

/// Names of fields that look like personal data. A part that is short is held apart from other
/// letters, and the others may be part of a longer name.
pub static PERSONAL: &[LineRule] = &[
    rule("dates of birth", r"(?i)date_?of_?birth|birth_?(date|day)|(^|[^a-z])dob([^a-z]|$)"),
    rule(
        "numbers of identity",
        r"(?i)national_?insurance|(^|[^a-z])(nino|ssn)([^a-z]|$)|social_?security|passport_?(no|num)|driving_?licen[cs]e|tax_?payer_?id|national_?id([^a-z]|$)",
    ),
    rule(
        "names of people",
        r"(?i)(first|last|full|middle|maiden|family|given)_?name|(^|[^a-z])(surname|forename)",
    ),
    rule(
        "addresses of people",
        r"(?i)post_?code|zip_?code|(^|[^a-z])street_?(address|name)|(home|billing|shipping|postal)_?address|address_?line",
    ),
    rule(
        "telephone numbers",
        r"(?i)(phone|mobile|telephone)_?(no|num)|(^|[^a-z])(phone|telephone)([^a-z]|$)",
    ),
    rule("e-mail addresses", r"(?i)e_?mail_?addr|(^|[^a-z])e?mail([^a-z]|$)"),
    rule(
        "accounts of money",
        r"(?i)(^|[^a-z])iban([^a-z]|$)|sort_?code([^a-z]|$)|(credit_?card|card)_?num|bank_?account",
    ),
    rule(
        "health",
        r"(?i)nhs_?num|(^|[^a-z])(diagnosis|diagnoses|medication|blood_?type)([^a-z]|$)|patient_?id|medical_?record",
    ),
    rule(
        "origin, belief and life",
        r"(?i)(^|[^a-z])(ethnicity|religion|nationality|sexual_?orientation|gender|marital_?status|trade_?union)([^a-z]|$)",
    ),
    rule(
        "offences",
        r"(?i)(^|[^a-z])(offences?|convictions?)([^a-z]|$)|(suspect|offender|nominal|custody)_?(id|ref|no|num)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use regex::bytes::Regex;

    fn found(rules: &[LineRule], line: &str) -> Vec<&'static str> {
        let matches = |rule: &&LineRule| Regex::new(rule.pattern).unwrap().is_match(line.as_bytes());
        rules.iter().filter(matches).map(|rule| rule.says).collect()
    }

    #[test]
    fn writes_are_told_from_what_only_looks_so() {
        assert_eq!(found(WRITES, "  INSERT INTO records VALUES (1)"), ["SQL that inserts"]);
        assert_eq!(found(WRITES, "UPDATE records SET a = 1"), ["SQL that updates"]);
        assert_eq!(found(WRITES, "Order.objects.bulk_create(orders)"), ["writes of many records"]);
        assert_eq!(found(WRITES, "frame.write.mode('append').parquet(p)"), ["tables written by data frames"]);
        for line in [
            "insert the coin",
            "insert into the jar of cookies",
            "// deleted from here",
            "update set",
            "SELECT * FROM t",
            "write.table",
        ] {
            assert!(found(WRITES, line).is_empty(), "{line}");
        }
    }

    #[test]
    fn names_of_fields_are_found_in_each_spelling() {
        for (line, says) in [
            ("customer_date_of_birth DATE", "dates of birth"),
            ("dateOfBirth: Date", "dates of birth"),
            ("self.dob = x", "dates of birth"),
            ("lastName = data.get('last_name')", "names of people"),
            ("private String nhsNumber;", "health"),
            ("iban VARCHAR(34)", "accounts of money"),
        ] {
            assert_eq!(found(PERSONAL, line), [says], "{line}");
        }
        for line in ["adobe = 1", "sessions", "filename = x", "genders_table_x", "address = 0x10"] {
            assert!(found(PERSONAL, line).is_empty(), "{line}: {:?}", found(PERSONAL, line));
        }
    }

    #[test]
    fn a_pattern_says_what_it_finds_once() {
        let all: std::collections::BTreeSet<_> =
            WRITES.iter().chain(PERSONAL).map(|rule| rule.says).collect();
        assert_eq!(all.len(), WRITES.len() + PERSONAL.len());
    }
}
