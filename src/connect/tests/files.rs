//! Files that are no files, and files that change.

use super::reading::{assert_names, extract};
use crate::{Opening, open_source};
use portcullis_model::reconciliation::ConnectorSettings;
use portcullis_model::reconciliation::connector::{CsvSettings, InputFiles};
use std::fs;
use std::io::Write;
use std::path::Path;

fn settings(pattern: &str) -> ConnectorSettings {
    ConnectorSettings::Csv(CsvSettings::of_files(InputFiles::matching(pattern)))
}

fn write_records(path: &Path, count: usize) {
    let mut text = "id\n".to_string();
    (0..count).for_each(|number| text.push_str(&format!("{number}\n")));
    fs::write(path, text).unwrap();
}

#[test]
fn no_file_is_an_error_and_an_empty_one_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let error = extract(&settings("*.csv"), &["id"], directory.path()).unwrap_err();
    assert_names(&error, "*.csv", "No file matches");
    let error = extract(&settings("a.csv"), &["id"], directory.path()).unwrap_err();
    assert_names(&error, "a.csv", "cannot be read");
    write_records(&directory.path().join("a.csv"), 0);
    assert!(extract(&settings("a.csv"), &["id"], directory.path()).unwrap().rows.is_empty());
}

#[cfg(unix)]
#[test]
fn links_directories_pipes_and_devices_are_refused_without_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    write_records(&at("real.csv"), 3);
    std::os::unix::fs::symlink(at("real.csv"), at("link.csv")).unwrap();
    fs::create_dir(at("folder.csv")).unwrap();
    let pipe = std::ffi::CString::new(at("pipe.csv").to_str().unwrap()).unwrap();
    make_pipe(&pipe);
    for (name, found) in [
        ("link.csv", "a symbolic link"),
        ("folder.csv", "a directory"),
        ("pipe.csv", "a pipe, socket or device"),
        ("/dev/zero", "a pipe, socket or device"),
    ] {
        assert_names(&extract(&settings(name), &["id"], directory.path()).unwrap_err(), name, found);
    }
    // A pattern does not make a link a file either.
    let error = extract(&settings("l*.csv"), &["id"], directory.path()).unwrap_err();
    assert_names(&error, "link.csv", "a symbolic link");
    assert_eq!(extract(&settings("real.csv"), &["id"], directory.path()).unwrap().rows.len(), 3);
    // The directory may be a link: `current/records.csv`.
    std::os::unix::fs::symlink(directory.path(), at("current")).unwrap();
    assert_eq!(extract(&settings("current/real.csv"), &["id"], directory.path()).unwrap().rows.len(), 3);
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "the standard library makes no pipes")]
fn make_pipe(path: &std::ffi::CStr) {
    // SAFETY: the path is a text that ends with NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_no_source() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 4] = [
        ("appended to", |path| {
            fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"77\n").unwrap();
        }),
        ("cut", |path| {
            fs::OpenOptions::new().write(true).open(path).unwrap().set_len(200_000).unwrap();
        }),
        ("swapped", |path| {
            let other = path.with_extension("new");
            write_records(&other, 100_000);
            fs::rename(other, path).unwrap();
        }),
        ("removed", |path| fs::remove_file(path).unwrap()),
    ];
    for (name, change) in changes {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        write_records(&path, 100_000);
        let columns = ["id".to_string()];
        let opening = Opening { columns: &columns, directory: directory.path(), environment: &|_| None };
        let mut source = open_source(&settings("a.csv"), &opening).unwrap();
        let mut values = Vec::new();
        assert!(source.read_row(&mut values).unwrap());
        change(&path);
        let end = loop {
            match source.read_row(&mut values) {
                Ok(true) => {}
                end => break end,
            }
        };
        assert!(end.unwrap_err().place.contains("a.csv"), "{name}");
    }
}
