//! Entries that were changed, moved, made for another, or are old: none of them counts.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::AtomicI64;

static HOURS: AtomicI64 = AtomicI64::new(0);

fn noon() -> Timestamp {
    "2026-01-05T12:00:00Z".parse().unwrap()
}

fn later() -> Timestamp {
    noon() + SignedDuration::from_hours(HOURS.load(Ordering::SeqCst))
}

fn cache_in(
    place: &Path,
    key: &str,
    program: &str,
    repository: &str,
    clock: fn() -> Timestamp,
) -> AnswerCache {
    let owner = CacheOwner {
        program: program.to_string(),
        host: &portcullis_forge::github::KIND,
        repository: repository.to_string(),
        clock,
        complain: |_| (),
    };
    let folder = CacheFolder::open(place).unwrap();
    AnswerCache::of(folder, CacheKey::named(&key.repeat(32)).unwrap(), owner)
}

fn usual(place: &Path) -> AnswerCache {
    cache_in(place, "k", "1.0 (abc)", "o/n", noon)
}

fn question(path: &str) -> Request {
    let headers = [("accept", "json"), ("authorization", "Bearer a-secret-token")];
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_string())).to_vec();
    Request { url: format!("https://api.example.test/repos/o/n/{path}"), headers, body: None }
}

fn answer(body: &str) -> Response {
    let headers = [("content-type", "application/json"), ("set-cookie", "session=1"), ("etag", "x")];
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_string())).to_vec();
    Response { status: 200, headers, body: body.as_bytes().to_vec() }
}

const MERGED: &str = r#"{"number": 7, "merged_at": "2026-01-05T10:00:00Z", "state": "closed"}"#;

/// The one entry of a folder.
fn entry_in(place: &Path) -> PathBuf {
    let folders = std::fs::read_dir(place.join("answers")).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let found: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn body(found: Option<Response>) -> Option<String> {
    found.map(|found| String::from_utf8(found.body).unwrap())
}

#[test]
fn an_answer_about_what_is_over_is_kept_and_no_secret_of_it() {
    let place = tempfile::tempdir().unwrap();
    let cache = usual(place.path());
    assert_eq!(cache.find(&question("pulls/7")), None);
    cache.keep(&question("pulls/7"), &answer(MERGED));
    assert_eq!(body(usual(place.path()).find(&question("pulls/7"))), Some(MERGED.to_string()));
    let text = String::from_utf8(std::fs::read(entry_in(place.path())).unwrap()).unwrap();
    for secret in ["a-secret-token", "authorization", "session=1", "set-cookie", "kkkk"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let other = tempfile::tempdir().unwrap();
    let cache = usual(other.path());
    cache.keep(&question("pulls/7"), &answer(&MERGED.replace("\"number\"", "\"a-secret-token\"")));
    assert_eq!(cache.find(&question("pulls/7")), None, "the host repeated the token");
}

#[cfg(unix)]
#[test]
fn entries_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("cache");
    usual(&folder).keep(&question("pulls/7"), &answer(MERGED));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&entry_in(&folder)), mode(&folder)), (0o600, 0o700));
    let git = tempfile::tempdir().unwrap();
    CacheKey::of_clone(git.path()).unwrap();
    let key = git.path().join("portcullis/cache.key");
    assert_eq!(mode(&key), 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(CacheKey::of_clone(git.path()), Err(CacheFault::Unusable(_))), "others could read it");
}

#[test]
fn what_goes_on_refusals_and_lists_in_pages_are_not_kept() {
    let place = tempfile::tempdir().unwrap();
    let cache = usual(place.path());
    cache.keep(&question("pulls/7"), &answer(MERGED));
    let reviews = |query: &str| question(&format!("pulls/7/reviews?per_page=3{query}"));
    let list = r#"[{"id": 1}]"#;
    cache.keep(&reviews(""), &answer(list));
    assert_eq!(body(cache.find(&reviews(""))), Some(list.to_string()), "twin");
    let linked = |link: &str| {
        let mut found = answer(list);
        found.headers.push(("link".to_string(), link.to_string()));
        found
    };
    for (asked, given) in [
        (question("pulls/8"), answer(&MERGED.replace("closed", "open"))),
        (question("pulls/8/reviews"), answer(list)),
        (question("branches/main"), answer(MERGED)),
        (question("collaborators/kim/permission"), answer(r#"{"permission": "admin"}"#)),
        (reviews("&page=2"), answer(list)),
        (question("pulls/7/reviews?per_page=4"), linked("<https://x.test/?page=2>; rel=\"next\"")),
        (question("pulls/7/reviews?per_page=1"), answer(list)),
        (question("pulls/7/commits"), answer("no JSON")),
    ] {
        cache.keep(&asked, &given);
        assert_eq!(cache.find(&asked), None, "{}", asked.url);
    }
}

#[test]
fn an_entry_is_for_one_program_host_repository_question_and_key_alone() {
    let place = tempfile::tempdir().unwrap();
    usual(place.path()).keep(&question("pulls/7"), &answer(MERGED));
    let others = [
        cache_in(place.path(), "j", "1.0 (abc)", "o/n", noon),
        cache_in(place.path(), "k", "1.1 (abc)", "o/n", noon),
        cache_in(place.path(), "k", "1.0 (abd)", "o/n", noon),
        cache_in(place.path(), "k", "1.0 (abc)", "o/other", noon),
    ];
    for other in &others {
        assert_eq!(other.find(&question("pulls/7")), None);
    }
    let same = usual(place.path());
    let mut asked = question("pulls/7");
    asked.headers.pop();
    assert_eq!(same.find(&asked), None, "without a token");
    let posted = Request { body: Some(b"{}".to_vec()), ..question("pulls/7") };
    assert_eq!(same.find(&posted), None);
    assert!(same.find(&question("pulls/7")).is_some(), "twin");
    // An entry in the place of another.
    same.keep(&question("pulls/9"), &answer(&MERGED.replace('7', "9")));
    let name = |path| same.place(&same.bound(&question(path)));
    std::fs::rename(name("pulls/9"), name("pulls/7")).unwrap();
    assert_eq!(same.find(&question("pulls/7")), None);
}

#[test]
fn an_answer_is_used_for_a_day_and_not_from_the_future() {
    let place = tempfile::tempdir().unwrap();
    let cache = cache_in(place.path(), "k", "1", "o/n", later);
    cache.keep(&question("pulls/7"), &answer(MERGED));
    for (hours, is_used) in [(0, true), (24, true), (25, false), (-1, false)] {
        HOURS.store(hours, Ordering::SeqCst);
        assert_eq!(cache.find(&question("pulls/7")).is_some(), is_used, "{hours}");
    }
}

#[test]
fn what_is_no_entry_is_no_answer() {
    let place = tempfile::tempdir().unwrap();
    let cache = usual(place.path());
    cache.keep(&question("pulls/7"), &answer(MERGED));
    let file = entry_in(place.path());
    let honest = std::fs::read(&file).unwrap();
    let found = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        cache.find(&question("pulls/7"))
    };
    for cut in [0, 1, 20, 84, honest.len() / 2, honest.len() - 1] {
        assert_eq!(found(&honest[..cut]), None, "cut at {cut}");
    }
    assert_eq!(found(&[&honest[..], b" "].concat()), None);
    assert_eq!(found(&vec![b'x'; 5 << 20]), None);
    assert!(found(&honest).is_some(), "twin");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert_eq!(cache.find(&question("pulls/7")), None);
    cache.keep(&question("pulls/7"), &answer(MERGED));
    std::fs::remove_dir(&file).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
        assert_eq!(cache.find(&question("pulls/7")), None);
    }
}

#[test]
fn a_full_cache_keeps_what_it_has_and_nothing_more() {
    let place = tempfile::tempdir().unwrap();
    let folder = CacheFolder::open_up_to(place.path(), 3 * 4096).unwrap();
    let written: Vec<bool> = (0..6)
        .map(|number| folder.write(&folder.place(&format!("{number:064x}")), b"entry").is_ok())
        .collect();
    assert_eq!(written, [true, true, true, false, false, false]);
    let again = CacheFolder::open_up_to(place.path(), 3 * 4096).unwrap();
    assert!(again.write(&again.place(&"a".repeat(64)), b"entry").is_err());
    assert_eq!(again.read(&again.place(&format!("{:064x}", 1))).as_deref(), Some(&b"entry"[..]));
}

/// As on a disk that is full: here a file is where a folder has to be made.
#[test]
fn what_cannot_be_written_is_not_kept_and_said_once() {
    use std::sync::atomic::AtomicUsize;
    static SAID: AtomicUsize = AtomicUsize::new(0);
    let place = tempfile::tempdir().unwrap();
    let cache = usual(place.path());
    for name in 0..=255_u8 {
        std::fs::write(place.path().join(format!("answers/{name:02x}")), "").unwrap();
    }
    fn count(_: &str) {
        SAID.fetch_add(1, Ordering::SeqCst);
    }
    let cache = AnswerCache { complain: count, ..cache };
    for number in 7..12 {
        cache.keep(&question(&format!("pulls/{number}")), &answer(MERGED));
        assert_eq!(cache.find(&question(&format!("pulls/{number}"))), None);
    }
    assert_eq!(SAID.load(Ordering::SeqCst), 1);
}

#[test]
fn a_folder_with_something_else_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("thesis.txt"), "mine").unwrap();
    assert!(matches!(CacheFolder::open(place.path()), Err(CacheFault::Misused(_))));
    assert!(matches!(CacheFolder::open(&place.path().join("thesis.txt")), Err(CacheFault::Misused(_))));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    let new = place.path().join("new/cache");
    assert!(CacheFolder::open(&new).is_ok() && CacheFolder::open(&new).is_ok(), "twin");
}

proptest! {
    /// Whatever byte is changed, in whatever way: the answer is the one that was kept, or none.
    #[test]
    fn no_wrong_byte_counts(at in 0.0_f64..1.0, bits in 1_u8..=255) {
        let place = tempfile::tempdir().unwrap();
        let cache = usual(place.path());
        cache.keep(&question("pulls/7"), &answer(MERGED));
        let file = entry_in(place.path());
        let mut bytes = std::fs::read(&file).unwrap();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] ^= bits;
        std::fs::write(&file, bytes).unwrap();
        prop_assert_eq!(cache.find(&question("pulls/7")), None);
    }
}
