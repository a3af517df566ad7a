//! One pattern of GitLab's CODEOWNERS, as Ruby's `File.fnmatch` reads it with `FNM_PATHNAME` and
//! `FNM_DOTMATCH`, after what GitLab adds to it.
//!
//! Each component is matched by the set of places in the pattern that may have been reached, so
//! that no pattern can make it slow.

/// A pattern, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GitlabPattern(Vec<Component>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Component {
    /// `**/`: any number of directories.
    Directories,
    /// One name.
    Name(Vec<Token>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    One(char),
    /// `?`
    Character,
    /// `*`
    Run,
    /// `[…]`: ranges, and whether the others are meant.
    Set(Vec<(char, char)>, bool),
}

impl GitlabPattern {
    /// Reads a pattern. Without a `/` at its beginning it matches at any depth; with one at its end
    /// it matches everything below.
    pub(super) fn new(text: &str) -> Self {
        let text = text.strip_prefix("\\#").map_or_else(|| text.to_string(), |rest| format!("#{rest}"));
        let anchored = if text.starts_with('/') { text } else { format!("/**/{text}") };
        let whole = if anchored.ends_with('/') { format!("{anchored}**/*") } else { anchored };
        let parts: Vec<&str> = whole.trim_start_matches('/').split('/').collect();
        let last = parts.len().saturating_sub(1);
        let component = |(index, part): (usize, &&str)| match *part {
            "**" if index < last => Component::Directories,
            name => Component::Name(read_tokens(name)),
        };
        GitlabPattern(parts.iter().enumerate().map(component).collect())
    }

    /// Does it mean this path?
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        // The places in the pattern that the names so far may have led to.
        let mut reached = self.beyond_directories(vec![0]);
        for name in names {
            let mut next = Vec::new();
            for at in reached {
                match self.0.get(at) {
                    Some(Component::Directories) => next.push(at),
                    Some(Component::Name(tokens)) if matches_name(tokens, name) => next.push(at + 1),
                    _ => {}
                }
            }
            next.sort_unstable();
            next.dedup();
            reached = self.beyond_directories(next);
        }
        reached.contains(&self.0.len())
    }

    /// `**/` also stands for no directory at all.
    fn beyond_directories(&self, mut places: Vec<usize>) -> Vec<usize> {
        let mut index = 0;
        while let Some(at) = places.get(index).copied() {
            if self.0.get(at) == Some(&Component::Directories) && !places.contains(&(at + 1)) {
                places.push(at + 1);
            }
            index += 1;
        }
        places
    }
}

fn read_tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        tokens.push(match first {
            '?' => Token::Character,
            '*' => Token::Run,
            '\\' => {
                let escaped = rest.chars().next().unwrap_or('\\');
                rest = rest.strip_prefix(escaped).unwrap_or(rest);
                Token::One(escaped)
            }
            '[' => match read_set(rest) {
                Some((set, after)) => {
                    rest = after;
                    set
                }
                None => Token::One('['),
            },
            plain => Token::One(plain),
        });
    }
    tokens
}

/// The rest of `[…]`, and what is behind it; `None` where it does not end.
fn read_set(text: &str) -> Option<(Token, &str)> {
    let (inside, after) = text.split_once(']')?;
    let others = inside.strip_prefix(['!', '^']);
    let letters: Vec<char> = others.unwrap_or(inside).chars().filter(|letter| *letter != '\\').collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(from) = letters.get(at) {
        match (letters.get(at + 1), letters.get(at + 2)) {
            (Some('-'), Some(to)) => {
                ranges.push((*from, *to));
                at += 3;
            }
            _ => {
                ranges.push((*from, *from));
                at += 1;
            }
        }
    }
    (!ranges.is_empty()).then_some((Token::Set(ranges, others.is_some()), after))
}

fn matches_name(tokens: &[Token], name: &str) -> bool {
    let mut reached = beyond_runs(tokens, vec![0]);
    for letter in name.chars() {
        let mut next = Vec::new();
        for at in reached {
            match tokens.get(at) {
                Some(Token::Run) => next.push(at),
                Some(token) if takes(token, letter) => next.push(at + 1),
                _ => {}
            }
        }
        next.sort_unstable();
        next.dedup();
        reached = beyond_runs(tokens, next);
    }
    reached.contains(&tokens.len())
}

fn beyond_runs(tokens: &[Token], mut places: Vec<usize>) -> Vec<usize> {
    let mut index = 0;
    while let Some(at) = places.get(index).copied() {
        if tokens.get(at) == Some(&Token::Run) && !places.contains(&(at + 1)) {
            places.push(at + 1);
        }
        index += 1;
    }
    places
}

fn takes(token: &Token, letter: char) -> bool {
    match token {
        Token::One(own) => *own == letter,
        Token::Character => true,
        Token::Set(ranges, others) => {
            ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != *others
        }
        Token::Run => false,
    }
}
