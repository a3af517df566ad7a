//! A read-back API: pages, tokens, rates, and answers that are none.

use super::reading::{Extracted, assert_names, extract_with, text};
use jiff::SignedDuration;
use portcullis_model::reconciliation::connector::{
    HttpCredential, HttpPaging, HttpSettings, MemberPath, SecretPlace,
};
use portcullis_model::reconciliation::{ConnectorSettings, Isolation};
use portcullis_reconcile::source::{RawValue, SourceError};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// An API of one answer a request, in this order; it tells what it was asked.
fn serve(answers: Vec<String>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (told, asked) = channel();
    thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut request = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            while lines.read_line(&mut request).unwrap_or(0) > 2 {}
            let _ = stream.write_all(answer.as_bytes());
            let _ = told.send(request);
        }
    });
    (address, asked)
}

fn answer(body: &str) -> String {
    answer_with("200 OK", "", body)
}

fn answer_with(status: &str, header: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{header}\r\n{body}", body.len())
}

fn settings(url: &str, paging: HttpPaging) -> HttpSettings {
    HttpSettings {
        rows: "/items".to_string(),
        members: MemberPath::Dots,
        paging,
        timeout: SignedDuration::from_secs(10),
        ..HttpSettings::of_url(url)
    }
}

fn by_token() -> HttpPaging {
    HttpPaging::Token { token: "/next".to_string(), parameter: "after".to_string() }
}

fn read(settings: HttpSettings) -> Result<Extracted, SourceError> {
    let environment = |name: &str| (name == "TOKEN").then(|| "SECRET-token".to_string());
    extract_with(&ConnectorSettings::Http(settings), &["id", "p.n"], Path::new("/"), &environment)
}

#[test]
fn pages_follow_their_tokens() {
    let (url, asked) = serve(vec![
        answer(r#"{"total": 3, "items": [{"id": 9007199254740993, "p": {"n": "Zoë"}}], "next": "a/b"}"#),
        answer(r#"{"total": 3, "items": [], "next": 7}"#),
        answer(r#"{"total": 3, "items": [{"id": 2}, {"id": 3}], "next": null}"#),
    ]);
    let credential = HttpCredential {
        header: "Authorization".to_string(),
        prefix: "Bearer ".to_string(),
        secret: SecretPlace::Environment("TOKEN".to_string()),
    };
    let total = Some("/total".to_string());
    let paged = HttpSettings {
        credential: Some(credential),
        total,
        ..settings(&format!("{url}/v1?size=2"), by_token())
    };
    let extracted = read(paged).unwrap();
    let integer = RawValue::Integer;
    let rows = [
        [integer(9_007_199_254_740_993), text("Zoë")],
        [integer(2), RawValue::Null],
        [integer(3), RawValue::Null],
    ];
    assert_eq!(extracted.rows, rows);
    assert_eq!((extracted.isolation, extracted.announced), (Isolation::None, Some(3)));
    let asked: Vec<String> = asked.iter().collect();
    assert!(
        asked.iter().all(|request| request.to_lowercase().contains("authorization: bearer secret-token"))
    );
    assert!(
        asked[1].starts_with("GET /v1?size=2&after=a%2Fb ")
            && asked[2].starts_with("GET /v1?size=2&after=7 ")
    );
}

#[test]
fn pages_follow_addresses_links_and_numbers() {
    let page = |next: &str| answer(&format!(r#"{{"items": [{{"id": 1}}], "next": "{next}"}}"#));
    let (url, _) = serve(vec![page("/v1?page=2"), page("")]);
    let by_url = HttpPaging::NextUrl { next: "/next".to_string() };
    assert_eq!(read(settings(&url, by_url)).unwrap().rows.len(), 2);
    let body = r#"{"items": [{"id": 1}]}"#;
    let link = "Link: </first>; rel=\"first\", </v1?page=2>; rel=\"next\"\r\n";
    let (url, _) = serve(vec![answer_with("200 OK", link, body), answer(body)]);
    assert_eq!(read(settings(&url, HttpPaging::LinkHeader)).unwrap().rows.len(), 2);
    let (url, asked) = serve(vec![answer(body), answer(body), answer(r#"{"items": []}"#)]);
    let by_number = HttpPaging::Number { parameter: "page".to_string(), first: 1 };
    assert_eq!(read(settings(&url, by_number)).unwrap().rows.len(), 2);
    let asked: Vec<String> =
        asked.iter().map(|request| request.lines().next().unwrap().to_string()).collect();
    assert_eq!(asked, ["GET /?page=1 HTTP/1.1", "GET /?page=2 HTTP/1.1", "GET /?page=3 HTTP/1.1"]);
}

#[test]
fn a_page_that_is_none_is_never_an_end() {
    let first = answer(r#"{"items": [{"id": 1}], "next": "b"}"#);
    for (second, problem) in [
        (answer(r#"{"error": "SECRET"}"#), "array of records is not where"),
        (answer(r#"{"items": null}"#), "array of records is not where"),
        (answer(r#"{"items": {"id": 2}}"#), "array of records is not where"),
        (answer(r#"{"items": [1], "next": null}"#), "no JSON object"),
        (answer(r#"{"items": [{"id": 2}"#), "no JSON"),
        (answer(r#"{"items": [], "items": [{"id": 2}]}"#), "array of records is not where"),
        (answer(r#"{"items": [], "next": {"SECRET": 1}}"#), "is no text"),
        (answer(r#"{"items": [], "next": "b"}"#), "leads back"),
        (answer(""), "no JSON"),
        (answer_with("204 No Content", "", ""), "status 204"),
        (answer_with("302 Found", "Location: http://evil.test/\r\n", ""), "status 302"),
        (answer_with("401 Unauthorized", "", "SECRET"), "status 401"),
        (answer_with("429 Too Many Requests", "Retry-After: 9999\r\n", ""), "asks to wait 9999 seconds"),
        (
            answer(r#"{"items": [{"id": 2}]}"#).replace("Content-Length: 22", "Content-Length: 99"),
            "cannot be read",
        ),
    ] {
        let (url, _) = serve(vec![first.clone(), second]);
        assert_names(&read(settings(&url, by_token())).unwrap_err(), "page 2", problem);
    }
    let (url, _) = serve(vec![answer(r#"{"items": [], "next": "https://evil.test/"}"#)]);
    let by_url = HttpPaging::NextUrl { next: "/next".to_string() };
    assert_names(&read(settings(&url, by_url)).unwrap_err(), "page 1", "another host");
}

#[test]
fn an_api_that_asks_to_wait_is_waited_for() {
    let (url, _) = serve(vec![
        answer_with("429 Too Many Requests", "Retry-After: 0\r\n", ""),
        answer_with("503 Service Unavailable", "Retry-After: 1\r\n", ""),
        answer(r#"{"items": [{"id": 1}]}"#),
    ]);
    let start = std::time::Instant::now();
    assert_eq!(read(settings(&url, HttpPaging::OnePage)).unwrap().rows.len(), 1);
    assert!(start.elapsed() >= std::time::Duration::from_secs(1));
}

#[test]
fn pages_are_bounded_in_size_and_time() {
    let long = format!(r#"{{"items": [{{"id": "{}"}}]}}"#, "x".repeat(5000));
    let (url, _) = serve(vec![answer(&long)]);
    let small = HttpSettings { longest_page: 1000, ..settings(&url, HttpPaging::OnePage) };
    assert_names(&read(small).unwrap_err(), "page 1", "longer than 1000 bytes");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let timeout = SignedDuration::from_millis(300);
    let hurried = HttpSettings { timeout, ..settings(&silent, HttpPaging::OnePage) };
    assert_names(&read(hurried).unwrap_err(), "page 1", "in time");
}

#[test]
fn a_token_goes_through_no_open_network() {
    for url in ["http://api.test/v1", "https://me:SECRET@api.test/"] {
        assert_names(
            &read(settings(url, HttpPaging::OnePage)).unwrap_err(),
            "api.test",
            "has to begin with `https://`",
        );
    }
}
