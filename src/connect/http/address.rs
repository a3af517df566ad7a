//! Addresses of pages: which are accepted, and how they show in messages.

use crate::failure::fail;
use portcullis_model::reconciliation::connector::database::is_loopback;
use portcullis_reconcile::source::SourceError;
use ureq::http::Uri;

/// HTTPS, or HTTP on this machine alone; no account in the address.
pub(super) fn check_address(url: &str, place: &str) -> Result<(), SourceError> {
    let uri: Option<Uri> = url.parse().ok();
    let scheme = uri.as_ref().and_then(Uri::scheme_str);
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let authority = uri.as_ref().and_then(Uri::authority).map_or("@", |authority| authority.as_str());
    let is_accepted = match scheme {
        Some("https") => !host.is_empty(),
        Some("http") => is_loopback(host),
        _ => false,
    };
    if is_accepted && !authority.contains('@') {
        return Ok(());
    }
    Err(fail(
        place,
        "The address has to begin with `https://`, or with `http://` on this machine, and holds no account.",
        "Correct `url`, and name the place of the token or password in `credential`.",
    ))
}

/// The address without its query, which may hold a token.
pub(super) fn show_address(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let shown = &url[..end];
    // What comes before an `@` may be a password.
    let account = shown.find("://").map(|at| at + 3).zip(shown.rfind('@'));
    match account.filter(|(start, end)| start < end) {
        Some((start, end)) => format!("{}{}", &shown[..start], &shown[end + 1..]),
        None => shown.to_string(),
    }
}

/// The address with one more parameter, whose value is escaped.
pub(super) fn append_parameter(url: &str, name: &str, value: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{}={}", escape_part(name), escape_part(value))
}

/// RFC 3986: everything but unreserved characters.
fn escape_part(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// The address that a page gave, if it is of the first page's scheme, host and port: a token is sent
/// nowhere else.
pub(super) fn stay_on_host(first: &str, target: &str) -> Option<String> {
    let uri: Uri = first.parse().ok()?;
    let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
    let address = match target.strip_prefix('/') {
        Some(rest) if !rest.starts_with(['/', '\\']) => format!("{origin}{target}"),
        Some(_) => return None,
        None => target.to_string(),
    };
    let there: Uri = address.parse().ok()?;
    let is_same = there.scheme() == uri.scheme() && there.authority() == uri.authority();
    is_same.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encrypted_or_local() {
        for url in ["https://api.test/v1", "http://127.0.0.1:8080/", "http://localhost/x", "http://[::1]:80/"]
        {
            assert!(check_address(url, url).is_ok(), "{url}");
        }
        for url in [
            "http://api.test/",
            "ftp://api.test/",
            "api.test",
            "",
            "https://",
            "https://me:SECRET@api.test/",
            "http://localhost.evil.test/",
            "http://127.0.0.1@evil.test/",
            "file:///etc/passwd",
            "/v1",
        ] {
            assert!(check_address(url, "x").is_err(), "{url}");
        }
    }

    #[test]
    fn messages_show_no_query_and_no_account() {
        assert_eq!(show_address("https://api.test/v1?token=SECRET"), "https://api.test/v1");
        assert_eq!(show_address("https://me:SECRET@api.test/v1#x"), "https://api.test/v1");
    }

    #[test]
    fn a_token_is_a_value_and_nothing_else() {
        let next = append_parameter("https://api.test/v1?size=5#x", "page", "a&b=/é#");
        assert_eq!(next, "https://api.test/v1?size=5&page=a%26b%3D%2F%C3%A9%23");
    }

    #[test]
    fn the_next_page_is_on_the_same_host() {
        let first = "https://api.test/v1?page=1";
        assert_eq!(stay_on_host(first, "/v1?page=2").as_deref(), Some("https://api.test/v1?page=2"));
        let absolute = "https://api.test/other";
        assert_eq!(stay_on_host(first, absolute).as_deref(), Some(absolute));
        for target in [
            "https://evil.test/",
            "http://api.test/",
            "//evil.test/",
            "/\\evil.test/",
            "https://api.test:444/",
            "https://api.test@evil.test/",
            "x",
            "",
        ] {
            assert_eq!(stay_on_host(first, target), None, "{target}");
        }
    }
}
