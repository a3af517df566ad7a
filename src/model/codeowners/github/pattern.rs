//! One pattern of CODEOWNERS, matched component by component.
//!
//! The matcher walks the pattern once and keeps the set of places in the path that it may have
//! reached, so no pattern can make it slow.

use std::collections::BTreeSet;

/// Why a text is no pattern of CODEOWNERS, in one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidOwnerPattern(pub(super) &'static str);

/// A pattern, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnerPattern {
    segments: Vec<Segment>,
    /// It ended with `/`: only what is below a match is meant.
    below: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`: any number of components.
    Any,
    /// One component.
    One(Vec<Token>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `?`
    Character,
    /// `*`
    Run,
}

impl OwnerPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, InvalidOwnerPattern> {
        if text.contains("***") {
            return Err(InvalidOwnerPattern("`***` means nothing; write `**/`"));
        }
        let body = text.strip_prefix('/').unwrap_or(text);
        let body = body.strip_suffix('/').unwrap_or(body);
        if body.is_empty() {
            return Ok(OwnerPattern { segments: Vec::new(), below: true });
        }
        let anchored = text.starts_with('/') || body.contains('/');
        let mut segments = if anchored { Vec::new() } else { vec![Segment::Any] };
        for part in body.split('/') {
            segments.push(Segment::new(part)?);
        }
        Ok(OwnerPattern { segments, below: text.ends_with('/') })
    }

    /// Does it mean this path?
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let Some((last, before)) = self.segments.split_last() else { return false };
        let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let start = BTreeSet::from([0]);
        let reached = before.iter().fold(start, |reached, segment| segment.step(&reached, &parts));
        match last {
            // `dir/**` is what is below `dir`.
            Segment::Any => reached.first().is_some_and(|first| *first < parts.len()),
            // `dir/*` is the direct children of `dir`, and not what is below those.
            Segment::One(tokens) if tokens[..] == [Token::Run] && !self.below => {
                reached.iter().any(|at| at + 1 == parts.len())
            }
            _ => last.step(&reached, &parts).iter().any(|end| !self.below || *end < parts.len()),
        }
    }
}

impl OwnerPattern {
    /// The first component of every path that it can match; `None` where that is not one name.
    pub(super) fn first_name(&self) -> Option<Vec<u8>> {
        let Some(Segment::One(tokens)) = self.segments.first() else { return None };
        let byte = |token: &Token| match token {
            Token::Byte(byte) => Some(*byte),
            Token::Character | Token::Run => None,
        };
        tokens.iter().map(byte).collect()
    }
}

impl Segment {
    fn new(part: &str) -> Result<Self, InvalidOwnerPattern> {
        const NOTHING_ESCAPED: InvalidOwnerPattern =
            InvalidOwnerPattern("a `\\` at the end of a component escapes nothing");
        if part == "**" {
            return Ok(Segment::Any);
        }
        let mut tokens = Vec::new();
        let mut bytes = part.bytes();
        while let Some(byte) = bytes.next() {
            tokens.push(match byte {
                b'*' => Token::Run,
                b'?' => Token::Character,
                b'\\' => Token::Byte(bytes.next().ok_or(NOTHING_ESCAPED)?),
                byte => Token::Byte(byte),
            });
        }
        Ok(Segment::One(tokens))
    }

    /// The places that may be reached from these places by this segment.
    fn step(&self, from: &BTreeSet<usize>, parts: &[&[u8]]) -> BTreeSet<usize> {
        match self {
            Segment::Any => from.first().map_or_else(BTreeSet::new, |first| (*first..=parts.len()).collect()),
            Segment::One(tokens) => {
                let fits = |at: &usize| parts.get(*at).is_some_and(|part| is_match(tokens, part));
                from.iter().filter(|at| fits(at)).map(|at| at + 1).collect()
            }
        }
    }
}

/// Matches one component. After a `*` only the last one has to be tried again: whatever an earlier
/// one could swallow, the last one can.
fn is_match(tokens: &[Token], text: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut retry = None;
    loop {
        match tokens.get(token) {
            Some(Token::Run) => {
                token += 1;
                retry = Some((token, at));
                continue;
            }
            None if at == text.len() => return true,
            Some(single) => {
                if let Some(width) = token_width(*single, &text[at..]) {
                    (token, at) = (token + 1, at + width);
                    continue;
                }
            }
            None => {}
        }
        let Some((after, from)) = retry.filter(|(_, from)| *from < text.len()) else { return false };
        (token, at) = (after, from + 1);
        retry = Some((after, from + 1));
    }
}

/// How many bytes a token other than `*` takes here; `None` when it does not fit.
fn token_width(token: Token, text: &[u8]) -> Option<usize> {
    match token {
        Token::Byte(byte) => (text.first() == Some(&byte)).then_some(1),
        Token::Character => {
            text.utf8_chunks().next().map(|chunk| chunk.valid().chars().next().map_or(1, char::len_utf8))
        }
        Token::Run => None,
    }
}
