//! A Markdown page: its blocks, headings, links and inline code.

use std::path::{Path, PathBuf};

/// A page, by its path from the root of the project.
pub struct Page {
    pub name: String,
    pub text: String,
}

/// A fenced block.
pub struct Block {
    pub language: String,
    /// The line of its fence, from 1.
    pub line: usize,
    pub text: String,
}

/// A link to a place in the project.
pub struct Link {
    pub line: usize,
    pub target: String,
    /// The file that it leads to; `None` outside of the project.
    pub file: Option<PathBuf>,
    pub anchor: Option<String>,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page for people who use or change the program, sorted.
pub fn pages() -> Vec<Page> {
    let mut files = ["README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"]
        .map(|name| root().join(name))
        .to_vec();
    below(&root().join("docs"), &mut files);
    files.sort();
    files.iter().map(|file| Page::at(file)).collect()
}

fn below(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

impl Page {
    pub fn read(name: &str) -> Page {
        Page::at(&root().join(name))
    }

    pub fn at(file: &Path) -> Page {
        let text = std::fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        Page { name: file.strip_prefix(root()).unwrap().to_str().unwrap().to_string(), text }
    }

    /// The fixtures in which its commands run, each with the line that names it.
    pub fn fixtures(&self) -> Vec<(usize, &str)> {
        let comments = self.prose().into_iter().filter_map(|(line, text)| {
            Some((line, text.strip_prefix("<!-- fixture: ")?.strip_suffix(" -->")?))
        });
        comments.collect()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open = None;
        for (index, line) in self.text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), open) {
                (Some(_), Some(_)) => open = None,
                (Some(language), None) => {
                    open = Some(line.len() - line.trim_start().len());
                    let language = language.to_string();
                    blocks.push(Block { language, line: index + 1, text: String::new() });
                }
                (None, Some(indent)) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line.get(indent..).unwrap_or_default());
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block does not end", self.name);
        blocks
    }

    /// The lines outside of blocks, each with its number.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut inside = false;
        let mut lines = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            let is_fence = line.trim_start().starts_with("```");
            if !inside && !is_fence {
                lines.push((index + 1, line));
            }
            inside ^= is_fence;
        }
        lines
    }

    /// The anchors of its headings, as GitHub makes them.
    pub fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for (_, line) in self.prose().into_iter().filter(|(_, line)| line.starts_with('#')) {
            let anchor = slug(line.trim_start_matches('#').trim());
            let again = anchors.iter().filter(|known| without_number(known) == anchor).count();
            anchors.push(if again == 0 { anchor } else { format!("{anchor}-{again}") });
        }
        anchors
    }

    /// The text between backticks, with its line. A span may go on in the next line.
    pub fn spans(&self) -> Vec<(usize, String)> {
        let mut spans = Vec::new();
        let lines = self.prose();
        let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        let mut parts = text.split('`');
        let mut at = parts.next().map_or(0, |part| part.matches('\n').count());
        while let Some(span) = parts.next() {
            let line = lines.get(at).map_or(0, |(number, _)| *number);
            spans.push((line, span.split_whitespace().collect::<Vec<_>>().join(" ")));
            at += span.matches('\n').count() + parts.next().map_or(0, |part| part.matches('\n').count());
        }
        spans
    }

    pub fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for (line, text) in self.prose() {
            for part in text.split("](").skip(1) {
                let target = part.split_once(')').map_or(part, |(target, _)| target);
                links.push(self.link(line, target));
            }
        }
        links
    }

    fn link(&self, line: usize, target: &str) -> Link {
        let (path, anchor) =
            target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
        let is_outside = target.contains("://");
        let own = root().join(&self.name);
        let file = if path.is_empty() { own.clone() } else { own.parent().unwrap().join(path) };
        let file = (!is_outside).then(|| file.canonicalize().unwrap_or(file));
        let anchor = anchor.filter(|_| !is_outside).map(String::from);
        Link { line, target: target.to_string(), file, anchor }
    }

    pub fn broken_links(&self) -> Vec<String> {
        let leads_nowhere = |link: &Link| {
            let Some(file) = &link.file else { return !link.target.starts_with("https://") };
            let lost = |anchor: &String| !Page::at(file).anchors().contains(anchor);
            !file.exists() || link.anchor.as_ref().is_some_and(lost)
        };
        let broken = self.links().into_iter().filter(leads_nowhere);
        broken.map(|link| format!("{}:{}: {}", self.name, link.line, link.target)).collect()
    }
}

fn slug(heading: &str) -> String {
    let text: String = heading.split("](").enumerate().map(|(at, part)| label(at, part)).collect();
    let kept = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .collect::<String>();
    kept.replace(' ', "-")
}

/// What is left of a heading's part when the targets of links are taken away.
fn label(at: usize, part: &str) -> &str {
    if at == 0 { part } else { part.split_once(')').map_or(part, |(_, rest)| rest) }
}

fn without_number(anchor: &str) -> &str {
    match anchor.rsplit_once('-') {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => anchor,
    }
}
