//! Which rule of a repository covers a branch.
//!
//! A name without special characters is compared without regard to case; every other one is a
//! pattern in the dialect of Go's `gobwas/glob` with `/` as its separator. One that is no pattern
//! stands for itself. Of the rules that match, one is in force: the server says which to whoever
//! may read the rules. Where it does not, it is the first by `priority`, or before servers had
//! that, a plain name before a pattern and the older before the newer one.

use super::wire::ProtectionRule;

/// The rule in force, by its name and its place among the others; `None` for none. The error: two
/// orders that servers use disagree.
pub(super) fn in_force<'r>(
    rules: &'r [ProtectionRule],
    branch: &str,
) -> Result<Option<&'r ProtectionRule>, ()> {
    let matching: Vec<&ProtectionRule> =
        rules.iter().filter(|rule| covers(&rule.rule_name, branch)).collect();
    let by_age = matching.iter().min_by_key(|rule| (!is_plain(&rule.rule_name), rule.created_at));
    let by_priority = matching.iter().min_by_key(|rule| rule.priority.unwrap_or(0));
    match (by_age, by_priority) {
        (Some(one), Some(other)) if one.rule_name != other.rule_name => Err(()),
        (first, _) => Ok(first.copied()),
    }
}

/// Does a rule of this name cover a branch?
pub(super) fn covers(name: &str, branch: &str) -> bool {
    if is_plain(name) {
        return name.to_lowercase() == branch.to_lowercase();
    }
    let (mut pattern, text) = (Vec::new(), branch.chars().collect::<Vec<char>>());
    match read_sequence(&mut name.chars().peekable(), &mut pattern, 0) {
        Ok(()) => matches(&pattern, &text),
        Err(()) => name == branch,
    }
}

fn is_plain(name: &str) -> bool {
    !name.contains(['*', '?', '\\', '[', ']', '{', '}'])
}

#[derive(Clone, Debug)]
enum Part {
    One(char),
    /// `?`: a character other than the separator.
    Any,
    /// `*`: a run without a separator.
    Run,
    /// `**`: any run.
    RunAcross,
    /// `[a-z]`, `[!abc]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `{a,b}`.
    Choice(Vec<Vec<Part>>),
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// How deep alternatives may be in each other.
const DEPTH: usize = 8;

/// Reads up to the end, or in an alternative up to `,` or `}`, which is left.
fn read_sequence(text: &mut Characters<'_>, parts: &mut Vec<Part>, depth: usize) -> Result<(), ()> {
    while let Some(next) = text.peek().copied() {
        if depth > 0 && matches!(next, ',' | '}') {
            return Ok(());
        }
        text.next();
        parts.push(match next {
            '\\' => Part::One(text.next().ok_or(())?),
            '?' => Part::Any,
            '*' if text.next_if_eq(&'*').is_some() => Part::RunAcross,
            '*' => Part::Run,
            '[' => read_class(text)?,
            '{' if depth < DEPTH => read_choice(text, depth + 1)?,
            '{' | '}' | ']' => return Err(()),
            plain => Part::One(plain),
        });
    }
    if depth == 0 { Ok(()) } else { Err(()) }
}

fn read_choice(text: &mut Characters<'_>, depth: usize) -> Result<Part, ()> {
    let mut choices = Vec::new();
    loop {
        let mut parts = Vec::new();
        read_sequence(text, &mut parts, depth)?;
        choices.push(parts);
        match text.next() {
            Some(',') => {}
            Some('}') => return Ok(Part::Choice(choices)),
            _ => return Err(()),
        }
    }
}

fn read_class(text: &mut Characters<'_>) -> Result<Part, ()> {
    let negated = text.next_if_eq(&'!').is_some();
    let mut ranges = Vec::new();
    loop {
        let first = match text.next().ok_or(())? {
            ']' if ranges.is_empty() => return Err(()),
            ']' => return Ok(Part::Class { negated, ranges }),
            '\\' => text.next().ok_or(())?,
            plain => plain,
        };
        let last = match text.next_if_eq(&'-') {
            Some(_) => text.next().filter(|last| *last != ']').ok_or(())?,
            None => first,
        };
        ranges.push((first, last));
    }
}

/// Does the whole text match?
fn matches(pattern: &[Part], text: &[char]) -> bool {
    advance(pattern, text, vec![true; 1].into_iter().chain(vec![false; text.len()]).collect())
        .last()
        .is_some_and(|reached| *reached)
}

/// From the places of the text that were reached to those that are reached behind the pattern. Each
/// part looks at each place once, so that no pattern takes longer than its length times the text's.
fn advance(pattern: &[Part], text: &[char], begun: Vec<bool>) -> Vec<bool> {
    let mut reached = begun;
    for part in pattern {
        reached = match part {
            Part::Run | Part::RunAcross => {
                let across = matches!(part, Part::RunAcross);
                let mut behind = reached;
                for (at, one) in text.iter().enumerate() {
                    if behind.get(at) == Some(&true) && (across || *one != '/') {
                        set(&mut behind, at + 1);
                    }
                }
                behind
            }
            Part::Choice(choices) => {
                let mut behind = vec![false; text.len() + 1];
                for choice in choices {
                    let ends = advance(choice, text, reached.clone());
                    ends.iter().enumerate().filter(|(_, is)| **is).for_each(|(at, _)| set(&mut behind, at));
                }
                behind
            }
            _ => {
                let mut behind = vec![false; text.len() + 1];
                for (at, one) in text.iter().enumerate() {
                    if reached.get(at) == Some(&true) && fits(part, *one) {
                        set(&mut behind, at + 1);
                    }
                }
                behind
            }
        };
    }
    reached
}

fn set(places: &mut [bool], at: usize) {
    if let Some(place) = places.get_mut(at) {
        *place = true;
    }
}

fn fits(part: &Part, one: char) -> bool {
    match part {
        Part::One(wanted) => *wanted == one,
        Part::Any => one != '/',
        Part::Class { negated, ranges } => {
            ranges.iter().any(|(first, last)| (*first..=*last).contains(&one)) != *negated
        }
        Part::Run | Part::RunAcross | Part::Choice(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern that went back at every star took a time without end.
    #[test]
    fn no_pattern_of_an_administrator_takes_longer_than_its_length() {
        let branch = "a".repeat(200);
        assert!(!covers(&format!("{}b", "*a".repeat(60)), &branch));
        assert!(!covers(&format!("{}b", "{a,a*}".repeat(60)), &branch));
        assert!(!covers(&format!("{}b", "{**,*,a}".repeat(60)), &branch));
        assert!(covers(&"*a".repeat(60), &branch), "the twin");
    }

    #[test]
    fn plain_names_ignore_case_and_patterns_do_not() {
        for (name, branch) in [
            ("main", "main"),
            ("Main", "MAIN"),
            ("release/*", "release/1"),
            ("release/**", "release/1/2"),
            ("**", "a/b"),
            ("r?", "r1"),
            ("v[0-9]", "v7"),
            ("v[!0-9]", "vx"),
            ("{main,next}", "next"),
            ("{release,{hot,bug}fix}/*", "hotfix/7"),
            (r"a\*", "a*"),
            ("v[", "v["),
            ("{main", "{main"),
        ] {
            assert!(covers(name, branch), "{name} {branch}");
        }
        for (name, branch) in [
            ("main", "main2"),
            ("release/*", "release/1/2"),
            ("release/*", "Release/1"),
            ("*", "a/b"),
            ("r?", "r/"),
            ("v[0-9]", "vx"),
            ("{main,next}", "other"),
            ("v[", "v"),
        ] {
            assert!(!covers(name, branch), "{name} {branch}");
        }
    }
}
