//! Texts that are hard to compare: many equal lines, long runs of one line, lines that come back in
//! turn, blocks that moved.

use crate::landing::tests::dice::Dice;

type Lines = Vec<&'static str>;

/// A text and what two sides made of it.
#[derive(Clone, Debug)]
pub struct Texts {
    pub base: Vec<u8>,
    pub ours: Vec<u8>,
    pub theirs: Vec<u8>,
}

const WORDS: [&str; 60] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo",
    "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor",
    "whiskey", "xray", "yankee", "zulu", "one", "two", "three", "four", "five", "six", "seven", "eight",
    "nine", "ten", "eleven", "twelve", "red", "green", "blue", "white", "black", "north", "south", "east",
    "west", "spring", "summer", "autumn", "winter", "iron", "copper", "tin", "lead", "gold", "silver",
    "zinc", "nickel", "cobalt",
];
const CODE: [&str; 8] = ["", "}", "{", "    }", "    return;", "end", "\t}", "  else"];

/// How long the runs are that edits bring, and from which words.
struct Kind {
    words: Lines,
    longest_run: usize,
    edits: usize,
}

/// Texts of one of several kinds, by number.
pub fn texts(dice: &mut Dice, number: usize) -> Texts {
    if number % 100 == 99 {
        return rewritten(dice);
    }
    let (base, kind) = match number % 10 {
        0 => random(dice, 40, 4, 3),
        1 => runs(dice, 12, 200),
        2 => periodic(dice, 400),
        3 => blocks(dice),
        4 => code(dice, 300),
        5 => random(dice, 120, 12, 5),
        6 => random(dice, 8, 2, 2),
        7 if number.is_multiple_of(40) => random(dice, 3_000, 40, 60),
        7 => random(dice, 700, 5, 12),
        8 => runs(dice, 4, 90),
        _ => periodic(dice, 150),
    };
    let ours = changed(dice, &base, &kind);
    let theirs = match dice.below(5) {
        0 => changed(dice, &ours, &kind),
        _ => changed(dice, &base, &kind),
    };
    written(dice, [base, ours, theirs])
}

/// Long texts of a few words of which each side wrote a part anew: comparing them is so expensive
/// that git gives up on the shortest way.
fn rewritten(dice: &mut Dice) -> Texts {
    let many = 2 + dice.below(5);
    let words = words(dice, many);
    let part = |dice: &mut Dice| -> Lines {
        let length = 200 + dice.below(2_000);
        (0..length).map(|_| *dice.pick(&words)).collect()
    };
    let [first, last, first_anew, last_anew] = [(); 4].map(|()| part(dice));
    // Some of it stays, so that there are promising places.
    let kept = |dice: &mut Dice, old: &Lines, new: &Lines| -> Lines {
        let (from, to) = (dice.below(old.len()), dice.below(new.len()));
        let length = dice.below(200).min(old.len() - from);
        [&new[..to], &old[from..from + length], &new[to..]].concat()
    };
    let (first_anew, last_anew) = (kept(dice, &first, &first_anew), kept(dice, &last, &last_anew));
    let middle: Lines = if dice.one_in(4) { Lines::new() } else { WORDS[20..40].to_vec() };
    let base = [&first[..], &middle, &last].concat();
    let ours = [&first_anew[..], &middle, &last].concat();
    let theirs = [&first[..], &middle, &last_anew].concat();
    written(dice, [base, ours, theirs])
}

fn written(dice: &mut Dice, lines: [Lines; 3]) -> Texts {
    let (mixed, carriage) = (dice.one_in(12), dice.one_in(8));
    let mut write = |lines: Lines| {
        let mut text = Vec::new();
        for line in lines {
            text.extend_from_slice(line.as_bytes());
            let with = if mixed { dice.one_in(2) } else { carriage };
            text.extend_from_slice(if with { b"\r\n" } else { b"\n" });
        }
        if dice.one_in(6) {
            text.pop();
        }
        if dice.one_in(150) {
            text.push(0);
        }
        text
    };
    let [base, ours, theirs] = lines.map(&mut write);
    Texts { base, ours, theirs }
}

fn words(dice: &mut Dice, how_many: usize) -> Lines {
    (0..how_many.max(1)).map(|_| *dice.pick(&WORDS)).collect()
}

fn random(dice: &mut Dice, longest: usize, words_at_most: usize, edits: usize) -> (Lines, Kind) {
    let many = 1 + dice.below(words_at_most);
    let words = words(dice, many);
    let base = (0..dice.below(longest + 1)).map(|_| *dice.pick(&words)).collect();
    (base, Kind { words, longest_run: 4, edits })
}

/// A few words, each many times in a row.
fn runs(dice: &mut Dice, how_many: usize, longest: usize) -> (Lines, Kind) {
    let many = 1 + dice.below(3);
    let words = words(dice, many);
    let mut base = Lines::new();
    for _ in 0..=dice.below(how_many) {
        let length = if dice.one_in(2) { 1 + dice.below(3) } else { 1 + dice.below(longest) };
        base.extend(std::iter::repeat_n(*dice.pick(&words), length));
        if dice.one_in(3) {
            base.push(*dice.pick(&WORDS));
        }
    }
    (base, Kind { words, longest_run: longest / 2, edits: 4 })
}

/// The same few words over and over, here and there disturbed.
fn periodic(dice: &mut Dice, longest: usize) -> (Lines, Kind) {
    let many = 2 + dice.below(5);
    let words = words(dice, many);
    let mut base: Lines = words.iter().copied().cycle().take(dice.below(longest)).collect();
    for _ in 0..dice.below(4) {
        let at = dice.below(base.len() + 1);
        base.insert(at, *dice.pick(&WORDS));
    }
    (base, Kind { words, longest_run: 70, edits: 5 })
}

/// Blocks that come several times, so that moved ones meet others that are like them.
fn blocks(dice: &mut Dice) -> (Lines, Kind) {
    let all: Vec<Lines> = (0..3).map(|_| random(dice, 9, 6, 1).0).collect();
    let many = 2 + dice.below(30);
    let base = (0..many).flat_map(|_| dice.pick(&all).clone()).collect();
    (base, Kind { words: all.concat(), longest_run: 12, edits: 4 })
}

fn code(dice: &mut Dice, longest: usize) -> (Lines, Kind) {
    let line = |dice: &mut Dice| if dice.one_in(4) { *dice.pick(&WORDS) } else { *dice.pick(&CODE) };
    let base = (0..dice.below(longest)).map(|_| line(dice)).collect();
    (base, Kind { words: CODE.to_vec(), longest_run: 6, edits: 8 })
}

fn changed(dice: &mut Dice, base: &[&'static str], kind: &Kind) -> Lines {
    let mut lines = base.to_vec();
    for _ in 0..dice.below(kind.edits + 1) {
        edit(dice, &mut lines, kind);
    }
    lines
}

fn edit(dice: &mut Dice, lines: &mut Lines, kind: &Kind) {
    let at = dice.below(lines.len() + 1);
    let length = dice.below(kind.longest_run + 1).min(lines.len() - at);
    let word =
        if kind.words.is_empty() || dice.one_in(4) { *dice.pick(&WORDS) } else { *dice.pick(&kind.words) };
    match dice.below(6) {
        0 => drop(lines.drain(at..at + length)),
        1 => drop(lines.splice(at..at + length.min(2), [word])),
        2 => lines.insert(at, word),
        3 => drop(lines.splice(at..at, std::iter::repeat_n(word, 1 + length))),
        4 => {
            let block: Lines = lines.drain(at..at + length).collect();
            let to = dice.below(lines.len() + 1);
            lines.splice(to..to, block);
        }
        _ => {
            let block: Lines = lines[at..at + length].to_vec();
            let to = dice.below(lines.len() + 1);
            lines.splice(to..to, block);
        }
    }
}
