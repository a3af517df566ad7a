//! Where the pages of a host are: for formats whose readers can follow a link.
//!
//! Every part of an address that comes from outside is written byte by byte, so that it names one
//! page of the repository that was judged and can lead nowhere else.

use super::{Context, escape, origin};
use portcullis_model::change::Revision;
use portcullis_model::decision::{Decision, Place};
use portcullis_model::id::RequestId;

/// The part of a URL between the repository and the item, on the pages of a kind of host.
struct PageWords {
    /// The kinds of host, as facts name them.
    kinds: &'static [&'static str],
    commit: &'static str,
    request: &'static str,
    file: &'static str,
}

impl PageWords {
    fn request_page(&self, repository: &str, request: &RequestId) -> String {
        format!("{repository}/{}/{}", self.request, escape::uri_path(request.to_string().as_bytes()))
    }
}

static TABLE: &[PageWords] = &[
    PageWords { kinds: &["github"], commit: "commit", request: "pull", file: "blob" },
    PageWords { kinds: &["gitlab"], commit: "-/commit", request: "-/merge_requests", file: "-/blob" },
    PageWords { kinds: &["gitea", "forgejo"], commit: "commit", request: "pulls", file: "src/commit" },
];

/// The page of a request, on a host of this kind; `None` where such hosts have none.
pub fn request_page(kind: &str, domain: &str, repository: &str, request: &RequestId) -> Option<String> {
    Some(find_words(kind)?.request_page(&format!("https://{domain}/{repository}"), request))
}

fn find_words(kind: &str) -> Option<&'static PageWords> {
    TABLE.iter().find(|words| words.kinds.contains(&kind))
}

/// The pages of the repository that was judged.
pub(super) struct HostPages<'d> {
    words: &'static PageWords,
    root: String,
    head: Option<&'d Revision>,
}

impl<'d> HostPages<'d> {
    /// `None` where the host, its domain or the repository is not known.
    pub(super) fn of(decision: &'d Decision, context: &Context<'_>) -> Option<Self> {
        let kind = context.facts?.whole().host.kind.as_str();
        let words = find_words(kind)?;
        let root = origin::repository_address(decision, context)?;
        Some(HostPages { words, root, head: decision.judged.head.as_ref() })
    }

    pub(super) fn repository(&self) -> String {
        self.root.clone()
    }

    pub(super) fn commit(&self, commit: &Revision) -> String {
        format!("{}/{}/{}", self.root, self.words.commit, escape::uri_path(commit.as_str().as_bytes()))
    }

    pub(super) fn request(&self, request: &RequestId) -> String {
        self.words.request_page(&self.root, request)
    }

    /// The file at the head, where the head is known.
    pub(super) fn file(&self, place: &Place) -> Option<String> {
        let head = escape::uri_path(self.head?.as_str().as_bytes());
        let path = escape::uri_path(place.path.as_bytes());
        let line = place.line.map_or_else(String::new, |line| format!("#L{line}"));
        Some(format!("{}/{}/{head}/{path}{line}", self.root, self.words.file))
    }
}

/// A link of Markdown. The text is Markdown already; the address has no character that ends it.
pub(super) fn markdown_link(text: &str, address: Option<String>) -> String {
    address.map_or_else(|| text.to_string(), |address| format!("[{text}]({address})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_host_has_pages_of_its_own() {
        let head = Revision::try_from("1a2b3c4d5e".repeat(4)).unwrap();
        let place = |path: &str, line| Place { path: path.into(), line };
        for (number, commit, request, file) in [
            (0, "commit", "pull", "blob"),
            (1, "-/commit", "-/merge_requests", "-/blob"),
            (2, "commit", "pulls", "src/commit"),
        ] {
            let root = "https://host.example.test/acme/upload".to_string();
            let pages = HostPages { words: &TABLE[number], root: root.clone(), head: Some(&head) };
            assert_eq!(pages.commit(&head), format!("{root}/{commit}/{head}"));
            assert_eq!(pages.request(&7.into()), format!("{root}/{request}/7"));
            let at = pages.file(&place("a b/(c).sql", Some(3))).unwrap();
            assert_eq!(at, format!("{root}/{file}/{head}/a%20b/%28c%29.sql#L3"));
            let away = pages.file(&place("../../x", None)).unwrap();
            assert_eq!(away, format!("{root}/{file}/{head}/..%2F..%2Fx"));
        }
    }
}
