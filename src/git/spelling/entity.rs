//! Characters by number or by name: references of markup, and names that Unicode gives.

use crate::spelling::replacement::{Escape, read_hexadecimal, write_char};

/// Characters that a pattern may ask for and HTML has a name for (HTML, "Named character
/// references"), and some that nobody sees. Letters and digits have no names there.
const ENTITIES: &[(&[u8], char)] = &[
    (b"&lowbar;", '_'),
    (b"&UnderBar;", '_'),
    (b"&period;", '.'),
    (b"&comma;", ','),
    (b"&colon;", ':'),
    (b"&semi;", ';'),
    (b"&equals;", '='),
    (b"&plus;", '+'),
    (b"&percnt;", '%'),
    (b"&excl;", '!'),
    (b"&quest;", '?'),
    (b"&Hat;", '^'),
    (b"&grave;", '`'),
    (b"&lpar;", '('),
    (b"&rpar;", ')'),
    (b"&lsqb;", '['),
    (b"&lbrack;", '['),
    (b"&rsqb;", ']'),
    (b"&rbrack;", ']'),
    (b"&lcub;", '{'),
    (b"&lbrace;", '{'),
    (b"&rcub;", '}'),
    (b"&rbrace;", '}'),
    (b"&verbar;", '|'),
    (b"&vert;", '|'),
    (b"&VerticalLine;", '|'),
    (b"&sol;", '/'),
    (b"&bsol;", '\\'),
    (b"&ast;", '*'),
    (b"&midast;", '*'),
    (b"&dollar;", '$'),
    (b"&num;", '#'),
    (b"&commat;", '@'),
    (b"&apos;", '\''),
    (b"&Tab;", '\t'),
    (b"&NewLine;", ' '),
    (b"&ensp;", ' '),
    (b"&emsp;", ' '),
    (b"&thinsp;", ' '),
    (b"&hairsp;", ' '),
    (b"&numsp;", ' '),
    (b"&puncsp;", ' '),
    (b"&NonBreakingSpace;", ' '),
    (b"&zwj;", '\u{200d}'),
    (b"&zwnj;", '\u{200c}'),
    (b"&lrm;", '\u{200e}'),
    (b"&rlm;", '\u{200f}'),
    (b"&ZeroWidthSpace;", '\u{200b}'),
    (b"&NegativeThinSpace;", '\u{200b}'),
    (b"&NegativeVeryThinSpace;", '\u{200b}'),
    (b"&NegativeMediumSpace;", '\u{200b}'),
    (b"&NegativeThickSpace;", '\u{200b}'),
    (b"&NoBreak;", '\u{2060}'),
    (b"&ApplyFunction;", '\u{2061}'),
    (b"&af;", '\u{2061}'),
    (b"&InvisibleTimes;", '\u{2062}'),
    (b"&it;", '\u{2062}'),
    (b"&InvisibleComma;", '\u{2063}'),
    (b"&ic;", '\u{2063}'),
];

/// Names that HTML also takes without the semicolon at their end.
const OPEN: &[(&[u8], char)] = &[
    (b"&shy", '\u{ad}'),
    (b"&nbsp", ' '),
    (b"&quot", '"'),
    (b"&QUOT", '"'),
    (b"&lt", '<'),
    (b"&LT", '<'),
    (b"&gt", '>'),
    (b"&GT", '>'),
];

/// `&#110;` and `&#x6e;` of XML and HTML, with any number of zeros in front, and the names of HTML.
pub fn reference(text: &[u8], plain: &mut Vec<u8>) -> usize {
    write_char(numbered_entity(text).or_else(|| named_entity(text)), plain)
}

fn numbered_entity(text: &[u8]) -> Escape {
    let number = text.strip_prefix(b"&#")?;
    let (value, end) = match number.first()? {
        b'x' | b'X' => {
            let (value, length) = read_hexadecimal(&number[1..], usize::MAX);
            (value, 3 + length)
        }
        _ => {
            let digits = number.iter().map_while(|b| char::from(*b).to_digit(10));
            let (value, length) = digits.fold((0_u32, 0), |(value, length), digit| {
                (value.saturating_mul(10).saturating_add(digit), length + 1)
            });
            (value, 2 + length)
        }
    };
    let c = char::from_u32(value).filter(|c| *c != '\0')?;
    Some((c, end + usize::from(text.get(end) == Some(&b';'))))
}

/// `&lowbar;` of HTML.
fn named_entity(text: &[u8]) -> Escape {
    text.get(1).filter(|b| b.is_ascii_alphabetic())?;
    let named = |list: &[(&'static [u8], char)]| {
        list.iter().find(|(name, _)| text.starts_with(name)).map(|(name, c)| (*c, name.len()))
    };
    let open = || {
        let (c, length) = named(OPEN)?;
        Some((c, length + usize::from(text.get(length) == Some(&b';'))))
    };
    named(ENTITIES).or_else(open)
}

/// Characters by the names that Unicode gives them, beside letters.
const NAMES: &[(&str, char)] = &[
    ("LOW LINE", '_'),
    ("SPACE", ' '),
    ("NO-BREAK SPACE", ' '),
    ("FULL STOP", '.'),
    ("COMMA", ','),
    ("COLON", ':'),
    ("SEMICOLON", ';'),
    ("HYPHEN-MINUS", '-'),
    ("EQUALS SIGN", '='),
    ("LEFT PARENTHESIS", '('),
    ("RIGHT PARENTHESIS", ')'),
    ("SOLIDUS", '/'),
    ("ASTERISK", '*'),
    ("DOLLAR SIGN", '$'),
    ("NUMBER SIGN", '#'),
    ("COMMERCIAL AT", '@'),
    ("APOSTROPHE", '\''),
    ("QUOTATION MARK", '"'),
    ("SOFT HYPHEN", '\u{ad}'),
    ("ZERO WIDTH SPACE", '\u{200b}'),
    ("ZERO WIDTH JOINER", '\u{200d}'),
    ("ZERO WIDTH NON-JOINER", '\u{200c}'),
    ("DIGIT ZERO", '0'),
    ("DIGIT ONE", '1'),
    ("DIGIT TWO", '2'),
    ("DIGIT THREE", '3'),
    ("DIGIT FOUR", '4'),
    ("DIGIT FIVE", '5'),
    ("DIGIT SIX", '6'),
    ("DIGIT SEVEN", '7'),
    ("DIGIT EIGHT", '8'),
    ("DIGIT NINE", '9'),
];

/// `\N{LATIN SMALL LETTER N}` of Python, `\N{U+006E}` of Perl, and `\c[LOW LINE]` of Raku.
pub fn named(text: &[u8]) -> Escape {
    let end = text.iter().take(64).position(|b| matches!(b, b'}' | b']'))?;
    let name = std::str::from_utf8(&text[3..end]).ok()?.trim().to_ascii_uppercase();
    let letter = |name: &str| name.chars().next().filter(|c| name.len() == 1 && c.is_ascii_uppercase());
    let c = if let Some(digits) = name.strip_prefix("U+") {
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
    } else if let Some(name) = name.strip_prefix("LATIN SMALL LETTER ") {
        letter(name)?.to_ascii_lowercase()
    } else if let Some(name) = name.strip_prefix("LATIN CAPITAL LETTER ") {
        letter(name)?
    } else {
        NAMES.iter().find(|(known, _)| *known == name)?.1
    };
    Some((c, end + 1))
}
