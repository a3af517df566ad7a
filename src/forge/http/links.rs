//! The `Link` header between the pages of a list (RFC 8288), in every form that the standard gives
//! it.

use crate::http::address::{Origin, resolve_beside};
use crate::http::transport::Response;

/// Why the `Link` header of an answer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkError(String);

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Into<String>> From<T> for LinkError {
    fn from(reason: T) -> Self {
        LinkError(reason.into())
    }
}

/// The targets that a list needs, made whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    pub next: Option<String>,
    pub last: Option<String>,
}

impl Links {
    /// The links of an answer that came from this address. Without the header the list has one
    /// page.
    ///
    /// # Errors
    /// A header that is not what the standard says, or two different answers to what comes next.
    pub fn of(url: &str, response: &Response) -> Result<Links, LinkError> {
        let mut links = Links::default();
        Origin::of(url).ok_or("the list has no address")?;
        for (_, header) in response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link")) {
            let mut rest = Scanner { text: header };
            while let Some(link) = rest.link()? {
                links.add(url, &link)?;
            }
        }
        Ok(links)
    }

    fn add(&mut self, url: &str, link: &Link) -> Result<(), LinkError> {
        // Only the first `rel` counts; it may name several relations (RFC 8288, section 3.3).
        let relation = link.parameters.iter().find(|(name, _)| name == "rel").map_or("", |(_, value)| value);
        for name in relation.split_ascii_whitespace() {
            let place = match name.to_ascii_lowercase().as_str() {
                "next" => &mut self.next,
                "last" => &mut self.last,
                _ => continue,
            };
            if link.parameters.iter().any(|(name, _)| name == "anchor") {
                return Err(format!("the link `{name}` is of another list").into());
            }
            let target = resolve_beside(url, &link.target).ok_or("a target cannot be made whole")?;
            if place.as_ref().is_some_and(|known| *known != target) {
                return Err(format!("there are two different links `{name}`").into());
            }
            *place = Some(target);
        }
        Ok(())
    }
}

struct Link {
    target: String,
    /// Names in lower case, in their order.
    parameters: Vec<(String, String)>,
}

/// Reads `#( "<" target ">" *( ";" name [ "=" ( token / quoted ) ] ) )`, with white space wherever
/// it may be.
struct Scanner<'t> {
    text: &'t str,
}

impl Scanner<'_> {
    fn skip(&mut self, what: &[char]) {
        self.text = self.text.trim_start_matches(what);
    }

    fn takes(&mut self, symbol: char) -> bool {
        self.skip(&[' ', '\t']);
        let rest = self.text.strip_prefix(symbol);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    /// The next link; empty elements of the list are passed over.
    fn link(&mut self) -> Result<Option<Link>, LinkError> {
        self.skip(&[' ', '\t', ',']);
        if self.text.is_empty() {
            return Ok(None);
        }
        if !self.takes('<') {
            return Err("a link does not begin with `<`".into());
        }
        let (target, rest) = self.text.split_once('>').ok_or("a link does not end with `>`")?;
        let target = target.trim().to_string();
        self.text = rest;
        let mut parameters = Vec::new();
        while self.takes(';') {
            parameters.extend(self.parameter()?);
        }
        self.skip(&[' ', '\t']);
        if self.text.is_empty() || self.text.starts_with(',') {
            return Ok(Some(Link { target, parameters }));
        }
        Err("there is something between two links".into())
    }

    /// `None` for nothing between two semicolons.
    fn parameter(&mut self) -> Result<Option<(String, String)>, LinkError> {
        let name = self.token().to_ascii_lowercase();
        if !self.takes('=') {
            return Ok((!name.is_empty()).then_some((name, String::new())));
        }
        if name.is_empty() {
            return Err("a parameter of a link has no name".into());
        }
        let value = if self.takes('"') { self.quoted()? } else { self.token() };
        Ok(Some((name, value)))
    }

    fn token(&mut self) -> String {
        self.skip(&[' ', '\t']);
        let end = self.text.find([' ', '\t', ';', ',', '=', '"', '<', '>']).unwrap_or(self.text.len());
        let (token, rest) = self.text.split_at(end);
        self.text = rest;
        token.to_string()
    }

    fn quoted(&mut self) -> Result<String, LinkError> {
        let mut value = String::new();
        let mut characters = self.text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.text = &self.text[at + 1..];
                    return Ok(value);
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                plain => value.push(plain),
            }
        }
        Err("a quoted text does not end".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://x.test/repos/o/r/pulls/7/reviews?per_page=100";
    const NEXT: &str = "https://x.test/repos/o/r/pulls/7/reviews?page=2";

    fn links(headers: &[&str]) -> Result<Links, LinkError> {
        let headers = headers.iter().map(|value| ("link".to_string(), value.to_string())).collect();
        Links::of(HERE, &Response { status: 200, headers, body: Vec::new() })
    }

    #[test]
    fn every_form_of_the_standard_names_the_next_page() {
        for header in [
            format!("<{NEXT}>; rel=\"next\""),
            format!("<{NEXT}>; rel=next"),
            format!("<{NEXT}>;rel=next"),
            format!("<{NEXT}> ; REL = NEXT"),
            format!("<{NEXT}>; Rel=\"NEXT\""),
            format!("<{NEXT}>; rel=\"prev next\""),
            format!("<{NEXT}>; title=\"a, b; <c> rel=last\"; rel=next"),
            format!("<{NEXT}>; title=\"\\\"\"; rel=next; rel=prev"),
            format!("<{NEXT}>; crossorigin; rel=\"next\";"),
            format!(", ,<https://x.test/?page=9,9>; rel=last,\t<{NEXT}>; rel=next ,"),
            "<?page=2>; rel=next".to_string(),
            "</repos/o/r/pulls/7/reviews?page=2>; rel=next".to_string(),
            "<reviews?page=2>; rel=next".to_string(),
        ] {
            assert_eq!(
                links(&[&header]).unwrap().next.as_deref().map(|it| it.replace(":443", "")),
                Some(NEXT.into()),
                "{header}"
            );
        }
        let two = ["<https://x.test/l>; rel=last", &format!("<{NEXT}>; rel=next")];
        assert_eq!(links(&two).unwrap().next.as_deref(), Some(NEXT));
        let once = format!("<{NEXT}>; rel=next");
        assert_eq!(links(&[&once, &once]).unwrap().next.as_deref(), Some(NEXT));
    }

    #[test]
    fn other_relations_name_no_next_page() {
        for header in [
            "",
            "<a>; rel=prev",
            "<a>",
            "<a>; rev=next",
            "<a>; rel=prev; rel=next",
            "<a>; title=\"rel=next\"",
            "<a>; rel=nextpage",
        ] {
            assert_eq!(links(&[header]), Ok(Links::default()), "{header}");
        }
        assert_eq!(links(&[]), Ok(Links::default()));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for header in [
            "next",
            "<a; rel=next",
            "<a>; rel=\"next",
            "<a>; =next",
            "<a> rel=next",
            "<a>; rel=next <b>",
            "<//evil.example.test/a>; rel=next",
            "<ftp://x.test/a>; rel=next",
            "<../a>; rel=next",
            "<a>; rel=next; anchor=\"#x\"",
            "<a?page=2>; rel=next, <a?page=3>; rel=next",
            "<>; rel=next",
        ] {
            assert!(links(&[header]).is_err(), "{header}");
        }
    }
}
