//! Packs that libgit2 writes, whole and damaged.

use super::*;
use crate::object::Objects;
use crate::tests::fixture::Fixture;
use crate::trust::CloneKind;
use std::collections::BTreeMap;
use std::fs;

/// Long enough, together, that some lie across the blocks in which a pack is read.
fn text(version: usize) -> String {
    let line = |number: usize| format!("line {number}: {:x}\n", (number * 7919 + 13) * (number % 97 + 3));
    let mut lines: Vec<String> = (0..6_000).map(line).collect();
    (0..version).for_each(|edit| lines[edit * 311 % 6_000] = format!("edited by {edit}\n"));
    lines.concat()
}

struct Packed {
    fixture: Fixture,
    objects: BTreeMap<Oid, (ObjectType, Vec<u8>)>,
}

impl Packed {
    fn new() -> Self {
        let fixture = Fixture::new();
        let mut builder = fixture.git.packbuilder().unwrap();
        let mut parent = Vec::new();
        for version in 0..20 {
            let files = [("a/f", text(version)), ("b/g", format!("{version}")), ("empty", String::new())];
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
            parent = vec![fixture.commit(&fixture.files(&files), &parent)];
            builder.insert_commit(parent[0]).unwrap();
        }
        let directory = fixture.git.path().join("objects/pack");
        fs::create_dir_all(&directory).unwrap();
        builder.write(&directory, 0o644).unwrap();
        let mut ids = Vec::new();
        builder.foreach(|_| true).unwrap();
        let odb = fixture.git.odb().unwrap();
        odb.foreach(|id| {
            ids.push(*id);
            true
        })
        .unwrap();
        let read = |id: Oid| {
            let object = odb.read(id).unwrap();
            (id, (object.kind(), object.data().to_vec()))
        };
        let objects = ids.into_iter().map(read).collect();
        drop(builder);
        drop(odb);
        Packed { fixture, objects }
    }

    fn directory(&self) -> PathBuf {
        self.fixture.git.path().join("objects")
    }

    fn file(&self, ending: &str) -> PathBuf {
        let files = fs::read_dir(self.directory().join("pack")).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.extension().unwrap() == ending).unwrap()
    }

    /// How many objects are read, and how many of them are not what their name says.
    fn read(&self) -> (usize, usize) {
        let packs = Packs::of(&Indexes::of(&[self.directory()]));
        let read = self.objects.keys().filter_map(|id| Some((id, packs.read(*id, usize::MAX)?)));
        let is_right = read.map(|(id, (kind, bytes))| self.objects[id] == (kind, bytes.to_vec()));
        let (right, wrong): (Vec<bool>, Vec<bool>) = is_right.partition(|right| *right);
        (right.len() + wrong.len(), wrong.len())
    }
}

#[test]
fn every_object_is_read_as_libgit2_reads_it() {
    let packed = Packed::new();
    assert!(packed.objects.len() > 80);
    assert_eq!(packed.read(), (packed.objects.len(), 0));
    let size = fs::metadata(packed.file("pack")).unwrap().len();
    assert!(size < 10 * text(0).len() as u64, "stored without differences: {size}");
}

#[test]
fn what_is_not_there_is_not_found() {
    let packed = Packed::new();
    let packs = Packs::of(&Indexes::of(&[packed.directory()]));
    assert!(packs.read(Oid::from_bytes(&[7; 20]).unwrap(), usize::MAX).is_none());
    assert!(
        Packs::of(&Indexes::of(&[packed.directory().join("nowhere")]))
            .read(*packed.objects.keys().next().unwrap(), usize::MAX)
            .is_none()
    );
}

#[test]
fn damage_ends_no_program() {
    let packed = Packed::new();
    for ending in ["pack", "idx"] {
        let path = packed.file(ending);
        let whole = fs::read(&path).unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false, reason = "a file that goes away with the test")]
        permissions.set_readonly(false);
        fs::set_permissions(&path, permissions).unwrap();
        for place in (0..whole.len()).step_by(whole.len() / 60) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0xff;
            fs::write(&path, &damaged).unwrap();
            packed.read();
            fs::write(&path, &whole[..place]).unwrap();
            packed.read();
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(packed.read(), (packed.objects.len(), 0));
}

/// The hash stands before whatever this reader hands out: what it gets wrong comes from elsewhere,
/// or not at all.
#[test]
fn a_wrong_object_is_never_handed_on() {
    let packed = Packed::new();
    let index = packed.file("idx");
    let mut bytes = fs::read(&index).unwrap();
    // Each name gets the place of another object: the offsets, four bytes each, turned round.
    let count = packed.objects.len();
    let start = 8 + 256 * 4 + count * 24;
    let turned: Vec<u8> = bytes[start..start + count * 4].chunks(4).rev().flatten().copied().collect();
    bytes[start..start + count * 4].copy_from_slice(&turned);
    fs::remove_file(&index).unwrap();
    fs::write(&index, bytes).unwrap();
    let (read, wrong) = packed.read();
    assert!(wrong > count / 2, "{wrong} of {read}");
    let objects = Objects::of(&packed.fixture.git, CloneKind::Full).unwrap();
    for _ in 0..20 {
        for (id, (kind, bytes)) in &packed.objects {
            if let Ok(object) = objects.read(*id, *kind) {
                assert_eq!(object.data(), bytes);
            }
            if let Ok(object) = objects.read_quickly(*id, *kind) {
                assert_eq!(object.data(), bytes);
            }
        }
    }
}

#[test]
fn what_is_larger_than_wanted_is_not_read() {
    let packed = Packed::new();
    let packs = Packs::of(&Indexes::of(&[packed.directory()]));
    // Asked for once more, it is kept.
    for _ in 0..2 {
        for (id, (_, bytes)) in &packed.objects {
            if !bytes.is_empty() {
                assert!(packs.read(*id, bytes.len() - 1).is_none());
            }
            assert_eq!(packs.read(*id, bytes.len()).unwrap().1.len(), bytes.len());
        }
    }
}

#[test]
fn what_is_in_no_pack_is_still_found() {
    let packed = Packed::new();
    let loose = packed.fixture.blob(b"in no pack");
    let objects = Objects::of(&packed.fixture.git, CloneKind::Full).unwrap();
    for (id, (kind, bytes)) in &packed.objects {
        assert_eq!(objects.read(*id, *kind).unwrap().data(), bytes);
    }
    assert_eq!(objects.read(loose, ObjectType::Blob).unwrap().data(), b"in no pack");
    assert!(objects.read(Oid::from_bytes(&[7; 20]).unwrap(), ObjectType::Blob).is_err());
}
