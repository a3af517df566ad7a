//! The two pictures of a procedure: the way of a change and the way of a deployment, as SVG.
//!
//! Drawn from the steps alone, with whole numbers and without fonts of its own, so that the same
//! policy gives the same bytes everywhere. The page says the same steps in words below the picture.

use super::Procedure;
use super::words::bare;
use portcullis_model::visible::escape_lines;
use std::fmt::Write as _;

/// One of the two pictures.
#[derive(Debug)]
pub struct Drawing {
    /// Its heading.
    pub title: &'static str,
    /// What is added to the name of the page.
    suffix: &'static str,
    /// The steps that it shows.
    pub steps: fn(&Procedure) -> &[String],
}

/// Both, in the order of the page.
pub static BOTH: [Drawing; 2] = [
    Drawing { title: "The way of a change", suffix: "change", steps: |procedure| &procedure.change },
    Drawing {
        title: "The way of a deployment",
        suffix: "deployment",
        steps: |procedure| &procedure.deployment,
    },
];

/// Width of the picture, of its boxes, and of a line of text in them, in pixels and characters.
const WIDTH: usize = 640;
const COLUMNS: usize = 68;

/// Height of a line of text, of the space around the text of a box, and of an arrow.
const LINE: usize = 20;
const PADDING: usize = 12;
const ARROW: usize = 24;

/// Colours of both schemes. Text and lines have a contrast of at least 7 to 1 on their ground.
const STYLE: &str = "  <style>
    svg { color-scheme: light dark; font: 15px system-ui, sans-serif; }
    .ground { fill: #ffffff; }
    .box { fill: #eef3fb; stroke: #1d4f91; stroke-width: 1.5; }
    .last { fill: #e4f4e8; stroke: #1a5c2c; }
    .arrow { stroke: #1d4f91; stroke-width: 1.5; fill: none; }
    .number { fill: #1d4f91; font-weight: 700; text-anchor: middle; }
    .words { fill: #14181f; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #14181f; }
      .box { fill: #1d2a3d; stroke: #9cc2f5; }
      .last { fill: #17301f; stroke: #8ddaa0; }
      .arrow { stroke: #9cc2f5; }
      .number { fill: #9cc2f5; }
      .words { fill: #eef2f8; }
    }
  </style>
";

impl Drawing {
    /// The file that belongs beside the page at `path`.
    pub fn file(&self, path: &str) -> String {
        let stem = path.strip_suffix(".md").or(path.strip_suffix(".html")).unwrap_or(path);
        let stem = if stem.is_empty() { "PROCEDURE" } else { stem };
        format!("{stem}-{}.svg", self.suffix)
    }

    /// What is read out in place of the picture.
    pub fn alternative(&self) -> String {
        format!("{}, from top to bottom: the steps that are listed below", self.title)
    }

    /// The picture.
    pub fn draw(&self, procedure: &Procedure) -> String {
        let steps: Vec<Vec<String>> = (self.steps)(procedure).iter().map(|step| wrap(&bare(step))).collect();
        let height = 20 + steps.iter().map(|lines| box_height(lines) + ARROW).sum::<usize>() - ARROW.min(20);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{0}-title {0}-steps\">\n",
            self.suffix
        );
        let _ = writeln!(svg, "  <title id=\"{}-title\">{}</title>", self.suffix, self.title);
        let _ =
            writeln!(svg, "  <desc id=\"{}-steps\">{}</desc>", self.suffix, escape_lines(&describe(&steps)));
        svg.push_str(STYLE);
        let _ = writeln!(svg, "  <rect class=\"ground\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>");
        let mut top = 10;
        for (at, lines) in steps.iter().enumerate() {
            if at > 0 {
                svg.push_str(&draw_arrow(top));
                top += ARROW;
            }
            svg.push_str(&draw_box(top, at + 1, lines, at + 1 == steps.len()));
            top += box_height(lines);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn describe(steps: &[Vec<String>]) -> String {
    let all = (1..).zip(steps).map(|(number, lines)| format!("{number}. {}", lines.join(" ")));
    all.collect::<Vec<_>>().join(" ")
}

fn box_height(lines: &[String]) -> usize {
    lines.len() * LINE + 2 * PADDING
}

fn draw_box(top: usize, number: usize, lines: &[String], last: bool) -> String {
    let (height, class) = (box_height(lines), if last { "box last" } else { "box" });
    let width = WIDTH - 20;
    let mut text = format!(
        "  <rect class=\"{class}\" x=\"10\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n"
    );
    let middle = top + height / 2 + 5;
    let _ = writeln!(text, "  <text class=\"number\" x=\"36\" y=\"{middle}\">{number}</text>");
    for (at, line) in lines.iter().enumerate() {
        let base = top + PADDING + at * LINE + 15;
        let _ = writeln!(text, "  <text class=\"words\" x=\"62\" y=\"{base}\">{}</text>", escape_lines(line));
    }
    text
}

fn draw_arrow(top: usize) -> String {
    let (middle, tip) = (WIDTH / 2, top + ARROW - 2);
    let (left, right, wing) = (middle - 5, middle + 5, tip - 6);
    format!(
        "  <path class=\"arrow\" d=\"M{middle} {} V{tip} M{left} {wing} L{middle} {tip} L{right} {wing}\"/>\n",
        top + 2
    )
}

/// Lines of at most [`COLUMNS`] characters; a longer word is broken, so that nothing runs out of
/// its box.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let pieces = text.split_whitespace().flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.chunks(COLUMNS).map(|chunk| chunk.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for word in pieces {
        let Some(line) = lines.last_mut() else { break };
        match line.is_empty() || line.chars().count() + 1 + word.chars().count() <= COLUMNS {
            true if line.is_empty() => line.push_str(&word),
            true => {
                line.push(' ');
                line.push_str(&word);
            }
            false => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_runs_out_of_its_box() {
        let long = format!("see {} and more", "x".repeat(150));
        assert!(wrap(&long).iter().all(|line| line.chars().count() <= COLUMNS), "{:?}", wrap(&long));
        assert_eq!(wrap("a b"), ["a b"]);
    }

    #[test]
    fn pictures_are_named_after_their_page() {
        let [change, deployment] = &BOTH;
        assert_eq!(change.file("docs/PROCEDURE.md"), "docs/PROCEDURE-change.svg");
        assert_eq!(deployment.file(""), "PROCEDURE-deployment.svg");
    }
}
