//! The raw form of a commit.
//!
//! `tree`, then any number of `parent`, then `author` and `committer`, each on its own line, then
//! whatever else (`encoding`, `gpgsig`, `mergetag`; continued lines begin with a space), an empty
//! line, and the message. A `parent` line anywhere else is none: git reads only those that follow
//! the tree.

use git2::Oid;
use portcullis_model::person::Mailbox;
use std::collections::BTreeSet;

/// So many lines continue a trailer. What is folded further is no mailbox that a host could know.
const FOLDED: usize = 16;

/// What is wrong with the form of a commit, for a sentence: "it names no tree".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedCommit(pub &'static str);

/// The part of a commit that a walk needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its tree.
    pub tree: Oid,
    /// Its parents, in order.
    pub parents: Vec<Oid>,
    /// When it was committed, in seconds since 1970, by its own account; 0 when that cannot be
    /// read. Good for choosing what to read next, never for what is true.
    pub date: i64,
}

/// A whole commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawCommit {
    /// See [`Header`].
    pub header: Header,
    /// The author.
    pub author: Mailbox,
    /// The committer.
    pub committer: Mailbox,
    /// Every person whom a line `Co-authored-by:` names, without repetition.
    pub co_authors: Vec<Mailbox>,
    /// The first line of the message that is not blank.
    pub subject: String,
}

impl Header {
    /// Reads the head of a commit.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedCommit> {
        let (tree, mut rest) = name_after(bytes, b"tree ").ok_or(MalformedCommit("it names no tree"))?;
        let mut parents = Vec::new();
        while rest.starts_with(b"parent ") {
            let (parent, after) = name_after(rest, b"parent ")
                .ok_or(MalformedCommit("it names a parent that is no object name"))?;
            parents.push(parent);
            rest = after;
        }
        let date = header_field(header_lines(rest), b"committer ").and_then(date_of).unwrap_or(0);
        Ok(Header { tree, parents, date })
    }
}

/// The object name in a line that begins with `key`, and what follows the line.
fn name_after<'b>(bytes: &'b [u8], key: &[u8]) -> Option<(Oid, &'b [u8])> {
    let (hex, after) = bytes.strip_prefix(key)?.split_first_chunk::<40>()?;
    let rest = if after.is_empty() { after } else { after.strip_prefix(b"\n")? };
    Some((name_of(hex)?, rest))
}

fn name_of(hex: &[u8; 40]) -> Option<Oid> {
    let mut name = [0; 20];
    for (byte, pair) in name.iter_mut().zip(hex.as_chunks::<2>().0) {
        *byte = hex_digit(pair[0])? * 16 + hex_digit(pair[1])?;
    }
    Oid::from_bytes(&name).ok()
}

fn hex_digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        b'A'..=b'F' => Some(hex - b'A' + 10),
        _ => None,
    }
}

impl RawCommit {
    /// Reads a commit.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedCommit> {
        let header = Header::parse(bytes)?;
        let lines = || header_lines(bytes);
        let encoding = header_field(lines(), b"encoding ");
        let author = header_field(lines(), b"author ").ok_or(MalformedCommit("it names no author"))?;
        let committer =
            header_field(lines(), b"committer ").ok_or(MalformedCommit("it names no committer"))?;
        let message = decode_text(message_of(bytes), encoding);
        Ok(RawCommit {
            header,
            author: parse_signature(&decode_text(author, encoding)),
            committer: parse_signature(&decode_text(committer, encoding)),
            co_authors: co_authors(&message),
            subject: message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("").to_string(),
        })
    }
}

/// The author and the whole message of a commit, as text.
///
/// # Errors
/// It names no author.
pub fn author_and_message(bytes: &[u8]) -> Result<(Mailbox, String), MalformedCommit> {
    let lines = || header_lines(bytes);
    let encoding = header_field(lines(), b"encoding ");
    let author = header_field(lines(), b"author ").ok_or(MalformedCommit("it names no author"))?;
    let message = decode_text(message_of(bytes), encoding);
    Ok((parse_signature(&decode_text(author, encoding)), message))
}

fn header_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (line, after) = rest.split_at(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        (!line.is_empty()).then_some(line)
    })
}

fn header_field<'b>(mut lines: impl Iterator<Item = &'b [u8]>, key: &[u8]) -> Option<&'b [u8]> {
    lines.find_map(|line| line.strip_prefix(key))
}

fn date_of(signature: &[u8]) -> Option<i64> {
    let after = signature.rsplit(|b| *b == b'>').next()?;
    std::str::from_utf8(after).ok()?.split_whitespace().next()?.parse().ok()
}

fn message_of(bytes: &[u8]) -> &[u8] {
    let at = memchr::memmem::find(bytes, b"\n\n");
    at.and_then(|at| bytes.get(at + 2..)).unwrap_or_default()
}

/// UTF-8 unless the commit says Latin-1; what fits neither is replaced, never dropped.
fn decode_text(bytes: &[u8], encoding: Option<&[u8]>) -> String {
    let latin = [b"iso-8859-1".as_slice(), b"iso8859-1", b"latin1", b"latin-1"];
    if encoding.is_some_and(|name| latin.iter().any(|known| name.eq_ignore_ascii_case(known))) {
        return bytes.iter().map(|b| char::from(*b)).collect();
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// `Name <address> seconds zone`. Of several brackets everything between the outermost is the
/// address: git, hosts and people disagree which counts, so it shall be nobody's.
fn parse_signature(text: &str) -> Mailbox {
    let Some((name, rest)) = text.split_once('<') else {
        return Mailbox { name: text.trim().to_string(), email: String::new() };
    };
    let email = rest.rsplit_once('>').map_or(rest, |(email, _)| email);
    Mailbox { name: name.trim().to_string(), email: email.trim().to_string() }
}

/// Every line of the message that looks like a `Co-authored-by` trailer, wherever it is and
/// whatever quotes it: a co-author too many asks for one more look, a hidden one approves their own
/// work.
fn co_authors(message: &str) -> Vec<Mailbox> {
    let lines: Vec<&str> = message.split(['\n', '\r']).collect();
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for (at, line) in lines.iter().enumerate() {
        let Some(value) = parse_trailer(line) else { continue };
        let continues = |next: &&&str| next.starts_with([' ', '\t']) && parse_trailer(next).is_none();
        let folded = lines[at + 1..].iter().take(FOLDED).take_while(continues);
        let value = folded.fold(value.to_string(), |value, next| value + " " + next.trim());
        let mailbox = co_author(value.trim());
        if seen.insert(mailbox.clone()) {
            found.push(mailbox);
        }
    }
    found
}

fn parse_trailer(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (key, value) = line.split_once(':')?;
    key.trim_end().eq_ignore_ascii_case("co-authored-by").then_some(value)
}

/// Without brackets a word with an `@` inside is the address.
fn co_author(value: &str) -> Mailbox {
    if value.contains('<') {
        return parse_signature(value);
    }
    let address = value.split_whitespace().find(|word| word.find('@').is_some_and(|at| at > 0));
    Mailbox { name: value.to_string(), email: address.unwrap_or_default().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    const PARENT: &str = "1111111111111111111111111111111111111111";

    fn commit(headers: &str, message: &str) -> Vec<u8> {
        format!("tree {TREE}\n{headers}\n{message}").into_bytes()
    }

    fn plain(message: &str) -> RawCommit {
        let headers = "author Robin Example <robin@example.test> 5 +0000\ncommitter Kim Example <kim@example.test> 9 +0100\n";
        RawCommit::parse(&commit(headers, message)).unwrap()
    }

    fn emails(message: &str) -> Vec<String> {
        plain(message).co_authors.into_iter().map(|mailbox| mailbox.email).collect()
    }

    #[test]
    fn a_plain_commit() {
        let read = plain("\n Load records \n\nbody");
        assert_eq!(
            (read.author.name.as_str(), read.author.email.as_str()),
            ("Robin Example", "robin@example.test")
        );
        assert_eq!((read.committer.email.as_str(), read.header.date), ("kim@example.test", 9));
        assert_eq!(read.subject, "Load records");
    }

    #[test]
    fn only_parents_after_the_tree_are_parents() {
        let head = format!("parent {PARENT}\nauthor A <a> 1 +0000\nparent {TREE}\ncommitter A <a> 1 +0000\n");
        let header = Header::parse(&commit(&head, &format!("parent {TREE}"))).unwrap();
        assert_eq!(header.parents, [Oid::from_str(PARENT).unwrap()]);
        assert!(Header::parse(format!("parent {PARENT}\ntree {TREE}\n\n").as_bytes()).is_err());
        assert!(Header::parse(&commit("parent 11\n", "")).is_err());
    }

    #[test]
    fn a_commit_without_author_or_committer_is_none() {
        assert!(RawCommit::parse(&commit("committer A <a> 1 +0000\n", "m")).is_err());
        assert!(RawCommit::parse(&commit("author A <a> 1 +0000\n", "m")).is_err());
    }

    #[test]
    fn co_authors_are_found_wherever_they_hide() {
        for message in [
            "s\n\nCo-authored-by: Kim <kim@example.test>",
            "s\n\nco-AUTHORED-by : Kim <kim@example.test>\n\nlast paragraph",
            "Co-authored-by: Kim <kim@example.test>",
            "s\r\n\r\nCo-authored-by: Kim\r <kim@example.test>\r\n",
            "s\n\n> * Co-authored-by: Kim <kim@example.test>",
            "s\n\nCo-authored-by: Kim\n\t<kim@example.test>",
            "s\n\nCo-authored-by: Kim kim@example.test",
        ] {
            assert_eq!(emails(message), ["kim@example.test"], "{message:?}");
        }
        assert_eq!(emails("s\n\nCo-authored-by: @kim"), [""]);
        assert_eq!(emails("we talked of co-authored-by: lines"), Vec::<String>::new());
    }

    #[test]
    fn an_ambiguous_address_is_nobodys() {
        let headers = "author R <robin@example.test> <kim@example.test> 5 +0000\ncommitter nobody 7 +0000\n";
        let read = RawCommit::parse(&commit(headers, "m")).unwrap();
        assert_eq!(read.author.email, "robin@example.test> <kim@example.test");
        assert_eq!((read.committer.email.as_str(), read.header.date), ("", 0));
    }

    #[test]
    fn odd_bytes_and_latin_1_are_read() {
        let mut bytes =
            commit("author R\u{e9} <r> 5 +0000\ncommitter R <r> 5 +0000\nencoding ISO-8859-1\n", "x");
        assert_eq!(RawCommit::parse(&bytes).unwrap().author.name, "RÃ©");
        bytes.extend(b"\xe9");
        assert_eq!(RawCommit::parse(&bytes).unwrap().subject, "xé");
        let mut utf8 = commit("author R <r> 5 +0000\ncommitter R <r> 5 +0000\n", "x");
        utf8.extend(b"\xff");
        assert_eq!(RawCommit::parse(&utf8).unwrap().subject, "x\u{fffd}");
    }
}
