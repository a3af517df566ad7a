//! Which of the tests that are gone are all but certainly which of the new ones.

use super::hashes::{Hashes, hash_key};
use memchr::memrchr_iter;

/// A word of more bytes may be a plural.
const LONG_WORD: usize = 4;

/// Removed and added tests that are all but certainly one:
///
/// - in one place, the names differ in nothing but case, separators and the `s` of a plural
///   (`rejects_record`, `rejectsRecords`);
/// - one name in two places, of which the innermost is called the same (a package or directory was
///   moved), or to which everything went that left the old place, several tests at least.
///
/// Names that are only alike are no reason: `accepts_1` and `accepts_2`, `is_valid` and
/// `is_invalid` are different tests. Nor is one that two tests could stand for. Each test is in one
/// pair at most.
pub fn find_renames<'a>(removed: &[&'a str], added: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    if removed.is_empty() || added.is_empty() {
        return Vec::new();
    }
    let mut pairs =
        Pairs { removed, added, found: vec![None; removed.len()], taken: vec![false; added.len()] };
    pairs.by(Key::new(append_bytes, append_words));
    if let Some(only) = pairs.only() {
        pairs.by(Key::new(|place, out| append_words(split_place(place).1, out), append_bytes));
        pairs.moved_together(&only);
    }
    pairs.list()
}

/// The suites and class of a test, and its own name, which the last
/// [`SEPARATOR`](crate::test_run::SEPARATOR) parts.
fn split_place(id: &str) -> (&str, &str) {
    let mut signs = memrchr_iter(b'>', id.as_bytes());
    let parts = signs.find_map(|at| Some((id[..at].strip_suffix(' ')?, id[at + 1..].strip_prefix(' ')?)));
    parts.unwrap_or(("", id))
}

/// Writes a part of a key.
type Part = fn(&str, &mut Vec<u8>);

fn append_bytes(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// The words of a name without what parts them, in lower case and the singular.
fn append_words(name: &str, out: &mut Vec<u8>) {
    if name.is_ascii() {
        return ascii_words(name.as_bytes(), out);
    }
    let mut parted = String::new();
    for c in name.chars() {
        if c.is_uppercase() && parted.ends_with(char::is_lowercase) {
            parted.push(' ');
        }
        parted.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    for word in parted.split(' ').map(str::to_lowercase) {
        append_bytes(word.strip_suffix('s').filter(|_| word.len() > LONG_WORD).unwrap_or(&word), out);
    }
}

/// The same of names as most are. They come by the million.
fn ascii_words(name: &[u8], out: &mut Vec<u8>) {
    let singular = |out: &mut Vec<u8>, word: usize| {
        if out.len() - word > LONG_WORD && out.last() == Some(&b's') {
            out.pop();
        }
        out.len()
    };
    let (mut word, mut lower) = (out.len(), false);
    for byte in name {
        if !byte.is_ascii_alphanumeric() || (lower && byte.is_ascii_uppercase()) {
            word = singular(out, word);
        }
        if byte.is_ascii_alphanumeric() {
            out.push(byte.to_ascii_lowercase());
        }
        lower = byte.is_ascii_lowercase();
    }
    singular(out, word);
}

/// Makes the keys of tests, which have a part from the place and one from the name. The next test
/// mostly is in the same place.
struct Key<'a> {
    of: [Part; 2],
    place: Option<&'a str>,
    key: Vec<u8>,
    of_place: usize,
}

/// What parts the parts of a key: no text holds it.
const BETWEEN: u8 = 0xff;

impl<'a> Key<'a> {
    fn new(place: Part, name: Part) -> Self {
        Key { of: [place, name], place: None, key: Vec::new(), of_place: 0 }
    }

    fn of(&mut self, id: &'a str) -> &[u8] {
        let (place, name) = split_place(id);
        if self.place == Some(place) {
            self.key.truncate(self.of_place);
        } else {
            self.key.clear();
            self.of[0](place, &mut self.key);
            self.key.push(BETWEEN);
            (self.place, self.of_place) = (Some(place), self.key.len());
        }
        self.of[1](name, &mut self.key);
        &self.key
    }
}

struct Pairs<'p, 'a> {
    removed: &'p [&'a str],
    added: &'p [&'a str],
    /// Which of those that were added each is that was removed.
    found: Vec<Option<u32>>,
    taken: Vec<bool>,
}

impl<'a> Pairs<'_, 'a> {
    /// Pairs of which each is the only one with its key.
    fn by(&mut self, mut key: Key<'a>) {
        self.alike(&mut key, |pairs, old, new| {
            if let ([old], [new]) = (old, new) {
                pairs.add(*old, *new);
            }
        });
    }

    /// Which of those that were added is the only one of the name of each that was removed;
    /// nothing, where no name is on both sides.
    fn only(&mut self) -> Option<Vec<Option<u32>>> {
        let (mut only, mut any) = (vec![None; self.removed.len()], false);
        self.alike(&mut Key::new(|_, _| {}, append_bytes), |_, old, new| {
            any = true;
            if let [new] = new {
                old.iter().for_each(|at| only[*at] = Some(*new as u32));
            }
        });
        any.then_some(only)
    }

    /// Hands on the places of those that were removed and of those that were added, for every key
    /// that both have.
    fn alike(&mut self, key: &mut Key<'a>, mut take: impl FnMut(&mut Self, &[usize], &[usize])) {
        let hashes = Hashes::of([self.removed, self.added], |id| hash_key(key.of(id)));
        for sides in hashes.groups() {
            let [old, new] = sides.map(Iterator::collect::<Vec<_>>);
            let wanted = old.first().map(|at| key.of(self.removed[*at]).to_vec()).unwrap_or_default();
            let mut ids = old.iter().map(|at| self.removed[*at]).chain(new.iter().map(|at| self.added[*at]));
            if ids.all(|id| key.of(id) == wanted) {
                take(self, &old, &new);
            } else {
                self.parted(key, &old, &new, &mut take);
            }
        }
    }

    /// The same of tests whose keys differ and have one hash.
    fn parted(
        &mut self,
        key: &mut Key<'a>,
        old: &[usize],
        new: &[usize],
        take: &mut impl FnMut(&mut Self, &[usize], &[usize]),
    ) {
        let old = old.iter().map(|at| (key.of(self.removed[*at]).to_vec(), false, *at));
        let mut group: Vec<(Vec<u8>, bool, usize)> = old.collect();
        group.extend(new.iter().map(|at| (key.of(self.added[*at]).to_vec(), true, *at)));
        group.sort_unstable();
        for alike in group.chunk_by(|one, next| one.0 == next.0) {
            let places: Vec<usize> = alike.iter().map(|(_, _, at)| *at).collect();
            let (old, new) = places.split_at(alike.partition_point(|(_, added, _)| !added));
            if !old.is_empty() && !new.is_empty() {
                take(self, old, new);
            }
        }
    }

    fn add(&mut self, old: usize, new: usize) {
        if self.found[old].is_none() && !self.taken[new] {
            (self.found[old], self.taken[new]) = (Some(new as u32), true);
        }
    }

    /// Everything that left one place came to one other, under the same names.
    fn moved_together(&mut self, only: &[Option<u32>]) {
        let place = |old: &u32| split_place(self.removed[*old as usize]).0;
        let mut left: Vec<u32> = (0..self.removed.len() as u32).collect();
        left.sort_unstable_by_key(|old| (place(old), self.removed[*old as usize]));
        let places = left.chunk_by(|one, next| place(one) == place(next)).filter(|all| all.len() > 1);
        for all in places {
            let moved = all.iter().map(|old| Some((*old as usize, only[*old as usize]? as usize)));
            let Some(moved) = moved.collect::<Option<Vec<_>>>() else { continue };
            let mut places = moved.iter().map(|(_, new)| split_place(self.added[*new]).0);
            let first = places.next();
            if places.all(|place| Some(place) == first) {
                moved.into_iter().for_each(|(old, new)| self.add(old, new));
            }
        }
    }

    /// Sorted by the name before.
    fn list(&self) -> Vec<(&'a str, &'a str)> {
        let mut list = Vec::with_capacity(self.found.iter().flatten().count());
        let found = self.removed.iter().zip(&self.found);
        list.extend(found.filter_map(|(old, new)| Some((*old, self.added[(*new)? as usize]))));
        list.sort_unstable();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::super::hashes::twins;
    use super::*;
    use crate::test_run::SEPARATOR;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_rename_is_all_but_certain_or_none() {
        let of = |removed: &[&'static str], added: &[&'static str]| find_renames(removed, added);
        let one = |old, new| of(&[old], &[new]).len();
        assert_eq!(one("upload > loader > rejects_test_data", "upload > loader > rejectsTestData"), 1);
        assert_eq!(one("app.load > Tests > keeps_order", "app.upload > Tests > keeps_order"), 1);
        assert_eq!(one("upload > deletes_records", "upload > deletes_record"), 1);
        for (old, new) in [
            ("upload > accepts_1", "upload > accepts_2"),
            ("upload > is_valid", "upload > is_invalid"),
            ("upload > rejects_test_data", "upload > rejects_all_test_data"),
            ("upload > as_is", "upload > a_i"),
            ("load > Tests > works", "amend > Other > works"),
            ("works", "fails"),
        ] {
            assert_eq!(one(old, new), 0, "{old}");
        }
        assert_eq!(
            of(&["a > x", "a > y"], &["b > x", "b > y", "c > z"]),
            [("a > x", "b > x"), ("a > y", "b > y")]
        );
        assert!(of(&["a > x", "a > y"], &["b > x", "c > y"]).is_empty(), "to two places");
        assert!(of(&["a > x", "a > y"], &["b > x", "b > y", "c > y"]).is_empty(), "which of two?");
        assert!(of(&["u > a_b"], &["u > ab", "u > AB"]).is_empty(), "which of two?");
    }

    /// Many are gone and as many are new: the time does not grow with the square of their number.
    #[test]
    fn many_renames_take_no_long_search() {
        let name = |kind: &str, number: usize| format!("s > {kind}{number:06}");
        let removed: Vec<String> = (0..100_000).map(|number| name("finds_it_", number)).collect();
        let added: Vec<String> = (0..100_000).map(|number| name("findsIt", number)).collect();
        let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
        let added: Vec<&str> = added.iter().map(String::as_str).collect();
        assert_eq!(find_renames(&removed, &added).len(), 100_000);
    }

    #[test]
    fn names_of_one_hash_are_not_one_name() {
        let [one, other] =
            twins(|number| format!("n{number}"), |name| [&[BETWEEN], name.as_bytes()].concat());
        let at = |place: &str| [format!("{place} > {one}"), format!("{place} > {other}")];
        let (old, new) = (at("p"), at("q"));
        let [old, new] = [&old, &new].map(|ids| ids.each_ref().map(String::as_str));
        assert_eq!(find_renames(&old, &new), [(old[0], new[0]), (old[1], new[1])]);
        assert!(find_renames(&old[..1], &new[1..]).is_empty());
        let [one, other] = twins(
            |number| format!("p > n_{number}_a"),
            |id| [b"p", &[BETWEEN][..], id[4..].replace('_', "").as_bytes()].concat(),
        );
        let new = [&one, &other].map(|id| id.replace('_', "-"));
        assert_eq!(
            find_renames(&[&one, &other], &[&new[0], &new[1]]),
            [(&*one, &*new[0]), (&*other, &*new[1])]
        );
        assert!(find_renames(&[&one], &[&new[1]]).is_empty());
    }

    /// The words of a name, character by character.
    fn slow_words(name: &str) -> String {
        let mut parted = String::new();
        for c in name.chars() {
            if c.is_uppercase() && parted.ends_with(char::is_lowercase) {
                parted.push(' ');
            }
            parted.push(if c.is_alphanumeric() { c } else { ' ' });
        }
        let singular = |word: &str| match word.strip_suffix('s') {
            Some(stem) if word.len() > LONG_WORD => stem.to_string(),
            _ => word.to_string(),
        };
        parted.split(' ').map(|word| singular(&word.to_lowercase())).collect()
    }

    /// The same pairs with a map for each question.
    fn slow_renames<'a>(removed: &[&'a str], added: &[&'a str]) -> Vec<(&'a str, &'a str)> {
        let split = |id: &'a str| id.rsplit_once(SEPARATOR).unwrap_or(("", id));
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        let mut add = |old, new| {
            if !found.contains_key(old) && taken.insert(new) {
                found.insert(old, new);
            }
        };
        let keys: [&dyn Fn(&'a str) -> [String; 2]; 2] =
            [&|id| [split(id).0.to_string(), slow_words(split(id).1)], &|id| {
                [slow_words(split(split(id).0).1), split(id).1.to_string()]
            }];
        for key in keys {
            let of = |ids: &[&'a str], wanted: &[String; 2]| {
                ids.iter().copied().filter(|id| key(id) == *wanted).collect::<Vec<_>>()
            };
            for old in removed {
                let key = key(old);
                if let ([_], [new]) = (&of(removed, &key)[..], &of(added, &key)[..]) {
                    add(*old, *new);
                }
            }
        }
        let places: BTreeSet<&str> = removed.iter().map(|id| split(id).0).collect();
        for place in places {
            let left: Vec<&str> = removed.iter().copied().filter(|id| split(id).0 == place).collect();
            let came = |id: &'a str| {
                added.iter().copied().filter(|new| split(new).1 == split(id).1).collect::<Vec<_>>()
            };
            let moved: Vec<_> = left
                .iter()
                .filter_map(|old| <[&str; 1]>::try_from(came(old)).ok().map(|[new]| (*old, new)))
                .collect();
            let to: BTreeSet<&str> = moved.iter().map(|(_, new)| split(new).0).collect();
            if left.len() > 1 && moved.len() == left.len() && to.len() == 1 {
                moved.into_iter().for_each(|(old, new)| add(old, new));
            }
        }
        found.into_iter().collect()
    }

    fn any_names() -> impl Strategy<Value = BTreeSet<String>> {
        proptest::collection::btree_set(
            "([abA]{1,2} > ){0,2}( > )?(a|b|aB|a_b|tests|testS|Test|é|aé){1,2}",
            0..10,
        )
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_characters(name in "[a-zA-Z0-9_ .ésßİǅ-]{0,12}", before in "[a-z]{0,2}") {
            let mut out = before.clone().into_bytes();
            append_words(&name, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), before + &slow_words(&name));
        }

        #[test]
        fn a_name_is_split_at_the_last_separator(id in "[a >é]{0,12}") {
            prop_assert_eq!(split_place(&id), id.rsplit_once(SEPARATOR).unwrap_or(("", &id)));
        }

        #[test]
        fn pairs_are_those_of_maps(removed in any_names(), added in any_names()) {
            let removed: Vec<&str> = removed.difference(&added).map(String::as_str).collect();
            let added: Vec<&str> = added.iter().map(String::as_str).collect();
            prop_assert_eq!(find_renames(&removed, &added), slow_renames(&removed, &added));
        }
    }
}
