//! Archives that were tampered with, and honest ones.

use super::*;
use proptest::prelude::*;

fn path(text: &str) -> ItemPath {
    ItemPath::new(text).unwrap()
}

fn honest() -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new());
    writer.add(&path("a.txt"), b"hello").unwrap();
    writer.add(&path("b/c.txt"), &[7; 512]).unwrap();
    writer.add(&path("d"), b"").unwrap();
    writer.finish().unwrap()
}

/// The archive with a header changed, and its sum mended as an attacker would.
fn altered(alter: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = honest();
    let block = &mut bytes[..BLOCK];
    alter(block);
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    bytes
}

fn refusal(bytes: &[u8]) -> String {
    read_index(&mut &bytes[..]).unwrap_err().to_string()
}

fn renamed(name: &str) -> Vec<u8> {
    altered(|block| {
        block[..100].fill(0);
        block[..name.len()].copy_from_slice(name.as_bytes());
    })
}

#[test]
fn what_was_written_is_read() {
    let bytes = honest();
    let index = read_index(&mut bytes.as_slice()).unwrap();
    assert_eq!(index.len(), 3);
    assert_eq!(index[&path("a.txt")], (512, 5));
    assert_eq!(&bytes[512..517], b"hello");
}

#[test]
fn links_devices_folders_and_extended_headers_are_refused_by_name() {
    let kinds = [
        (b'1', "hard link"),
        (b'2', "symbolic link"),
        (b'3', "device"),
        (b'5', "folder"),
        (b'x', "extended"),
    ];
    for (kind, why) in kinds {
        let refused = refusal(&altered(|block| block[156] = kind));
        assert!(refused.contains("a.txt") && refused.contains(why), "{refused}");
    }
}

#[test]
fn names_that_lead_out_of_the_pack_are_refused() {
    for (name, why) in [
        ("portcullis-pack/../x", "leads out"),
        ("../x", "leads out"),
        ("/etc/passwd", "absolute"),
        ("portcullis-pack/A.txt", "capital"),
        ("x", "header"),
    ] {
        let refused = refusal(&renamed(name));
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn owners_times_and_modes_of_their_own_are_refused() {
    for at in [100, 108, 116, 136, 265, 297, 345, 500] {
        let refused = refusal(&altered(|block| block[at] = b'1'));
        assert!(refused.contains("header"), "{at}: {refused}");
    }
}

#[test]
fn a_length_beyond_every_limit_reserves_no_memory() {
    let refused = refusal(&altered(|block| block[124..135].copy_from_slice(b"77777777777")));
    assert!(refused.contains("longer"), "{refused}");
}

#[test]
fn duplicates_other_orders_and_what_is_cut_off_are_named() {
    let write = |names: &[&str]| {
        let mut writer = ArchiveWriter::new(Vec::new());
        names.iter().for_each(|name| writer.add(&path(name), b"x").unwrap());
        writer.finish().unwrap()
    };
    assert!(refusal(&write(&["a", "a"])).contains("a: there twice"));
    assert!(refusal(&write(&["b", "a"])).contains("a: out of order"));
    assert!(refusal(&write(&["a", "b", "a"])).contains("a: there twice"));
    let bytes = honest();
    assert!(refusal(&bytes[..514]).contains("a.txt: truncated"));
    assert!(refusal(&bytes[..bytes.len() - 1]).contains("truncated"));
    assert!(refusal(&[bytes, b"more".to_vec()].concat()).contains("follow its end"));
    assert!(refusal(b"").contains("truncated"));
    assert!(refusal(&[0x1f; 2000]).contains("compressed"));
}

proptest! {
    /// Any change of a byte outside of the files is refused.
    #[test]
    fn no_byte_outside_of_the_files_is_free(at in 0_usize..4096, to: u8) {
        let mut bytes = honest();
        let at = at % bytes.len();
        let inside = (512..517).contains(&at) || (1536..2048).contains(&at);
        prop_assume!(!inside && bytes[at] != to);
        bytes[at] = to;
        prop_assert!(read_index(&mut bytes.as_slice()).is_err());
    }

    #[test]
    fn no_input_makes_it_panic(bytes: Vec<u8>) {
        let _ = read_index(&mut bytes.as_slice());
    }
}
