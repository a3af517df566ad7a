//! What the content of a change says, and which patterns it matches.

use crate::object::{Object, Objects};
use crate::tests::fixture::{EXECUTABLE, FILE, Files, Fixture, LINK, SUBMODULE, asking, known, name};
use crate::trust::CloneKind;
use git2::Oid;
use portcullis_model::change::{Content, FileChange, FileStatus, Nature, Side};
use portcullis_model::fact::{Fact, GapReason};
use portcullis_model::inquiry::Inquiry;

const PATTERN: &str = r"\bnominal_id\b";

fn content(file: &FileChange) -> &Content {
    file.content.value().unwrap()
}

fn places(file: &FileChange) -> Vec<(Side, Option<u64>)> {
    content(file).matches.iter().map(|found| (found.side, found.line)).collect()
}

fn edit(old: &[u8], new: &[u8]) -> FileChange {
    Fixture::new().edit(old, new, &[PATTERN])
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn only_changed_lines_of_an_edited_file_count() {
    let file = edit(b"nominal_id\na\nb\n", b"nominal_id\na\nc\n");
    assert_eq!((places(&file), content(&file).added, content(&file).removed), (vec![], 1, 1));
    let added = edit(b"a\nb\n", b"a\nx\nnominal_id = 1\nnominal_id = 2\nb\n");
    assert_eq!((places(&added), content(&added).added), (vec![(Side::Added, Some(3))], 3));
    let removed = edit(b"a\nnominal_id\r\nb\n", b"a\nb\n");
    assert_eq!(places(&removed), [(Side::Removed, Some(2))]);
}

#[test]
fn a_file_that_moves_is_searched_whole() {
    let fixture = Fixture::new();
    let (old, new) = (fixture.files(&[("a", "nominal_id\n2\n")]), fixture.files(&[("b", "nominal_id\n2\n")]));
    let files = fixture.between(&old, &new, &[PATTERN]);
    assert_eq!(files[0].status, FileStatus::Renamed);
    assert_eq!(places(&files[0]), [(Side::Removed, Some(1)), (Side::Added, Some(1))]);
    assert_eq!((content(&files[0]).added, content(&files[0]).removed), (0, 0));
}

#[test]
fn files_that_come_go_or_change_their_kind_are_searched_whole() {
    let fixture = Fixture::new();
    let blob = fixture.blob(b"1\nnominal_id");
    let file = |mode| Files::from([(b"f".to_vec(), (mode, blob))]);
    let search = |old: &Files, new: &Files| places(&fixture.between(old, new, &[PATTERN])[0]);
    let (removed, added) = ((Side::Removed, Some(2)), (Side::Added, Some(2)));
    assert_eq!(search(&Files::new(), &file(FILE)), [added]);
    assert_eq!(search(&file(FILE), &Files::new()), [removed]);
    assert_eq!(search(&file(FILE), &file(EXECUTABLE)), [removed, added]);
    assert_eq!(search(&file(FILE), &file(LINK)), [removed, added]);
}

#[test]
fn a_nul_byte_hides_nothing() {
    for place in [0, 20_000] {
        let new = [&b"x".repeat(place)[..], b"\0\nnominal_id\n"].concat();
        let file = edit(b"a\n", &new);
        assert_eq!(
            (content(&file).nature, places(&file)),
            (Nature::Binary, vec![(Side::Added, None)]),
            "{place}"
        );
    }
    let laced = edit(b"a\n", b"nominal\0_id\n");
    assert_eq!(places(&laced), [(Side::Added, None)]);
    let unchanged = edit(b"nominal_id\n\0a\n", b"nominal_id\n\0b\n");
    assert_eq!(places(&unchanged), [(Side::Removed, None), (Side::Added, None)]);
}

#[test]
fn utf_16_is_read_as_text() {
    let file = edit(&utf16("a\nb\n"), &utf16("a\nnominal_id\nb\n"));
    assert_eq!((content(&file).nature, places(&file)), (Nature::Text, vec![(Side::Added, Some(2))]));
    assert_eq!(content(&file).added, 1);
    let elsewhere = edit(&utf16("nominal_id\nb\n"), &utf16("nominal_id\nc\n"));
    assert_eq!(places(&elsewhere), []);
    let big: Vec<u8> = utf16("nominal_id\n").chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    assert_eq!(places(&edit(b"a\n", &big)), [(Side::Added, Some(1))]);
}

#[test]
fn a_new_encoding_changes_every_line() {
    let file = edit(b"a\nnominal_id\n", &utf16("a\nnominal_id\n"));
    assert_eq!(places(&file), [(Side::Removed, Some(2)), (Side::Added, Some(2))]);
}

#[test]
fn a_false_byte_order_mark_hides_nothing() {
    let plain = edit(b"a\n", b"\xff\xfe\nnominal_id\n..");
    assert_eq!(places(&plain)[0].0, Side::Added);
    let laced: Vec<u8> =
        b"\xff\xfe".iter().copied().chain(b"\nnominal_id\n".iter().flat_map(|b| [0, *b])).collect();
    assert_eq!(places(&edit(b"a\n", &laced))[0].0, Side::Added);
}

#[test]
fn pointers_submodules_and_giants_are_opaque() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 5\n";
    assert_eq!(content(&edit(b"nominal_id\n", pointer)).nature, Nature::Opaque);
    assert_eq!(places(&edit(b"nominal_id\n", pointer)), [(Side::Removed, Some(1))]);
    let long = [&pointer[..], &b"x".repeat(1024)].concat();
    assert_eq!(content(&edit(b"a\n", &long)).nature, Nature::Text);
    let fixture = Fixture::new();
    let submodule = Files::from([(b"s".to_vec(), (SUBMODULE, Oid::from_bytes(&[3; 20]).unwrap()))]);
    for patterns in [&[PATTERN][..], &[]] {
        let files = fixture.between(&Files::new(), &submodule, patterns);
        assert_eq!(content(&files[0]).nature, Nature::Opaque);
    }
    let giant = vec![b'\n'; crate::tree::SIZE_LIMIT + 1];
    assert_eq!(content(&edit(b"nominal_id\n", &giant)).nature, Nature::Opaque);
}

#[test]
fn a_missing_file_is_a_gap_of_its_own_content_only() {
    let fixture = Fixture::new();
    let base = fixture.commit(&fixture.files(&[("a", "1"), ("b", "1")]), &[]);
    let head = fixture.commit(&fixture.files(&[("a", "2"), ("b", "3")]), &[base]);
    fixture.remove(fixture.blob(b"2"));
    let change = known(fixture.open().change(&name(base), &name(head), &asking(&[PATTERN])));
    assert_eq!(change.files[0].content.known().unwrap_err().reason, GapReason::MissingObject);
    assert!(change.files[1].content.known().is_ok());
    let quiet = known(fixture.open().change(&name(base), &name(head), &Inquiry::default()));
    assert!(quiet.files[0].content.known().is_ok());
}

#[test]
fn a_pattern_that_is_none_is_a_gap_of_every_content() {
    let file = Fixture::new().edit(b"a", b"b", &["ok", "("]);
    assert!(matches!(&file.content, Fact::Gap(gap) if gap.what.contains('(')));
}

#[test]
fn a_second_thread_changes_no_answer() {
    let fixture = Fixture::new();
    let file =
        |n: u32, text: &str| (format!("d{}/f{n}", n % 7).into_bytes(), (FILE, fixture.blob(text.as_bytes())));
    let many = 700;
    let old: Files = (0..many).map(|n| file(n, &format!("nominal_id\n{n}\nb\n"))).collect();
    let new: Files = (0..many)
        .map(|n| file(n, &format!("nominal_id\nx\n{}\n", if n % 3 == 0 { "nominal_id" } else { "b" })))
        .collect();
    fixture.remove(fixture.blob(b"nominal_id\n555\nb\n"));
    let base = fixture.commit(&old, &[]);
    let head = fixture.commit(&new, &[base]);
    let (repository, inquiry) = (fixture.open(), asking(&[PATTERN]));
    let shared = known(repository.change(&name(base), &name(head), &inquiry)).files;
    assert_eq!(shared, repository.commit_files(&name(head), &inquiry).unwrap());
    assert_eq!(shared.len(), many as usize);
    assert_eq!(shared.iter().filter(|file| file.content.value().is_none()).count(), 1);
}

#[test]
fn a_blob_is_handed_out_up_to_a_size_wherever_it_lies() {
    let fixture = Fixture::new();
    let blob = fixture.blob(&[b'x'; 100]);
    let tree = fixture.tree(&fixture.files(&[("a", "b")]));
    let directory = fixture.git.path().join("objects/pack");
    std::fs::create_dir_all(&directory).unwrap();
    let mut builder = fixture.git.packbuilder().unwrap();
    [blob, tree].iter().for_each(|id| builder.insert_object(*id, None).unwrap());
    builder.write(&directory, 0o644).unwrap();
    [blob, tree].iter().for_each(|id| fixture.remove(*id));
    let loose = fixture.blob(&[b'y'; 100]);
    let git = git2::Repository::open(fixture.path()).unwrap();
    let objects = Objects::of(&git, CloneKind::Full).unwrap();
    let size = |id, limit| {
        let blob = objects.blob_up_to(id, limit).map_err(|gap| gap.reason)?;
        Ok(blob.map(|blob| (blob.data().len(), matches!(blob, Object::Packed(..)))))
    };
    assert_eq!(size(blob, 100), Ok(Some((100, true))));
    assert_eq!(size(loose, 100), Ok(Some((100, false))));
    assert_eq!((size(blob, 99), size(loose, 99)), (Ok(None), Ok(None)));
    assert_eq!(size(tree, 99), Err(GapReason::Malformed));
    assert_eq!(size(Oid::from_bytes(&[7; 20]).unwrap(), 99), Err(GapReason::MissingObject));
}

#[test]
fn two_threads_say_what_one_says() {
    let fixture = Fixture::new();
    let files = |version: usize| -> Files {
        let text = |n: usize| format!("a\nnominal_{}_id {version}\nb\n", n % 20);
        (0..100).map(|n| (format!("f{n}").into_bytes(), (FILE, fixture.blob(text(n).as_bytes())))).collect()
    };
    let base = fixture.commit(&files(1), &[]);
    let head = fixture.commit(&files(2), &[base]);
    let patterns: Vec<String> = (0..30).map(|n| format!(r"(?i)\bnominal_{n}_ID\b")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let repository = fixture.open();
    let alone = repository.commit_files(&name(head), &asking(&patterns)).unwrap();
    let change = known(repository.change(&name(base), &name(head), &asking(&patterns)));
    assert_eq!(change.files, alone);
    assert_eq!(alone.iter().map(|file| content(file).matches.len()).sum::<usize>(), 200);
}

#[test]
fn one_bad_pattern_among_many_leaves_all_contents_unknown() {
    let fixture = Fixture::new();
    let base = fixture.commit(&fixture.files(&[("f", "a")]), &[]);
    let head = fixture.commit(&fixture.files(&[("f", "nominal_1_id")]), &[base]);
    let patterns: Vec<String> = (0..30).map(|n| format!("nominal_{n}_id")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).chain(["("]).collect();
    let change = known(fixture.open().change(&name(base), &name(head), &asking(&patterns)));
    assert_eq!(change.files.len(), 1);
    assert!(matches!(&change.files[0].content, Fact::Gap(gap) if gap.reason == GapReason::Unsupported));
}
