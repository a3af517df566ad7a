//! Lines as numbers, one for each different line: what is compared again and again is then compared
//! in one step.

/// The lines of a text, each with its end.
pub fn text_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', text).map(|at| at + 1).chain([text.len()]);
    let line = |start: &mut usize, end| Some(&text[std::mem::replace(start, end)..end]);
    ends.scan(0, line).filter(|line| !line.is_empty())
}

/// The lines seen so far.
pub struct LineNumbers<'t> {
    slots: Vec<u32>,
    seen: Vec<(u64, &'t [u8])>,
}

impl<'t> LineNumbers<'t> {
    /// No lines yet; room for those of texts with so many bytes.
    pub fn for_bytes(bytes: usize) -> Self {
        LineNumbers { slots: vec![0; (bytes / 8 + 16).next_power_of_two()], seen: Vec::new() }
    }

    /// The number of a line.
    pub fn of(&mut self, line: &'t [u8]) -> u32 {
        if self.seen.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash_line(line);
        let mut at = hash as usize & (self.slots.len() - 1);
        while let Some(known) = (self.slots[at] as usize).checked_sub(1) {
            if self.seen[known] == (hash, line) {
                return known as u32;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.seen.push((hash, line));
        self.slots[at] = self.seen.len() as u32;
        self.seen.len() as u32 - 1
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for (index, (hash, _)) in self.seen.iter().enumerate() {
            let mut at = *hash as usize & (self.slots.len() - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (self.slots.len() - 1);
            }
            self.slots[at] = index as u32 + 1;
        }
    }
}

/// Eight bytes at a time, the last eight once more; only speed depends on it, because lines are
/// compared as well.
fn hash_line(line: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let (words, rest) = line.as_chunks();
    let last = match line.last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => rest.iter().fold(0, |last, byte| (last << 8) | u64::from(*byte)),
    };
    let whole = words.iter().fold(line.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mixed = mix(whole, last);
    mixed ^ (mixed >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_its_end() {
        let split = |text: &'static str| text_lines(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(split("a\n\nb"), [&b"a\n"[..], b"\n", b"b"]);
        assert_eq!(split("a\n"), [b"a\n"]);
        assert!(split("").is_empty());
    }

    #[test]
    fn equal_lines_have_one_number() {
        let mut numbers = LineNumbers::for_bytes(0);
        let lines: Vec<String> = (0..500).map(|n| format!("line {n}")).collect();
        for _ in 0..2 {
            let found = lines.iter().map(|line| numbers.of(line.as_bytes()));
            assert!(found.eq(0..500));
        }
    }
}
