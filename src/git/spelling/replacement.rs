//! The character that stands for an escape or a reference, and how it is written.

/// Writes what a mark at the beginning of a text stands for; the length of the mark, 0 where there
/// is none.
pub type Undo = fn(&[u8], &mut Vec<u8>) -> usize;

/// A character and the length of what stands for it.
pub type Escape = Option<(char, usize)>;

/// One character instead of the mark. A line end stays one line.
pub fn write_char(escape: Escape, plain: &mut Vec<u8>) -> usize {
    let Some((c, length)) = escape else { return 0 };
    let c = if c == '\n' || c == '\r' { ' ' } else { c };
    plain.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    length
}

/// The value and how many digits it has. What is too large for a character is no character's
/// number.
pub fn read_hexadecimal(text: &[u8], most: usize) -> (u32, usize) {
    let digits = text.iter().take(most).map_while(|b| char::from(*b).to_digit(16));
    digits.fold((0, 0), |(value, length), digit| {
        (if value > 0x00ff_ffff { u32::MAX } else { value << 4 | digit }, length + 1)
    })
}
