//! Numbers of things, for every sentence that counts.

/// The number and the noun in its form: "1 file", "2 files". `noun` is a singular whose plural only
/// adds an "s".
pub fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
