//! What a reader of a language is in the midst of where each line begins: a string, a comment, a
//! statement.
//!
//! This is no parser. It knows the marks that begin and end text of several lines, and says where
//! it cannot be sure. Its users compare two texts that were read alike, or count only what is sure.

/// Where a line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineStart {
    /// Within a string, a document of a shell, or what follows the end of a script.
    pub is_text: bool,
    /// Within a comment of several lines.
    pub is_comment: bool,
    /// The line before ends with a backslash.
    pub is_continued: bool,
    /// Within a statement that an earlier line began, as far as brackets, backslashes and
    /// semicolons show it.
    pub is_within: bool,
}

impl LineStart {
    /// Does nothing execute what stands here?
    pub fn is_asleep(self) -> bool {
        self.is_text || self.is_comment
    }
}

/// A text that was read.
pub struct LineStates {
    /// For each line, and for the end.
    pub lines: Vec<LineStart>,
    /// Was there nothing that could have been read otherwise?
    pub is_sure: bool,
}

struct LexicalRules {
    endings: &'static [&'static str],
    comments: &'static [&'static str],
    blocks: &'static [(&'static str, &'static str)],
    /// Marks of strings of several lines.
    long: &'static [&'static str],
    short: &'static [char],
    /// Do other strings go on over the end of a line too?
    spans: bool,
    heredocs: bool,
    is_sql: bool,
}

const QUOTES: &[char] = &['"', '\''];
const BLOCKS: &[(&str, &str)] = &[("/*", "*/")];

/// Of a name whose ending is not in the table.
const OTHER: LexicalRules = LexicalRules {
    endings: &[],
    comments: &[],
    blocks: &[("/*", "*/"), ("<!--", "-->")],
    long: &["\"\"\"", "'''", "`"],
    short: QUOTES,
    spans: false,
    heredocs: true,
    is_sql: false,
};

const LANGUAGES: [LexicalRules; 10] = [
    LexicalRules {
        endings: &["py", "pyi", "pyw", "pyx"],
        comments: &["#"],
        blocks: &[],
        long: &["\"\"\"", "'''"],
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["sh", "bash", "zsh", "ksh"],
        comments: &["#"],
        long: &[],
        blocks: &[],
        spans: true,
        ..OTHER
    },
    LexicalRules {
        endings: &["rb", "rake", "pl", "pm", "tf"],
        comments: &["#"],
        blocks: &[],
        long: &[],
        spans: true,
        ..OTHER
    },
    LexicalRules {
        endings: &["r", "R"],
        comments: &["#"],
        blocks: &[],
        long: &["`"],
        spans: true,
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["jl"],
        comments: &["#"],
        blocks: &[("#=", "=#")],
        long: &["\"\"\"", "```", "`"],
        short: &['"'],
        spans: true,
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "go"],
        comments: &["//"],
        blocks: BLOCKS,
        long: &["`"],
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["java", "kt", "kts", "scala", "swift", "cs", "dart", "groovy"],
        comments: &["//"],
        blocks: BLOCKS,
        long: &["\"\"\"", "'''"],
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["c", "h", "cc", "cpp", "hpp", "cxx", "proto"],
        comments: &["//"],
        blocks: BLOCKS,
        long: &[],
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["rs"],
        comments: &["//"],
        blocks: BLOCKS,
        long: &[],
        spans: true,
        heredocs: false,
        ..OTHER
    },
    LexicalRules {
        endings: &["sql", "ddl", "dml", "psql"],
        comments: &["--"],
        blocks: BLOCKS,
        long: &["$$"],
        spans: true,
        heredocs: false,
        is_sql: true,
        ..OTHER
    },
];

/// In these every line is data or is written out, also a blank one.
const OUTPUT: &[&str] = &[
    "asp", "aspx", "csv", "dat", "ejs", "erb", "haml", "htm", "html", "ipynb", "j2", "jinja", "jinja2",
    "jsp", "md", "php", "phtml", "rst", "slim", "svelte", "svg", "tmpl", "tpl", "tsv", "txt", "vue", "xml",
];

enum LexicalState {
    Code,
    Comment(&'static str),
    Long(&'static str),
    Short(char),
    /// Up to a line with this word.
    Document(String),
    /// Up to a line that begins with one of these.
    Pod,
    Ended,
}

struct LineReader {
    language: &'static LexicalRules,
    state: LexicalState,
    /// Open brackets; does an expression in them?
    brackets: Vec<bool>,
    document: Option<String>,
    is_continued: bool,
    has_begun: bool,
    is_sure: bool,
}

/// Reads a text in the language that a name says.
pub fn read(name: &str, text: &str) -> LineStates {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let language = LANGUAGES.iter().find(|language| language.endings.contains(&ending)).unwrap_or(&OTHER);
    let mut reader = LineReader {
        language,
        state: LexicalState::Code,
        brackets: Vec::new(),
        document: None,
        is_continued: false,
        has_begun: false,
        is_sure: !OUTPUT.contains(&ending.to_ascii_lowercase().as_str()),
    };
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.push(reader.at());
        reader.line(line.trim_end_matches('\r'));
    }
    lines.push(reader.at());
    LineStates { lines, is_sure: reader.is_sure }
}

impl LineReader {
    fn at(&self) -> LineStart {
        let is_text = matches!(
            self.state,
            LexicalState::Long(_) | LexicalState::Short(_) | LexicalState::Document(_) | LexicalState::Ended
        );
        LineStart {
            is_text,
            is_comment: matches!(self.state, LexicalState::Comment(_) | LexicalState::Pod),
            is_continued: self.is_continued,
            is_within: self.is_continued
                || self.brackets.last().is_some_and(|is_expression| *is_expression)
                || (self.language.is_sql && self.has_begun),
        }
    }

    fn line(&mut self, line: &str) {
        self.is_continued = false;
        match &self.state {
            LexicalState::Document(word) if line.trim() == word => self.state = LexicalState::Code,
            LexicalState::Pod if line.starts_with("=end") || line.starts_with("=cut") => {
                self.state = LexicalState::Code
            }
            LexicalState::Document(_) | LexicalState::Pod | LexicalState::Ended => {}
            LexicalState::Code => {
                if !self.begins_aside(line) {
                    self.read(line);
                }
            }
            _ => self.read(line),
        }
    }

    /// Lines that begin documentation, or end a script.
    fn begins_aside(&mut self, line: &str) -> bool {
        let has_asides = self.language.endings.contains(&"rb");
        if has_asides && ["=begin", "=pod", "=head"].iter().any(|mark| line.starts_with(mark)) {
            self.state = LexicalState::Pod;
            return true;
        }
        let is_end = has_asides && matches!(line.trim_end(), "__END__" | "__DATA__");
        if is_end {
            self.state = LexicalState::Ended;
        }
        is_end
    }

    fn read(&mut self, line: &str) {
        let mut at = 0;
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            let before = line[..at].chars().next_back();
            at += match self.state {
                LexicalState::Code => self.code(rest, before),
                LexicalState::Comment(end) => self.up_to(rest, end),
                LexicalState::Long(end) => self.text(rest, end),
                LexicalState::Short(quote) => {
                    let mut buffer = [0; 4];
                    let end = quote.encode_utf8(&mut buffer);
                    self.text(rest, end)
                }
                LexicalState::Document(_) | LexicalState::Pod | LexicalState::Ended => rest.len(),
            };
        }
        self.end_of_line(line);
    }

    fn end_of_line(&mut self, line: &str) {
        if matches!(self.state, LexicalState::Code) {
            self.is_continued = line.ends_with('\\');
            let is_block = self.language.endings.is_empty()
                && line.trim_end_matches(['-', '+', ' ']).ends_with(['|', '>']);
            self.is_sure &= !is_block;
        }
        if matches!(self.state, LexicalState::Short(_)) && !self.language.spans {
            self.is_sure = false;
            self.state = LexicalState::Code;
        }
        if let Some(word) = self.document.take().filter(|_| matches!(self.state, LexicalState::Code)) {
            self.state = LexicalState::Document(word);
        }
    }

    fn up_to(&mut self, rest: &str, end: &str) -> usize {
        // Some languages nest them.
        self.is_sure &= !rest.starts_with("/*");
        if rest.starts_with(end) {
            self.state = LexicalState::Code;
            return end.len();
        }
        first_width(rest)
    }

    fn text(&mut self, rest: &str, end: &str) -> usize {
        if let Some(escaped) = rest.strip_prefix('\\') {
            // Not every string knows escapes.
            self.is_sure &= !(escaped.starts_with(end) && (self.language.is_sql || end.len() == 3));
            return 1 + first_width(escaped);
        }
        if rest.starts_with("${") {
            // Code within the text, perhaps with text in it.
            let inside = rest.split_once('}').map(|(inside, _)| inside);
            self.is_sure &= inside.is_some_and(|inside| !inside.contains(['`', '"', '\'']));
        }
        if rest.starts_with(end) {
            self.state = LexicalState::Code;
            return end.len();
        }
        first_width(rest)
    }

    fn code(&mut self, rest: &str, before: Option<char>) -> usize {
        let language = self.language;
        let is_free = before.is_none_or(|before| before.is_whitespace() || "({[,;})".contains(before));
        if let Some((begin, end)) = language.blocks.iter().find(|(begin, _)| rest.starts_with(begin)) {
            // What MySQL and Oracle read, although it looks like a comment.
            if !(language.is_sql && rest[begin.len()..].starts_with(['!', '+', 'M'])) {
                self.is_sure &= is_free;
                self.state = LexicalState::Comment(end);
            }
            return begin.len();
        }
        if language.comments.iter().any(|mark| rest.starts_with(mark))
            && (is_free || !language.spans || language.is_sql)
        {
            self.is_sure &= is_free || before.is_some_and(char::is_alphanumeric);
            return rest.len();
        }
        if let Some(mark) = language.long.iter().find(|mark| rest.starts_with(**mark)) {
            self.has_begun = true;
            self.state = LexicalState::Long(mark);
            return mark.len();
        }
        self.mark(rest, before)
    }

    fn mark(&mut self, rest: &str, before: Option<char>) -> usize {
        let Some(first) = rest.chars().next() else { return 1 };
        match first {
            '\\' if self.language.heredocs => return 1 + first_width(&rest[1..]),
            '\'' if self.language.endings.contains(&"rs") => return self.tick(rest),
            _ if self.language.short.contains(&first) => {
                let is_raw = before.is_some_and(|before| "rR#@$".contains(before));
                self.is_sure &= !is_raw || self.language.endings.contains(&"py");
                self.state = LexicalState::Short(first);
            }
            '<' if self.language.heredocs && rest.starts_with("<<") => return self.heredoc(rest),
            '/' | '%' => self.is_sure &= !may_quote(rest, self.language.heredocs),
            '(' | '[' => self.brackets.push(!self.language.heredocs || self.language.endings.is_empty()),
            '{' => self.brackets.push(self.is_literal(before)),
            ')' | ']' | '}' => drop(self.brackets.pop()),
            ';' => {
                self.has_begun = false;
                return 1;
            }
            _ => {}
        }
        self.has_begun |= !first.is_whitespace();
        first.len_utf8()
    }

    fn is_literal(&self, before: Option<char>) -> bool {
        let inside = self.brackets.last().is_some_and(|is_expression| *is_expression);
        self.language.endings.contains(&"py")
            || (inside && before.is_some_and(|before| "(,:=[?".contains(before)))
    }

    /// A character between ticks, or the name of a lifetime.
    fn tick(&mut self, rest: &str) -> usize {
        let inside = &rest[1..];
        if inside.starts_with('\\') {
            return inside.get(2..).and_then(|more| more.find('\'')).map_or(rest.len(), |end| end + 4);
        }
        let length = first_width(inside);
        if inside.get(length..).is_some_and(|more| more.starts_with('\'')) { length + 2 } else { 1 }
    }

    fn heredoc(&mut self, rest: &str) -> usize {
        if rest.starts_with("<<<") {
            return 3;
        }
        self.is_sure = false;
        let word = rest[2..].trim_start_matches(['-', '~', ' ', '\\', '"', '\'']);
        let end =
            word.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(word.len());
        if end > 0 {
            self.document = Some(word[..end].to_string());
            // What closes the quotation mark around the word.
            let skipped = rest.len() - word.len() + end;
            return skipped + usize::from(rest[skipped..].starts_with(['"', '\'']));
        }
        2
    }
}

/// May a string or a regular expression begin here, with a mark that the reader would take for
/// another?
fn may_quote(rest: &str, of_choice: bool) -> bool {
    of_choice || rest.contains(['"', '\'', '`'])
}

fn first_width(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}
