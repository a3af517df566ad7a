//! What people read about a control: the Markdown file beside its source.
//!
//! The file begins with the name of the control. Its four sections have the titles of [`TITLES`],
//! in this order, each as a heading of the second level; the last one shows an example of the
//! settings in TOML.

/// The titles of the four sections.
pub const TITLES: [&str; 4] = [REQUIRES, "Why", "What it cannot show", HOW_TO_MEET];

const REQUIRES: &str = "What it requires";

const HOW_TO_MEET: &str = "How to meet it";

/// The Markdown file of a control.
#[derive(Clone, Copy, Debug)]
pub struct Documentation(pub &'static str);

impl Documentation {
    /// The title and the text of each section, in the order of the file.
    pub fn sections(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let sections = self.0.split("\n## ").skip(1);
        sections.map(|section| section.split_once('\n').unwrap_or((section, ""))).map(trim_section)
    }

    /// The text of the first section: what a met finding of the control shows.
    pub fn requires(&self) -> &'static str {
        self.section(REQUIRES)
    }

    /// The text of the last section, with the example.
    pub fn how_to_meet(&self) -> &'static str {
        self.section(HOW_TO_MEET)
    }

    fn section(&self, title: &str) -> &'static str {
        self.sections().find(|(known, _)| *known == title).map_or("", |(_, text)| text)
    }
}

fn trim_section<'t>((title, text): (&'t str, &'t str)) -> (&'t str, &'t str) {
    (title.trim(), text.trim())
}
