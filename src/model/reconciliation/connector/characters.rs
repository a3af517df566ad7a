//! Character sets of files. They are stated in the policy and never guessed.

/// A character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CharacterSet {
    /// UTF-8. A byte order mark at the beginning of a file is skipped.
    Utf8,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// ISO 8859-1: each byte is the character of its number, 0x80 to 0x9F too.
    Latin1,
    /// ISO 8859-2, Central Europe.
    Latin2,
    /// ISO 8859-15, with the euro sign.
    Latin9,
    /// Windows code page 1250, Central Europe.
    Windows1250,
    /// Windows code page 1251, Cyrillic.
    Windows1251,
    /// Windows code page 1252, Western Europe. Five bytes have no character.
    Windows1252,
    /// Windows code page 1253, Greek.
    Windows1253,
    /// Windows code page 1254, Turkish.
    Windows1254,
    /// Windows code page 1257, Baltic.
    Windows1257,
    /// KOI8-R, Russian.
    Koi8R,
    /// Shift JIS, Japanese.
    ShiftJis,
    /// EUC-JP, Japanese.
    EucJp,
    /// EUC-KR, Korean.
    EucKr,
    /// GB 18030, Chinese.
    Gb18030,
    /// Big5, traditional Chinese.
    Big5,
    /// EBCDIC code page 037, United States and Canada.
    Ibm037,
    /// EBCDIC code page 500, international.
    Ibm500,
    /// EBCDIC code page 1047, Open Systems.
    Ibm1047,
    /// EBCDIC code page 1140: 037 with the euro sign.
    Ibm1140,
}

impl CharacterSet {
    /// Each character set with its name in a policy.
    pub const ALL: [(Self, &str); 22] = [
        (Self::Utf8, "utf-8"),
        (Self::Utf16Le, "utf-16le"),
        (Self::Utf16Be, "utf-16be"),
        (Self::Latin1, "iso-8859-1"),
        (Self::Latin2, "iso-8859-2"),
        (Self::Latin9, "iso-8859-15"),
        (Self::Windows1250, "windows-1250"),
        (Self::Windows1251, "windows-1251"),
        (Self::Windows1252, "windows-1252"),
        (Self::Windows1253, "windows-1253"),
        (Self::Windows1254, "windows-1254"),
        (Self::Windows1257, "windows-1257"),
        (Self::Koi8R, "koi8-r"),
        (Self::ShiftJis, "shift_jis"),
        (Self::EucJp, "euc-jp"),
        (Self::EucKr, "euc-kr"),
        (Self::Gb18030, "gb18030"),
        (Self::Big5, "big5"),
        (Self::Ibm037, "ibm037"),
        (Self::Ibm500, "ibm500"),
        (Self::Ibm1047, "ibm1047"),
        (Self::Ibm1140, "ibm1140"),
    ];

    /// The character set of a policy's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(set, _)| set)
    }

    /// Its name in a policy.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(set, _)| *set == self).map_or("", |(_, name)| name)
    }

    /// Whether bytes below 0x80 are ASCII wherever they occur, so that a file can be divided into
    /// lines and fields before it is decoded.
    #[must_use]
    pub const fn keeps_ascii(self) -> bool {
        use CharacterSet::{
            EucJp, EucKr, Koi8R, Latin1, Latin2, Latin9, Utf8, Windows1250, Windows1251, Windows1252,
            Windows1253, Windows1254, Windows1257,
        };
        matches!(
            self,
            Utf8 | Latin1
                | Latin2
                | Latin9
                | Windows1250
                | Windows1251
                | Windows1252
                | Windows1253
                | Windows1254
                | Windows1257
                | Koi8R
                | EucJp
                | EucKr
        )
    }

    /// Whether each byte is one character.
    #[must_use]
    pub const fn is_single_byte(self) -> bool {
        use CharacterSet::{Big5, EucJp, EucKr, Gb18030, ShiftJis, Utf8, Utf16Be, Utf16Le};
        !matches!(self, Utf8 | Utf16Le | Utf16Be | ShiftJis | EucJp | EucKr | Gb18030 | Big5)
    }
}
