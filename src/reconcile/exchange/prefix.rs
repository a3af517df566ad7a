//! What the keyed keys of a part begin with.

/// The first bytes of a keyed key: one to sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyPrefix {
    /// The least key of the part.
    first: u128,
    /// How many bytes all of its keys have in common.
    length: u8,
}

/// The most bytes that a prefix has: those of a key.
const LONGEST: u8 = 16;

impl KeyPrefix {
    /// The prefix of a bucket.
    pub(super) const fn of_bucket(bucket: u8) -> Self {
        Self { first: (bucket as u128) << 120, length: 1 }
    }

    /// The prefix in two lower-case hexadecimal digits for each byte.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.len();
        let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let length = u8::try_from(digits / 2).ok().filter(|length| (1..=LONGEST).contains(length))?;
        if !plain || !digits.is_multiple_of(2) {
            return None;
        }
        let value = u128::from_str_radix(text, 16).ok()?;
        Some(Self { first: value << (128 - 8 * u32::from(length)), length })
    }

    /// Two hexadecimal digits for each byte.
    pub(super) fn to_text(self) -> String {
        let digits = usize::from(self.length) * 2;
        format!("{:032x}", self.first).chars().take(digits).collect()
    }

    /// The bucket that the part lies in.
    pub(super) const fn bucket(self) -> u8 {
        (self.first >> 120) as u8
    }

    /// The least key of the part.
    pub(super) const fn first(self) -> u128 {
        self.first
    }

    /// The greatest key of the part.
    pub(super) const fn last(self) -> u128 {
        match self.length {
            LONGEST => self.first,
            _ => self.first | (u128::MAX >> (8 * self.length as u32)),
        }
    }

    /// Whether a key is of the part.
    pub(super) const fn holds(self, key: u128) -> bool {
        self.first <= key && key <= self.last()
    }

    /// Whether the part is a single key.
    pub(super) const fn is_key(self) -> bool {
        self.length == LONGEST
    }

    /// The 256 smaller parts; none of a single key.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let length = self.length + 1;
        let (count, shift) = if self.is_key() { (0_u16, 0) } else { (256, 128 - 8 * u32::from(length)) };
        (0..count).map(move |child| Self { first: self.first | u128::from(child) << shift, length })
    }
}
