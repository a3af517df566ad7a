//! A parser of JSON (RFC 8259), strict, with a bound on nesting.

use super::JsonValue;

/// Deepest nesting.
const DEEPEST: usize = 100;

/// What is wrong with a text, and after how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonProblem {
    pub at: usize,
    pub what: &'static str,
}

/// One JSON value and nothing else.
pub(crate) fn parse_json(text: &str) -> Result<JsonValue, JsonProblem> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.parse_value(0)?;
    parser.skip_blanks();
    if parser.at < text.len() { Err(parser.fail("Text follows the value.")) } else { Ok(value) }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    const fn fail(&self, what: &'static str) -> JsonProblem {
        JsonProblem { at: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Goes over one byte if it is this one.
    fn take(&mut self, byte: u8) -> bool {
        let is_here = self.peek() == Some(byte);
        self.at += usize::from(is_here);
        is_here
    }

    fn parse_value(&mut self, depth: usize) -> Result<JsonValue, JsonProblem> {
        if depth > DEEPEST {
            return Err(self.fail("Values are nested too deeply."));
        }
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => self.parse_object(depth),
            Some(b'[') => self.parse_array(depth),
            Some(b'"') => Ok(JsonValue::Text(self.parse_text()?)),
            Some(b'-' | b'0'..=b'9') => self.parse_number(),
            Some(b't') => self.parse_word("true", JsonValue::Boolean(true)),
            Some(b'f') => self.parse_word("false", JsonValue::Boolean(false)),
            Some(b'n') => self.parse_word("null", JsonValue::Null),
            Some(_) => Err(self.fail("This is no JSON value.")),
            None => Err(self.fail("The value is cut.")),
        }
    }

    fn parse_word(&mut self, word: &str, value: JsonValue) -> Result<JsonValue, JsonProblem> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.fail("This is no JSON value."));
        }
        self.at += word.len();
        Ok(value)
    }

    fn parse_object(&mut self, depth: usize) -> Result<JsonValue, JsonProblem> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(JsonValue::Object(members));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.fail("A member's name is missing."));
            }
            let name = self.parse_text()?.map_err(|what| self.fail(what))?;
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.fail("A colon is missing."));
            }
            members.push((name, self.parse_value(depth + 1)?));
            self.skip_blanks();
            if self.take(b'}') {
                return Ok(JsonValue::Object(members));
            }
            if !self.take(b',') {
                return Err(self.fail("The object is cut, or a comma is missing."));
            }
        }
    }

    fn parse_array(&mut self, depth: usize) -> Result<JsonValue, JsonProblem> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.take(b']') {
            return Ok(JsonValue::Array(items));
        }
        loop {
            items.push(self.parse_value(depth + 1)?);
            self.skip_blanks();
            if self.take(b']') {
                return Ok(JsonValue::Array(items));
            }
            if !self.take(b',') {
                return Err(self.fail("The array is cut, or a comma is missing."));
            }
        }
    }

    fn parse_number(&mut self) -> Result<JsonValue, JsonProblem> {
        let start = self.at;
        self.take(b'-');
        let zero = self.peek() == Some(b'0');
        let whole = self.skip_digits();
        let mut is_number = whole > 0 && (!zero || whole == 1);
        if self.take(b'.') {
            is_number &= self.skip_digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            is_number &= self.skip_digits() > 0;
        }
        if is_number {
            Ok(JsonValue::Number(self.text[start..self.at].to_string()))
        } else {
            Err(self.fail("This is no JSON number."))
        }
    }

    fn skip_digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    /// A text in quotation marks. What has no characters is not a mistake of the grammar.
    fn parse_text(&mut self) -> Result<Result<String, &'static str>, JsonProblem> {
        self.at += 1;
        let mut text = String::new();
        let mut problem = None;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let Some(plain) = plain else { return Err(self.fail("A text is cut.")) };
            let part = &self.text[self.at..self.at + plain];
            // The reader of the file writes this for bytes that are no text.
            if part.contains('\u{fffd}') {
                problem = Some("its bytes are no text");
            }
            text.push_str(part);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(problem.map_or(Ok(text), Err));
                }
                Some(b'\\') => match self.parse_escape()? {
                    Some(character) => text.push(character),
                    None => problem = Some("it holds half a surrogate pair"),
                },
                _ => return Err(self.fail("A control character is within a text.")),
            }
        }
    }

    /// A character after a backslash; `None`: half a surrogate pair.
    fn parse_escape(&mut self) -> Result<Option<char>, JsonProblem> {
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.fail("A text is cut.")) };
        self.at += 1;
        Ok(Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.parse_unit(),
            _ => return Err(self.fail("A backslash comes before a character that needs none.")),
        }))
    }

    fn parse_unit(&mut self) -> Result<Option<char>, JsonProblem> {
        let first = self.take_hexadecimal()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first));
        }
        if !self.text[self.at..].starts_with("\\u") {
            return Ok(None);
        }
        let back = self.at;
        self.at += 2;
        let second = self.take_hexadecimal()?;
        if (0xdc00..0xe000).contains(&second) {
            return Ok(char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
        }
        self.at = back;
        Ok(None)
    }

    fn take_hexadecimal(&mut self) -> Result<u32, JsonProblem> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(unit) = unit else { return Err(self.fail("`\\u` needs four hexadecimal digits.")) };
        self.at += 4;
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_allows_is_read() {
        let text = " {\"a\\n\\ud83d\\ude00\" : [ 1 , -0.5e+2, true, false, null, \"\\u00e9/\\/\" ] , \"b\":{} } \r\n";
        let number = |text: &str| JsonValue::Number(text.to_string());
        let items = vec![
            number("1"),
            number("-0.5e+2"),
            JsonValue::Boolean(true),
            JsonValue::Boolean(false),
            JsonValue::Null,
            JsonValue::Text(Ok("é//".to_string())),
        ];
        let members = vec![
            ("a\n😀".to_string(), JsonValue::Array(items)),
            ("b".to_string(), JsonValue::Object(Vec::new())),
        ];
        assert_eq!(parse_json(text).unwrap(), JsonValue::Object(members));
    }

    #[test]
    fn what_json_forbids_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "NaN",
            "tru",
            "\"a",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "{} {}",
            "{\"a\" 1}",
            "'a'",
            "[1 2]",
            "\"\\",
            "nul\u{e9}",
        ] {
            assert!(parse_json(text).is_err(), "{text:?}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse_json(&deep).unwrap_err().what, "Values are nested too deeply.");
    }

    #[test]
    fn half_a_pair_is_no_character() {
        for text in [r#""\ud800""#, r#""\ud800x""#, r#""\ud800\u0041""#, r#""\udc00""#] {
            assert!(matches!(parse_json(text).unwrap(), JsonValue::Text(Err(_))), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_serde_json_writes_is_read_alike(text in "[\\[\\]{}\",:0-9a-e.\\\\ntrufals+ -]{0,30}") {
            let ours = parse_json(&text).is_ok();
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            // Numbers beyond a double are numbers here.
            let is_range = theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            let is_surrogate = theirs.as_ref().is_err_and(|error| error.to_string().contains("surrogate"));
            proptest::prop_assert!(is_range || is_surrogate || ours == theirs.is_ok(), "{text:?}");
        }
    }
}
