//! Is an object what its name says?
//!
//! A name is all that the host, a reviewer and a record have in common with this repository. So the
//! bytes of every object that is read are hashed again and compared with it: what was damaged,
//! swapped or lent by another directory is noticed.
//!
//! What is shown to a judge is hashed by libgit2, whose SHA-1 also detects the traces that making a
//! collision leaves ([`Care::Thorough`]): the commits of a change with their people, and the files
//! whose lines are searched or listed. That takes several times as long. A walk and a proof pass
//! over a hundred times as many objects and only ask whether they are the same or merge cleanly;
//! those are hashed without ([`Care::Quick`]). Most of such a proof compares names and never opens
//! what they stand for, so looking for traces would not have seen all of it anyway. This is what is
//! given up: somebody who made two objects of one name (a chosen-prefix collision), and gave one of
//! them to the reviewers and the other to this repository. Neither gets in by the usual ways,
//! because git itself looks for those traces in everything that is pushed and fetched (`git
//! index-pack`, which the large hosts run too).

use git2::{ObjectType, Oid};
use sha1::{Digest, Sha1};

/// How an object is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// As fast as it can be done.
    Quick,
    /// Looking for traces of a collision as well.
    Thorough,
}

/// Checks the content of an object against its name.
///
/// # Errors
/// It is another content, or one that was made for a collision.
pub fn check(id: Oid, kind: ObjectType, data: &[u8], care: Care) -> Result<(), git2::Error> {
    let is_true = match care {
        Care::Quick => name(kind, data)? == id,
        Care::Thorough => Oid::hash_object(kind, data)? == id,
    };
    if is_true { Ok(()) } else { Err(git2::Error::from_str("its content is not what its name stands for")) }
}

/// The name of an object with this content, as fast as it can be found.
///
/// # Errors
/// libgit2 refuses the name.
pub fn name(kind: ObjectType, data: &[u8]) -> Result<Oid, git2::Error> {
    let mut hash = Sha1::new_with_prefix(format!("{kind} {}\0", data.len()));
    hash.update(data);
    Oid::from_bytes(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_one_name() {
        for kind in [ObjectType::Commit, ObjectType::Tree, ObjectType::Blob, ObjectType::Tag] {
            let id = Oid::hash_object(kind, b"content").unwrap();
            for care in [Care::Quick, Care::Thorough] {
                assert!(check(id, kind, b"content", care).is_ok());
                assert!(check(id, kind, b"contenT", care).is_err());
                assert!(check(id, kind, b"", care).is_err());
            }
        }
        let blob = Oid::hash_object(ObjectType::Blob, b"content").unwrap();
        assert!(check(blob, ObjectType::Tree, b"content", Care::Quick).is_err());
    }
}
