//! Files that declare types and do nothing: no compiler makes code of them, so no report names
//! them.
//!
//! Each reader knows a few forms and nothing else; a text with anything beside them is not such a
//! file. That a text is one is only claimed of texts that the language's own reader takes: what a
//! compiler refuses is executed by nobody.
//!
//! - TypeScript: `interface`, `type`, `declare`, and imports and exports of types. They leave
//!   nothing behind (TypeScript handbook, "Erased structural types"). An `enum`, a class, and an
//!   import that is not of types only do.
//! - Go: `type` and `const`, whose values are known when it is compiled.
//! - Java: an `interface` without a body or a value in it, `package-info.java`, and
//!   `module-info.java`.

use crate::inert::token::{InertToken, split_tokens};

type DeclarationReader<'t> = fn(&mut Declarations<'t>) -> Option<()>;

/// Does the file declare something, and nothing else?
pub fn are_all(name: &str, text: &str) -> bool {
    let (reader, raw): (DeclarationReader<'_>, bool) = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("ts" | "mts" | "cts" | "tsx") => (Declarations::typescript, false),
        Some("go") if !has_directives(text) => (Declarations::go, true),
        Some("java") if !text.contains("\\u") && !makes_code(text) => (Declarations::java, false),
        _ => return false,
    };
    let Some(tokens) = split_tokens(text, raw).filter(|tokens| !tokens.is_empty()) else { return false };
    let mut declarations = Declarations { tokens: &tokens, at: 0 };
    while declarations.at < tokens.len() {
        if reader(&mut declarations).is_none() {
            return false;
        }
    }
    true
}

/// Go reads some comments, and code of C before `import "C"`.
fn has_directives(text: &str) -> bool {
    ["//go:", "//line", "//export", "/*line", "+build", "\"C\"", "`C`"].iter().any(|one| text.contains(one))
}

/// Packages of Go whose beginning does nothing that anybody waits for. Others do what they like
/// when they are imported, also for a type's sake.
const PACKAGES: [&str; 17] = [
    "context",
    "database/sql",
    "encoding",
    "encoding/json",
    "errors",
    "fmt",
    "io",
    "math",
    "math/big",
    "net",
    "net/http",
    "net/url",
    "sort",
    "strings",
    "sync",
    "time",
    "unsafe",
];

/// Frameworks make code of interfaces of Java: of the texts in annotations (`@Query("…")`), and of
/// the names of methods of repositories and clients. A module can say which class stands in for a
/// service.
fn makes_code(text: &str) -> bool {
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let is_of_a_framework = |word: &str| {
        word == "provides"
            || ["Repository", "Mapper", "Dao", "Client"].iter().any(|ending| word.ends_with(ending))
    };
    text.contains('"') || words.into_iter().any(is_of_a_framework)
}

/// What is on the way from one declaration to the next.
struct Declarations<'t> {
    tokens: &'t [InertToken<'t>],
    at: usize,
}

/// Each method reads what its name says, and is `None` where something else stands there.
impl<'t> Declarations<'t> {
    fn peek(&self) -> Option<InertToken<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.text == text)
    }

    fn eat(&mut self, text: &str) -> bool {
        let is = self.is(text);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, text: &str) -> Option<()> {
        self.eat(text).then_some(())
    }

    fn next(&mut self) -> Option<InertToken<'t>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// A name on the line of the keyword before it: on the next line the keyword would be a name
    /// itself.
    fn name_beside(&mut self) -> Option<()> {
        self.next().filter(|token| token.is_word() && !token.newline).map(|_| ())
    }

    /// From an opening bracket behind the one that closes it.
    fn brackets(&mut self) -> Option<()> {
        let mut closing = Vec::new();
        loop {
            match self.next()?.text {
                "(" => closing.push(")"),
                "[" => closing.push("]"),
                "{" => closing.push("}"),
                text @ (")" | "]" | "}") if closing.pop() != Some(text) => return None,
                _ => {}
            }
            if closing.is_empty() {
                return Some(());
            }
        }
    }

    /// From `<` behind its `>`.
    fn angles(&mut self) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.peek()?.text {
                "<" => depth += 1,
                ">" => depth -= 1,
                "(" | "[" | "{" => {
                    self.brackets()?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn typescript(&mut self) -> Option<()> {
        if self.eat(";") {
            return Some(());
        }
        if self.eat("import") {
            return self.import_of_types();
        }
        if self.eat("export") {
            match self.peek()?.text {
                "{" => return self.export_of_nothing(),
                "type" if matches!(self.tokens.get(self.at + 1)?.text, "{" | "*") => {
                    return self.export_of_types();
                }
                _ => {}
            }
        }
        match self.next()?.text {
            "interface" => {
                self.name_beside()?;
                self.body()
            }
            "type" => {
                self.name_beside()?;
                self.type_to_its_end()
            }
            "declare" => self.declared(),
            _ => None,
        }
    }

    /// `declare` makes anything behind it a declaration.
    fn declared(&mut self) -> Option<()> {
        let keyword = self.next().filter(|token| !token.newline)?.text;
        match keyword {
            "const" if self.eat("enum") => self.body(),
            "const" | "let" | "var" | "function" => {
                self.name_beside()?;
                self.type_to_its_end()
            }
            "interface" | "class" | "enum" | "namespace" | "global" => self.body(),
            "abstract" => {
                self.expect("class")?;
                self.body()
            }
            "module" => {
                let bare =
                    self.tokens.get(self.at + 1).is_none_or(|token| token.text != "{" && token.text != ".");
                if bare { self.type_to_its_end() } else { self.body() }
            }
            "type" => {
                self.name_beside()?;
                self.type_to_its_end()
            }
            _ => None,
        }
    }

    /// Names and what they extend, up to a body in braces and behind it.
    fn body(&mut self) -> Option<()> {
        loop {
            let token = self.peek()?;
            match token.text {
                "{" => return self.brackets(),
                "<" => self.angles()?,
                "." | "," => self.at += 1,
                _ if token.is_word() || token.is_string() => self.at += 1,
                _ => return None,
            }
        }
    }

    /// Up to a semicolon and behind it, or to a line on which the next declaration begins. On the
    /// next line a type only goes on after an operator.
    fn type_to_its_end(&mut self) -> Option<()> {
        const OPERATORS: [&str; 8] = ["=", "|", "&", "?", ":", "=>", "extends", "keyof"];
        const NEXT: [&str; 5] = ["export", "interface", "type", "declare", "import"];
        let mut before = "";
        loop {
            let Some(token) = self.peek() else { return Some(()) };
            let goes_on =
                OPERATORS.contains(&before) || matches!(token.text, "|" | "&" | "?" | ":" | "=" | "=>");
            match token.text {
                ";" => return self.expect(";"),
                _ if token.newline && !goes_on && NEXT.contains(&token.text) => return Some(()),
                _ if token.newline && !goes_on => return None,
                "(" | "[" | "{" => self.brackets()?,
                "<" => self.angles()?,
                ")" | "]" | "}" | ">" | "*" | "+" | "@" | "~" => return None,
                _ => self.at += 1,
            }
            before = token.text;
        }
    }

    /// `import type` with names, or of one name that is not `from`: `import type from` would import
    /// a value.
    fn import_of_types(&mut self) -> Option<()> {
        self.expect("type")?;
        let token = self.peek()?;
        match token.text {
            "{" => self.brackets()?,
            "*" => {
                self.at += 1;
                self.expect("as")?;
                self.next().filter(InertToken::is_word)?;
            }
            "from" => return None,
            _ => self.next().filter(InertToken::is_word).map(|_| ())?,
        }
        self.from()
    }

    fn from(&mut self) -> Option<()> {
        self.expect("from")?;
        self.next().filter(InertToken::is_string)?;
        self.end_of_line()
    }

    fn export_of_types(&mut self) -> Option<()> {
        self.at += 1;
        if self.eat("*") {
            if self.eat("as") {
                self.next().filter(InertToken::is_word)?;
            }
            return self.from();
        }
        self.brackets()?;
        if self.is("from") { self.from() } else { self.end_of_line() }
    }

    /// `export {}` only says that the file is a module.
    fn export_of_nothing(&mut self) -> Option<()> {
        self.expect("{")?;
        self.expect("}")?;
        self.end_of_line()
    }

    fn end_of_line(&mut self) -> Option<()> {
        let is_end = self.eat(";") || self.peek().is_none_or(|token| token.newline);
        is_end.then_some(())
    }

    fn go(&mut self) -> Option<()> {
        let first = self.next().filter(|token| token.newline)?;
        match first.text {
            "package" | "type" | "const" => {}
            // An import for nothing but what it does at its start.
            "import" if !self.line_has("_") && !self.line_has(".") && self.imports_are_known() => {}
            _ => return None,
        }
        while let Some(token) = self.peek().filter(|token| !token.newline) {
            match token.text {
                "(" | "[" | "{" => self.brackets()?,
                ";" | ")" | "]" | "}" => return None,
                _ => self.at += 1,
            }
        }
        Some(())
    }

    /// Are the packages that the import names known ones?
    fn imports_are_known(&self) -> bool {
        let rest = &self.tokens[self.at..];
        let end = rest.iter().position(|token| {
            token.newline && matches!(token.text, "type" | "const" | "import" | "var" | "func")
        });
        let mut names =
            rest[..end.unwrap_or(rest.len())].iter().filter(|token| token.text.starts_with(['"', '`']));
        names.all(|token| PACKAGES.contains(&token.text.trim_matches(['"', '`'])))
    }

    /// Is this alone between here and the next declaration, also in brackets?
    fn line_has(&self, text: &str) -> bool {
        let mut inside = 0;
        for token in &self.tokens[self.at..] {
            inside += i32::from(token.text == "(") - i32::from(token.text == ")");
            if token.text == text {
                return true;
            }
            if token.newline && inside == 0 && token.text != ")" {
                return false;
            }
        }
        false
    }

    fn java(&mut self) -> Option<()> {
        let mut keyword = None;
        loop {
            let token = self.peek()?;
            match token.text {
                ";" if keyword.is_none_or(|keyword| matches!(keyword, "package" | "import")) => {
                    return self.expect(";");
                }
                "{" if matches!(keyword, Some("interface" | "module")) => return self.signatures(),
                "(" => self.brackets()?,
                "<" => self.angles()?,
                "package" | "import" | "interface" | "module" => {
                    keyword = keyword.or(Some(token.text));
                    self.at += 1;
                }
                "class" | "enum" | "record" => return None,
                "." | "," | "@" | "*" | "-" => self.at += 1,
                _ if token.is_word() => self.at += 1,
                _ => return None,
            }
        }
    }

    /// A body in which nothing has a body or a value. What is in parentheses are parameters, or
    /// values of annotations.
    fn signatures(&mut self) -> Option<()> {
        self.expect("{")?;
        loop {
            match self.peek()?.text {
                "}" => return self.expect("}"),
                "{" | "=" => return None,
                "(" | "[" => self.brackets()?,
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_alone_are_declarations() {
        for (name, text) in [
            (
                "a.ts",
                "// Records.\nexport interface Batch<T = string> extends Base, a.Other<T> {\n  id: number\n  load(): void;\n}\n",
            ),
            (
                "a.ts",
                "import type { A } from './a';\nexport type B = A | { x: 1 } | (() => void);\nexport type { A };\n",
            ),
            (
                "a.ts",
                "import type A from \"./a\"\nimport type * as B from './b'\ntype C =\n  | A\n  | B.D\nexport type { C }\nexport {}\n",
            ),
            ("a.ts", "type If<T> = T extends string\n  ? 'a'\n  : { [K in keyof T]: T[K] };"),
            (
                "a.d.ts",
                "declare module 'x' {\n  export function f(a: string): void;\n}\ndeclare global { interface Window { a: 1 } }\n",
            ),
            (
                "a.d.ts",
                "export declare const a: string;\nexport declare class A { f(): void }\ndeclare function g(): void\nexport {};",
            ),
            (
                "a.go",
                "package a\n\nimport (\n\t\"time\"\n)\n\n// A is one.\ntype A struct {\n\tB string `json:\"b\"`\n}\n\nconst (\n\tX = iota\n)\ntype F func(int) string\n",
            ),
            (
                "A.java",
                "package a;\nimport java.util.List;\n/** One. */\npublic interface A<T> extends B {\n  @Deprecated List<T> load(int[] a) throws E;\n}\n",
            ),
            (
                "A.java",
                "package a;\n@Retention(RetentionPolicy.RUNTIME)\npublic @interface A { String value(); }\n",
            ),
            ("package-info.java", "/** Records. */\n@NonNull package a.b;\n"),
            ("module-info.java", "module a.b { requires c; exports a.b to d; }"),
        ] {
            assert!(are_all(name, text), "{name}: {text}");
        }
    }

    #[test]
    fn what_does_something_is_none() {
        for (name, text) in [
            ("a.ts", "interface A {}\nload();\n"),
            ("a.ts", "interface A {} load()"),
            ("a.ts", "interface\nA\n{ load() }"),
            ("a.ts", "type\nA = load()"),
            ("a.ts", "type A = B\nload();\n"),
            ("a.ts", "type A = B\n(load)();\n"),
            ("a.ts", "type A = B\n[load()];\n"),
            ("a.ts", "type A = B\n{ load() }\n"),
            ("a.ts", "type A = B\n`${load()}`\n"),
            ("a.ts", "export enum A { B = load() }"),
            ("a.ts", "declare\nclass A { static x = load() }"),
            ("a.ts", "export const a = 1;"),
            ("a.ts", "import type from './load';"),
            ("a.ts", "import { type A } from './load';"),
            ("a.ts", "import './load';"),
            ("a.ts", "export * from './load';"),
            ("a.ts", "export { a } from './load';"),
            ("a.ts", "type A = 1 // \u{2028} load()\n"),
            ("a.ts", "type A = 'a\\\n'; load()"),
            ("a.ts", ""),
            ("a.js", "type A = 1;"),
            ("a.go", "package a\nvar x = load()\n"),
            ("a.go", "package a\nfunc init() { load() }\n"),
            ("a.go", "package a\ntype A int; func init() { load() }\n"),
            ("a.go", "package a\nimport _ \"load\"\n"),
            ("a.go", "package a\nimport (\n\t_ \"load\"\n)\n"),
            ("a.go", "package a\n// void load() {}\nimport \"C\"\n"),
            ("a.go", "package a\n//go:linkname a load\ntype A int\n"),
            ("A.java", "interface A { int X = load(); }"),
            ("A.java", "interface A { default void f() { load(); } }"),
            ("A.java", "interface A { class B { static { load(); } } }"),
            ("A.java", "class A { static { load(); } }"),
            ("A.java", "enum A { B { { load(); } } }"),
            ("A.java", "interface A { } // \\u000a class B { }"),
            ("A.java", "record A(int interface) { A { load(); } }"),
            ("A.java", "interface A { @Query(\"DELETE FROM a\") void f(); }"),
            ("A.java", "interface A extends CrudRepository<B, C> { void deleteByD(int d); }"),
            ("module-info.java", "module a { provides B with C; }"),
            ("a.go", "package a\n\nimport \"b.test/c\"\n\ntype A c.B\n"),
            ("a.go", "package a\n\nimport (\n\t\"time\"\n\tx \"b/c\"\n)\n\ntype A x.B\n"),
            ("a.py", "x: int"),
        ] {
            assert!(!are_all(name, text), "{name}: {text}");
        }
    }
}
