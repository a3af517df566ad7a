//! Stubs of Python: texts that type checkers read. Python runs a text whatever its name is, so a
//! text counts as a stub only where nothing in it would do anything but define names.

/// What may be called in a stub, outside of a definition's parameters.
const CALLED: [&str; 7] =
    ["NamedTuple", "NewType", "ParamSpec", "TypeVar", "TypeVarTuple", "TypedDict", "deprecated"];

const DECORATORS: [&str; 10] = [
    "abc.abstractmethod",
    "abstractmethod",
    "classmethod",
    "final",
    "overload",
    "override",
    "property",
    "runtime_checkable",
    "staticmethod",
    "type_check_only",
];

const BEGINNINGS: [&str; 9] = ["async", "class", "def", "elif", "else", "from", "if", "import", "pass"];

/// Does the text only say which types there are?
pub fn is_one(text: &str) -> bool {
    let is_plain = !text.starts_with("#!")
        && !text.contains(['\\', ';', '`', '\r'])
        && !text.contains("\"\"\"")
        && !text.contains("'''");
    is_plain
        && split_statements(text)
            .is_some_and(|statements| statements.iter().all(|statement| is_declaration(statement.trim())))
}

/// The statements, each with its lines joined, without comments and texts; `None` where brackets or
/// marks do not match.
fn split_statements(text: &str) -> Option<Vec<String>> {
    let (mut all, mut one, mut depth) = (Vec::new(), String::new(), 0_i32);
    for line in text.lines() {
        let mut quote = None;
        for letter in line.chars() {
            match (quote, letter) {
                (Some(open), _) if open == letter => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(letter),
                (None, '#') => break,
                (None, _) => {
                    depth += i32::from("([{".contains(letter)) - i32::from(")]}".contains(letter));
                    one.push(letter);
                }
            }
        }
        if quote.is_some() || depth < 0 {
            return None;
        }
        if depth == 0 {
            all.push(std::mem::take(&mut one));
        }
        one.push(' ');
    }
    (depth == 0).then_some(all)
}

fn is_declaration(statement: &str) -> bool {
    if let Some(decorator) = statement.strip_prefix('@') {
        let is_part =
            decorator.ends_with(".setter") || decorator.ends_with(".deleter") || decorator == "deprecated()";
        return is_part || DECORATORS.contains(&decorator);
    }
    let name = |letter: char| !(letter.is_alphanumeric() || letter == '_');
    let first = statement.split(name).next().unwrap_or_default();
    let is_known = statement.is_empty()
        || statement == "..."
        || BEGINNINGS.contains(&first)
        || statement.contains([':', '=']);
    is_known && !statement.contains("metaclass") && !statement.contains("lambda") && calls_nothing(statement)
}

/// Does every opening parenthesis begin parameters, bases, a group, or a call that only makes a
/// type?
fn calls_nothing(statement: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    statement.match_indices('(').all(|(at, _)| {
        let before = statement[..at].trim_end();
        let start = before.rfind(|letter| !is_part(letter)).map_or(0, |at| at + 1);
        let (rest, word) = before.split_at(start.min(before.len()));
        let is_defined = rest.trim_end().ends_with("def")
            || rest.trim() == "class"
            || (word.is_empty() && rest.ends_with(']') && rest.trim_start().starts_with("def "));
        is_defined
            || CALLED.contains(&word)
            || word == "import"
            || (word.is_empty() && !rest.ends_with([')', ']']))
    })
}
