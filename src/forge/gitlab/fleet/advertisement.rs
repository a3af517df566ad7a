//! The list of refs that a git server shows over smart HTTP before a fetch, in version 0 of the
//! protocol (gitprotocol-http, "Smart Server Response"; gitprotocol-pack, "Reference Discovery";
//! gitprotocol-common, "pkt-line Format").
//!
//! The list has an end of its own: one that stops before it is an error, and never a shorter list.

use std::collections::BTreeSet;

/// The longest line, its length included, in bytes.
const LONGEST: usize = 65520;

/// A ref and what it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AdvertisedRef<'b> {
    pub name: &'b [u8],
    /// The name of the object, in SHA-1 or SHA-256.
    pub object: &'b str,
    /// Is it a tag object, and no commit?
    pub is_tag: bool,
}

/// Why it is no such list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AdvertisementError(String);

impl std::fmt::Display for AdvertisementError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Into<String>> From<T> for AdvertisementError {
    fn from(reason: T) -> Self {
        AdvertisementError(reason.into())
    }
}

/// Reads a whole list, `HEAD` included. A repository without refs has an empty one.
///
/// # Errors
/// It is cut, more follows, or it is no such list.
pub(super) fn parse_advertisement(bytes: &[u8]) -> Result<Vec<AdvertisedRef<'_>>, AdvertisementError> {
    let mut lines = PktLines { rest: bytes };
    match lines.next()? {
        Some(b"# service=git-upload-pack") => (),
        _ => return Err("it does not announce git-upload-pack".into()),
    }
    if lines.next()?.is_some() {
        return Err("more than the service is announced".into());
    }
    let first = lines.next()?.ok_or("it names neither refs nor capabilities")?;
    let at = first.iter().position(|byte| *byte == 0).ok_or("the first line has no capabilities")?;
    let digits = object_digits(&first[at + 1..])?;
    let mut list = RefList { digits, refs: Vec::new(), names: BTreeSet::new() };
    let is_empty = list.is_without_refs(&first[..at]);
    if !is_empty {
        list.add(&first[..at])?;
    }
    while let Some(line) = lines.next()? {
        if is_empty {
            return Err("a list without refs has some".into());
        }
        list.add(line)?;
    }
    if lines.rest.is_empty() { Ok(list.refs) } else { Err("something follows the end of the list".into()) }
}

/// How many digits the names of objects have: by the capability `object-format`, SHA-1 without it.
fn object_digits(capabilities: &[u8]) -> Result<usize, AdvertisementError> {
    let words = capabilities.split(|byte| *byte == b' ');
    let formats: BTreeSet<&[u8]> = words.filter_map(|word| word.strip_prefix(b"object-format=")).collect();
    match formats.into_iter().collect::<Vec<_>>().as_slice() {
        [] | [b"sha1"] => Ok(40),
        [b"sha256"] => Ok(64),
        _ => Err("its names of objects have a form that is not known".into()),
    }
}

/// The lines of a list: each begins with its length, in four hexadecimal digits.
struct PktLines<'b> {
    rest: &'b [u8],
}

impl<'b> PktLines<'b> {
    /// The next line, without the line feed at its end; `None` for the end of a part.
    fn next(&mut self) -> Result<Option<&'b [u8]>, AdvertisementError> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or("it is cut before its end")?;
        let length = match read_length(digits).ok_or("a line has no length")? {
            0 => {
                self.rest = rest;
                return Ok(None);
            }
            // Those below have meanings that no list has.
            length if (5..=LONGEST).contains(&length) => length - 4,
            length => return Err(format!("a line has the length {length}").into()),
        };
        let (line, rest) = rest.split_at_checked(length).ok_or("it is cut within a line")?;
        self.rest = rest;
        match line.strip_prefix(b"ERR ") {
            Some(why) => {
                let why: String = String::from_utf8_lossy(why).trim_end().chars().take(200).collect();
                Err(format!("the git server says: {why}").into())
            }
            None => Ok(Some(line.strip_suffix(b"\n").unwrap_or(line))),
        }
    }
}

/// Four hexadecimal digits, and nothing else that a number may have.
fn read_length(digits: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    usize::from_str_radix(text, 16).ok()
}

/// The refs so far.
struct RefList<'b> {
    digits: usize,
    refs: Vec<AdvertisedRef<'b>>,
    names: BTreeSet<&'b [u8]>,
}

impl<'b> RefList<'b> {
    /// Does the first line say that there are no refs?
    fn is_without_refs(&self, line: &[u8]) -> bool {
        let rest = line.strip_suffix(b" capabilities^{}");
        rest.is_some_and(|object| object.len() == self.digits && object.iter().all(|byte| *byte == b'0'))
    }

    fn add(&mut self, line: &'b [u8]) -> Result<(), AdvertisementError> {
        let (object, name) = line.split_at_checked(self.digits).ok_or("a line names no object")?;
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let object = std::str::from_utf8(object).ok().filter(|_| object.iter().all(is_digit));
        let object = object.filter(|digits| digits.bytes().any(|digit| digit != b'0'));
        let object = object.ok_or("a line names no object")?;
        let name = name.strip_prefix(b" ").ok_or("a line names no ref")?;
        match name.strip_suffix(b"^{}") {
            Some(tag) => self.peel(tag),
            None => self.push(AdvertisedRef { name, object, is_tag: false }),
        }
    }

    fn push(&mut self, one: AdvertisedRef<'b>) -> Result<(), AdvertisementError> {
        let is_plain = one.name.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
        let is_head = one.name == b"HEAD" && self.refs.is_empty();
        if !is_plain || !(is_head || one.name.starts_with(b"refs/")) {
            return Err("a line names no ref".into());
        }
        if !self.names.insert(one.name) {
            return Err(format!("{} is named twice", String::from_utf8_lossy(one.name)).into());
        }
        self.refs.push(one);
        Ok(())
    }

    /// What a tag is of follows the tag.
    fn peel(&mut self, tag: &[u8]) -> Result<(), AdvertisementError> {
        match self.refs.last_mut() {
            Some(last) if last.name == tag && !last.is_tag => {
                last.is_tag = true;
                Ok(())
            }
            _ => Err("what a tag is of does not follow it".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPABILITIES: &str =
        "multi_ack side-band-64k symref=HEAD:refs/heads/main object-format=sha1 agent=git/2";

    fn line(text: &str) -> String {
        format!("{:04x}{text}", text.len() + 4)
    }

    fn list_with(lines: &[String]) -> String {
        let announced = line("# service=git-upload-pack\n");
        let lines: String = lines.iter().map(|text| line(text)).collect();
        format!("{announced}0000{lines}0000")
    }

    fn sha(digit: &str) -> String {
        digit.repeat(40)
    }

    fn honest() -> String {
        list_with(&[
            format!("{} HEAD\0{CAPABILITIES}\n", sha("1")),
            format!("{} refs/heads/main\n", sha("1")),
            format!("{} refs/portcullis/deployments/production\n", sha("2")),
            format!("{} refs/tags/v1\n", sha("3")),
            format!("{} refs/tags/v1^{{}}\n", sha("1")),
        ])
    }

    fn named(text: &str) -> Result<Vec<String>, AdvertisementError> {
        let refs = parse_advertisement(text.as_bytes())?;
        Ok(refs.iter().map(|one| String::from_utf8_lossy(one.name).into_owned()).collect())
    }

    #[test]
    fn a_whole_list_is_read() {
        let text = honest();
        let refs = parse_advertisement(text.as_bytes()).unwrap();
        let names = named(&text).unwrap();
        assert_eq!(
            names,
            ["HEAD", "refs/heads/main", "refs/portcullis/deployments/production", "refs/tags/v1"]
        );
        assert_eq!((refs[2].object, refs[2].is_tag), (sha("2").as_str(), false));
        assert!(refs[3].is_tag);
        // A line feed may be left out, and a length may have capitals.
        let bare = list_with(&[format!("{} refs/heads/main\0{CAPABILITIES}", sha("1"))]);
        assert_eq!(named(&bare).unwrap(), ["refs/heads/main"]);
        assert_eq!(named(&bare.replace("001e#", "001E#")).unwrap(), ["refs/heads/main"]);
    }

    #[test]
    fn objects_have_names_in_sha_1_or_sha_256() {
        let of = |digits: usize, format: &str| {
            named(&list_with(&[format!("{} refs/heads/main\0agent=x{format}\n", "1".repeat(digits))]))
        };
        assert!(of(40, "").is_ok() && of(40, " object-format=sha1").is_ok());
        assert!(of(64, " object-format=sha256").is_ok());
        for (digits, format) in [
            (64, ""),
            (64, " object-format=sha1"),
            (40, " object-format=sha256"),
            (40, " object-format=sha3"),
            (40, " object-format=sha1 object-format=sha256"),
            (39, ""),
        ] {
            assert!(of(digits, format).is_err(), "{digits}{format}");
        }
    }

    #[test]
    fn a_repository_without_refs_says_so() {
        let none = format!("{} capabilities^{{}}\0{CAPABILITIES}\n", sha("0"));
        assert_eq!(named(&list_with(std::slice::from_ref(&none))), Ok(Vec::new()));
        assert!(named(&list_with(&[none, format!("{} refs/heads/main\n", sha("1"))])).is_err());
        assert!(named(&list_with(&[])).is_err());
    }

    #[test]
    fn attack_a_list_that_is_cut_at_any_byte_is_no_shorter_list() {
        let text = honest();
        for end in 0..text.len() {
            assert!(named(&text[..end]).is_err(), "{end} of {}", text.len());
        }
        for more in ["0", "0000", "x", &text] {
            assert!(named(&format!("{text}{more}")).is_err(), "{more}");
        }
    }

    #[test]
    fn absurd_lengths_and_lines_are_refused() {
        let end = "0000";
        let begin = format!("{}0000", line("# service=git-upload-pack\n"));
        let first = line(&format!("{} refs/heads/main\0{CAPABILITIES}\n", sha("1")));
        assert!(named(&format!("{begin}{first}{end}")).is_ok());
        for length in
            ["0001", "0002", "0003", "0004", "ffff", "fff1", "+010", " 010", "-001", "zzzz", "00\u{e9}"]
        {
            assert!(named(&format!("{begin}{first}{length}{end}")).is_err(), "{length}");
        }
        for text in [
            format!("{} refs/heads/main\n", sha("1")),
            format!("{} refs/heads/a b\n", sha("1")),
            format!("{} refs/heads/a\0x\n", sha("1")),
            format!("{} HEAD\n", sha("1")),
            format!("{} heads/a\n", sha("1")),
            format!("{} refs/heads/a\n", sha("A")),
            format!("{} refs/heads/a\n", sha("0")),
            format!("{}\trefs/heads/a\n", sha("1")),
            format!("{} refs/tags/v1^{{}}\n", sha("1")),
            format!("shallow {}\n", sha("1")),
            "version 1\n".to_string(),
            "ERR access denied\n".to_string(),
            "\n".to_string(),
        ] {
            assert!(named(&format!("{begin}{first}{}{end}", line(&text))).is_err(), "{text}");
        }
        let said = named(&format!("{begin}{}{end}", line("ERR access denied\n"))).unwrap_err();
        assert_eq!(said.to_string(), "the git server says: access denied");
        for service in ["# service=git-receive-pack\n", "version 2\n", "# service=git-upload-pack x\n"] {
            assert!(named(&format!("{}0000{first}{end}", line(service))).is_err(), "{service}");
        }
    }
}
