//! Merged texts beside those of `git merge-tree`.
//!
//! `PORTCULLIS_TEXTS` says how many, `PORTCULLIS_SEED` which; for the long run
//! `PORTCULLIS_TEXTS=100000 cargo test --release --lib equal_lines -- --nocapture`, which prints
//! the figures.

use crate::landing::histogram::Git;
use crate::landing::merge_text::{ConflictMarks, MergedText, is_text, merge};
use crate::landing::tests::dice::{Dice, asked};
use crate::landing::tests::fixture::{Files, Fixture};
use crate::landing::tests::oracle::{Answer, ask, version};
use crate::landing::tests::texts::{Texts, texts};
use crate::tests::fixture::FILE;

/// So many files at once are merged by git.
const FILES: usize = 200;

/// What a version of git makes of texts; a conflict with git's marks, as far as it is one of lines.
fn merged(texts: &Texts, git: Git, labels: [&str; 2]) -> Option<MergedText> {
    let Texts { base, ours, theirs } = texts;
    let whole = |bytes: &[u8]| Some(MergedText { bytes: bytes.to_vec(), conflicts: 0 });
    if ours == theirs || base == theirs {
        return whole(ours);
    }
    if base == ours {
        return whole(theirs);
    }
    if ![base, ours, theirs].into_iter().all(|text| is_text(text)) {
        return None;
    }
    Some(merge(base, ours, theirs, Some(ConflictMarks { width: 7, labels })).unwrap().of(git))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    clean: usize,
    conflicts: usize,
    binary: usize,
    differences: usize,
}

/// Of a tree whose files are numbered: what git says of each.
fn compare(fixture: &Fixture, texts: &[Texts], labels: [&str; 2], answer: &Answer, figures: &mut Figures) {
    let tree = fixture.git.find_tree(answer.tree).unwrap();
    for (number, texts) in texts.iter().enumerate() {
        let name = format!("{number:05}");
        let is_clean = !answer.conflicts.contains(&name);
        let blob = fixture.git.find_blob(tree.get_name(&name).unwrap().id()).unwrap();
        let Some(merged) = merged(texts, version(), labels) else {
            figures.binary += 1;
            figures.differences += usize::from(is_clean);
            continue;
        };
        *(if is_clean { &mut figures.clean } else { &mut figures.conflicts }) += 1;
        if merged.bytes != blob.content() || (merged.conflicts == 0) != is_clean {
            figures.differences += 1;
            println!("{texts:?}: {} conflicts, git says clean: {is_clean}", merged.conflicts);
        }
    }
}

#[test]
fn texts_are_merged_as_git_merges_them() {
    let (mut dice, count) = (Dice::new(asked("PORTCULLIS_SEED", 1)), asked("PORTCULLIS_TEXTS", 800));
    let fixture = Fixture::new();
    let all: Vec<Texts> = (0..count as usize).map(|number| texts(&mut dice, number)).collect();
    let tree = |texts: &[Texts], pick: fn(&Texts) -> &Vec<u8>| {
        let file = |(number, texts)| (format!("{number:05}").into_bytes(), (FILE, fixture.blob(pick(texts))));
        fixture.tree(&texts.iter().enumerate().map(file).collect::<Files>()).to_string()
    };
    let picks: [fn(&Texts) -> &Vec<u8>; 3] = [|t| &t.base, |t| &t.ours, |t| &t.theirs];
    let trees: Vec<[String; 3]> = all.chunks(FILES).map(|some| picks.map(|pick| tree(some, pick))).collect();
    let questions: Vec<String> =
        trees.iter().map(|[base, ours, theirs]| format!("{base} -- {ours} {theirs}")).collect();
    let mut figures = Figures::default();
    for ((texts, answer), [_, ours, theirs]) in
        all.chunks(FILES).zip(ask(fixture.path(), &questions)).zip(&trees)
    {
        compare(&fixture, texts, [ours, theirs], &answer, &mut figures);
    }
    println!("{count} texts: {figures:?}");
    assert_eq!(figures.differences, 0);
    assert!(figures.clean > count as usize / 4 && figures.conflicts > count as usize / 8, "{figures:?}");
}
