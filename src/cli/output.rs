//! Decisions and data out, complaints beside them: stdout carries data and nothing else.
#![allow(clippy::print_stderr, reason = "complaints go to stderr")]

use super::exit::{Exit, Failure, Result};
use super::{clauses, program, screen};
use clap::Args;
use portcullis_forge::ci;
use portcullis_judge::control::{self, Kind};
use portcullis_model::decision::Decision;
use portcullis_model::gathered::GatheredFacts;
use portcullis_render::{self as render, Context, ControlGuide, Format, Imprint, SourceText, Style};
use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

/// How the decision is shown.
#[derive(Debug, Args)]
pub struct Shown {
    /// The formats by name, each to stdout or with `=FILE` to a file.
    #[arg(long = "format", value_name = "NAME[=FILE]", help = format_help(), help_heading = "Output")]
    formats: Vec<String>,
    /// Show the decision, but exit with 0 if it is `blocked` or `undetermined`.
    #[arg(long, help_heading = "Output")]
    advisory: bool,
    /// Also show what is met, how each landing was explained, and (on stderr) which facts each
    /// control used.
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
}

fn format_help() -> String {
    let names: Vec<String> = render::TABLE.iter().map(|format| format!("`{}`", format.name)).collect();
    format!(
        "One of {}; to a file with `=FILE`. Repeatable. Default: `terminal`, and in a job of a CI system also the \
         annotations and the summary that it shows; `default` names all of these, beside formats in files",
        names.join(", ")
    )
}

/// One format and where it goes.
struct Target {
    format: &'static Format,
    file: Option<PathBuf>,
    append: bool,
}

/// Where a decision will go. Made before anything is judged, so that a misspelt format costs no
/// time.
pub struct Plan<'a> {
    targets: Vec<Target>,
    arguments: &'a Shown,
}

/// What formats may show beside a decision.
#[derive(Clone, Copy)]
pub struct ShownBeside<'a> {
    /// The text that findings point to.
    pub sources: &'a dyn SourceText,
    /// What the decision was taken from.
    pub facts: Option<&'a GatheredFacts>,
}

impl Shown {
    /// What was asked for.
    ///
    /// # Errors
    /// An unknown format, two formats for stdout or for one file.
    pub fn plan(&self) -> Result<Plan<'_>> {
        let targets = if self.formats.is_empty() { usual_targets() } else { parse_targets(&self.formats)? };
        Ok(Plan { targets, arguments: self })
    }
}

impl Plan<'_> {
    /// Is everything to be shown?
    pub fn is_verbose(&self) -> bool {
        self.arguments.verbose
    }

    /// Does the gate only advise?
    pub fn is_advisory(&self) -> bool {
        self.arguments.advisory
    }

    /// The files that it is going to write; the job summary is only added to.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.targets.iter().filter(|target| !target.append).filter_map(|target| target.file.as_deref())
    }

    /// Shows a decision in every format asked for, and says how to exit.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn show(&self, decision: &Decision, beside: ShownBeside<'_>) -> Result {
        for target in &self.targets {
            write_target(decision, target, self.arguments, beside)?;
        }
        Ok(if self.arguments.advisory { Exit::Allowed } else { Exit::from(decision.outcome) })
    }
}

/// The name for what is shown where no format is named.
pub const DEFAULT_FORMAT: &str = "default";

fn parse_targets(formats: &[String]) -> Result<Vec<Target>> {
    let (usual, named): (Vec<&String>, Vec<&String>) =
        formats.iter().partition(|text| *text == DEFAULT_FORMAT);
    let named = named.into_iter().map(|text| parse_target(text)).collect::<Result<Vec<_>>>()?;
    // What is usual takes stdout once, however many formats it is of.
    let places = named.iter().map(|target| target.file.as_deref());
    refuse_same_place(places.chain(usual.iter().map(|_| None)))?;
    let usual = if usual.is_empty() { Vec::new() } else { usual_targets() };
    Ok(usual.into_iter().chain(named).collect())
}

/// The name of a format and its file, of `NAME` or `NAME=FILE`.
///
/// # Errors
/// The file has no name.
pub fn split_format(text: &str) -> Result<(&str, Option<PathBuf>)> {
    match text.split_once('=') {
        Some((name, "")) => {
            Err(Failure::usage(format!("`--format {text}` names no file; write --format {name}=FILE")))
        }
        Some((name, file)) => Ok((name, Some(PathBuf::from(file)))),
        None => Ok((text, None)),
    }
}

/// Refuses two formats for stdout (`None`) or for one file.
///
/// # Errors
/// Which place it is.
pub fn refuse_same_place<'p>(mut places: impl Iterator<Item = Option<&'p Path>>) -> Result<()> {
    let mut seen = BTreeSet::new();
    match places.find(|place| !seen.insert(*place)) {
        None => Ok(()),
        Some(None) => Err(Failure::usage(
            "only one format can go to stdout; give the others a file: --format json=FILE",
        )),
        Some(Some(file)) => {
            Err(Failure::usage(format!("two formats would be written to {}", file.display())))
        }
    }
}

fn usual_targets() -> Vec<Target> {
    let plain = |format: &'static Format| Target { format, file: None, append: false };
    let mut targets = vec![plain(&render::terminal::FORMAT)];
    let job = ci::current_job();
    targets.extend(job.default_formats().iter().filter_map(|name| render::find(name)).map(plain));
    if let Some((file, name)) = job.summary() {
        let summary = |format| Target { format, file: Some(file), append: true };
        targets.extend(render::find(name).map(summary));
    }
    targets
}

fn parse_target(text: &str) -> Result<Target> {
    let (name, file) = split_format(text)?;
    let names = || render::TABLE.iter().map(|format| format.name).chain([DEFAULT_FORMAT]);
    let format = render::find(name).ok_or_else(|| Failure::usage(unknown("format", name, names())))?;
    Ok(Target { format, file, append: false })
}

fn write_target(
    decision: &Decision,
    target: &Target,
    arguments: &Shown,
    ShownBeside { sources, facts }: ShownBeside<'_>,
) -> Result<()> {
    let mut bytes = Vec::new();
    let style = style_of(arguments, target.file.is_none());
    let run = ci::run_link();
    let imprint = Some(Imprint { version: program::VERSION, run: run.as_deref() });
    let context = Context { style, controls: &control_guides(), sources, facts, imprint };
    (target.format.write)(decision, &context, &mut bytes)
        .map_err(|error| Failure::environment(error.to_string()))?;
    match &target.file {
        Some(file) if target.append => append(file, &bytes),
        Some(file) => write_file(file, &bytes),
        None if target.format.log_safe => stdout(&bytes),
        None => stdout(&ci::current_job().guard_log(bytes)),
    }
}

/// The documentation of the controls, for formats that show it.
pub fn control_guides() -> Vec<ControlGuide<'static>> {
    let guide = |kind: &&Kind| ControlGuide {
        name: kind.name,
        sections: kind.documentation.sections().collect(),
        clauses: clauses::clauses_of(kind).collect(),
    };
    control::TABLE.iter().map(guide).collect()
}

fn style_of(arguments: &Shown, to_stdout: bool) -> Style {
    let shown = for_people(arguments.verbose);
    let (colour, width) = if to_stdout { (shown.colour, shown.width) } else { (false, USUAL_WIDTH) };
    Style { colour, width, advisory: arguments.advisory, ..shown }
}

/// Columns of text where nothing says how many there are.
const USUAL_WIDTH: usize = 80;

/// How text for people goes to stdout. Longer lines than of a hundred columns are hard to read.
pub fn for_people(verbose: bool) -> Style {
    let width = screen::columns().unwrap_or(USUAL_WIDTH).clamp(40, 100);
    Style { colour: screen::has_colour(), width, verbose, advisory: false }
}

/// The same for tables, in 80 to 200 columns.
pub fn for_columns() -> Style {
    let columns = screen::columns().unwrap_or(USUAL_WIDTH);
    Style { width: columns.clamp(USUAL_WIDTH, 200), ..for_people(false) }
}

/// Writes what is kept or signed to the byte to stdout. Only in the log of a job, and only where a
/// line of it could be a command there, it is guarded as a decision is.
///
/// # Errors
/// Stdout cannot be written.
pub fn data(bytes: &[u8]) -> Result<()> {
    let plain = |line: &str| render::plain(line) == line || !line.contains("::") && !line.contains("##");
    let harmless = String::from_utf8_lossy(bytes).lines().all(plain);
    if harmless { stdout(bytes) } else { stdout(&ci::current_job().guard_log(bytes.to_vec())) }
}

/// Writes data to stdout. A closed pipe is the reader's decision and no error of ours.
///
/// # Errors
/// Stdout cannot be written.
pub fn stdout(bytes: &[u8]) -> Result<()> {
    stdout_with(|out| out.write_all(bytes))
}

/// Writes to stdout what may be long.
///
/// # Errors
/// Stdout cannot be written.
pub fn stdout_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(PIECE, UnlessClosed { out: io::stdout().lock(), closed: false });
    let written = write(&mut out).and_then(|()| out.flush());
    written.map_err(|error| Failure::environment(format!("cannot write to stdout: {error}")))
}

/// How much is written at once, in bytes.
const PIECE: usize = 64 << 10;

/// Writes until the reader closes the pipe.
struct UnlessClosed<W> {
    out: W,
    closed: bool,
}

impl<W: Write> UnlessClosed<W> {
    fn unless_closed(&mut self, write: impl FnOnce(&mut W) -> io::Result<()>) -> io::Result<()> {
        match if self.closed { Ok(()) } else { write(&mut self.out) } {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => written,
        }
    }
}

impl<W: Write> Write for UnlessClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(|out| out.write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed(W::flush)
    }
}

/// Makes JSON harmless in a log on its way to `out`, see [`render::plain_json`].
pub struct PlainJson<'o> {
    out: &'o mut dyn Write,
    held: Vec<u8>,
}

impl<'o> PlainJson<'o> {
    /// Nothing is written yet.
    pub fn to(out: &'o mut dyn Write) -> Self {
        PlainJson { out, held: Vec::new() }
    }

    /// Writes what is held up to this place.
    fn write_held(&mut self, end: usize) -> io::Result<()> {
        let rest = self.held.split_off(end);
        let held = std::mem::replace(&mut self.held, rest);
        self.out.write_all(render::plain_json(&String::from_utf8_lossy(&held)).as_bytes())
    }
}

impl Write for PlainJson<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        // Neither a command nor a character goes on behind such a byte.
        let ends = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'#';
        if self.held.len() > PIECE
            && let Some(at) = self.held.iter().rposition(ends)
        {
            self.write_held(at + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_held(self.held.len())?;
        self.out.flush()
    }
}

/// Writes a file whole or not at all: beside it first, then in its place. A device or pipe
/// (`/dev/stdout`) is written where it is and never replaced.
///
/// # Errors
/// It cannot be written.
pub fn write_file(file: &Path, bytes: &[u8]) -> Result<()> {
    write_file_with(file, |out| out.write_all(bytes))
}

/// The same of what may be long.
///
/// # Errors
/// It cannot be written.
pub fn write_file_with(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::environment(format!("cannot write {}: {error}", file.display()))
    };
    let whole = |out: &mut dyn Write| {
        let mut out = BufWriter::with_capacity(PIECE, out);
        write(&mut out).and_then(|()| out.flush())
    };
    if std::fs::metadata(file).is_ok_and(|target| !target.is_file()) {
        let mut device = open_to_append(file).map_err(|error| cannot(&error))?;
        return whole(&mut device).map_err(|error| cannot(&error));
    }
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.exists() {
        return Err(cannot(&format!("there is no directory `{}`; make it first", directory.display())));
    }
    let mut beside = temporary_beside(directory).map_err(|error| cannot(&plain_error(error)))?;
    whole(&mut beside).and_then(|()| beside.as_file().sync_all()).map_err(|error| cannot(&error))?;
    beside.persist(file).map(drop).map_err(|error| cannot(&error.error))
}

/// The error without the name of the temporary file.
fn plain_error(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other => error,
        kind => kind.into(),
    }
}

/// A new file with the rights of any other (a temporary one is its owner's alone).
fn temporary_beside(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

/// Adds to the end of a file.
///
/// # Errors
/// It cannot be written.
pub fn append(file: &Path, bytes: &[u8]) -> Result<()> {
    open_to_append(file)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))
}

fn open_to_append(file: &Path) -> io::Result<std::fs::File> {
    std::fs::OpenOptions::new().append(true).create(true).open(file)
}

/// Writes text for people to stdout, with what came from outside made harmless.
///
/// # Errors
/// Stdout cannot be written.
pub fn text(text: &str) -> Result<()> {
    stdout(format!("{}\n", render::plain(text.trim_end())).as_bytes())
}

/// What to say of a name that is not in a list: the one that was meant, or all of them.
pub fn unknown<'n>(thing: &str, name: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(name, names.clone()) {
        Some(meant) => format!("there is no {thing} `{name}`; did you mean `{meant}`?"),
        None => match names.collect::<Vec<_>>().as_slice() {
            [only] => format!("there is no {thing} `{name}`; there is only {only}"),
            all => format!("there is no {thing} `{name}`; there are {}", all.join(", ")),
        },
    }
}

/// The name that was probably meant.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let alike = names.map(|known| (strsim::jaro_winkler(known, name), known));
    alike.filter(|(likeness, _)| *likeness > 0.85).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// Says on stderr what went wrong.
pub fn complain(message: &str) {
    let message = render::plain(message.trim_end());
    let prefix = if message.starts_with("error") { "" } else { "error: " };
    eprintln!("{}", screen::paint_labels(&format!("{prefix}{message}")));
}

/// Writes a command to the runner of a CI job, which reads stderr too.
pub fn command(line: &str) {
    eprint!("{line}");
}

/// Says something on stderr that is no error.
pub fn remark(message: &str) {
    eprintln!("{}", render::plain(message.trim_end()));
}

/// Work of fewer parts than this needs no progress line.
const LONG: usize = 60;

/// Says on stderr how far a long piece of work has come: on a terminal only, never in the log of a
/// CI job, and wiped when it is done.
pub fn progress(done: usize, total: usize) {
    if total >= LONG && io::stderr().is_terminal() && !ci::is_ci() {
        eprint!("{}", progress_line(done, total).unwrap_or_default());
    }
}

/// What to write when so much is done; nothing while the percentage stays the same.
fn progress_line(done: usize, total: usize) -> Option<String> {
    let percent = |done: usize| done.saturating_mul(100) / total.max(1);
    if done >= total {
        return Some("\r\u{1b}[K".to_string());
    }
    let moved = done == 0 || percent(done) != percent(done - 1);
    moved.then(|| format!("\rlooking at the landings: {} %", percent(done)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_comes_in_pieces_is_as_harmless_as_the_whole() {
        let name = "##[x] ##name[y] \u{202e}{ é";
        let tests: Vec<_> =
            (0..9000).map(|number| serde_json::json!({ "id": format!("{name}{number}") })).collect();
        let text = serde_json::to_string(&tests).unwrap();
        for piece in [1, 7, 100_000] {
            let mut out = Vec::new();
            let mut plain = PlainJson::to(&mut out);
            text.as_bytes().chunks(piece).for_each(|bytes| plain.write_all(bytes).unwrap());
            plain.flush().unwrap();
            assert!(String::from_utf8(out).unwrap() == render::plain_json(&text), "{piece}");
        }
    }

    #[test]
    fn progress_is_restrained_and_wiped() {
        let lines: Vec<String> = (0..=1000).filter_map(|done| progress_line(done, 1000)).collect();
        assert_eq!(lines.len(), 101);
        assert_eq!(lines[37], "\rlooking at the landings: 37 %");
        assert_eq!(lines[100], "\r\u{1b}[K");
    }
}
