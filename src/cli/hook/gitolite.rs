//! What gitolite's own rules let people do with a ref (`gitolite access`), and who pushed a commit
//! before the hook was there (`gitolite who-pushed`).
//!
//! A repository of gitolite is known by its hook `update`, a symbolic link to the one that gitolite
//! keeps below `.gitolite/hooks/common`. Only gitolite and people with a shell on the server can
//! make that link; nothing that a pusher sends takes part. The rules are a second lock besides the
//! hook: what they forbid to everyone protects a branch, and the hook still refuses what they
//! allow. What gitolite does not answer is a gap.
//!
//! People are those whom a rule, a group or a role of the repository names. Everyone else has the
//! rights of a name that no rule has.

use super::in_force::InForce;
use portcullis_collect::bare::EarlierPushes;
use portcullis_forge::bare::{GITOLITE_PREFIX, GitoliteRight, GuardCheck, LoggedPush, PushedRef};
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::fact::Fact;
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Where gitolite keeps the hook `update`, below the home of its account.
const UPDATE: &str = ".gitolite/hooks/common/update";

/// No rule names it.
const NO_ONE: &str = "no-rule-names-this-user";

/// No server has more people whose rights are asked for.
const MOST_PEOPLE: usize = 2000;

/// No server has more groups that are asked for.
const MOST_GROUPS: usize = 200;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer is not longer, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// How many branches are asked about with each push.
const MOST_REFS: usize = 8;

/// How many refs are asked about for a person.
const MOST_SHOWN: usize = 60;

/// How many people a sentence names.
const NAMED: usize = 8;

/// A repository on gitolite.
pub struct Gitolite {
    /// The home of gitolite's account.
    home: PathBuf,
    /// The name of the repository.
    repository: String,
    /// The directory of the repository.
    directory: PathBuf,
}

/// An answer, or why there is none.
type Answer<T> = Result<T, String>;

impl Gitolite {
    /// gitolite, where the repository is one of its own.
    pub fn find(repository: &Repository) -> Option<Gitolite> {
        let directory = repository.git_directory().canonicalize().ok()?;
        let link = std::fs::read_link(directory.join("hooks/update")).ok()?;
        let home = link.ancestors().nth(Path::new(UPDATE).components().count())?.to_path_buf();
        if link != home.join(UPDATE) {
            return None;
        }
        let repositories = home.join("repositories").canonicalize().ok()?;
        let name = directory.strip_prefix(repositories).ok()?.to_str()?;
        let repository = name.strip_suffix(".git")?.to_string();
        Some(Gitolite { home, repository, directory })
    }

    /// Who may do these things with these refs, by its rules.
    pub fn check_refs(&self, refs: &[String], rights: &[GitoliteRight]) -> Vec<GuardCheck> {
        let people = self.people();
        let mut checks = Vec::new();
        for name in refs {
            for right in rights {
                let may = people.clone().and_then(|people| self.who_may(&people, *right, name));
                checks.push(describe(*right, name, may));
            }
        }
        checks
    }

    /// Everyone whom a rule, a group or a role names.
    fn people(&self) -> Answer<BTreeSet<String>> {
        let settings = self.run(&["query-rc", "-a"], "")?;
        let groups_program = settings.lines().find_map(|line| line.strip_prefix("GROUPLIST_PGM="));
        if groups_program.is_some_and(|program| !["", "0", "undef"].contains(&program)) {
            return Err(
                "its groups come from another program (`GROUPLIST_PGM`), so their members are not known"
                    .into(),
            );
        }
        let mut named = self.names_in_roles()?;
        named.extend(self.run(&["list-users"], "")?.lines().map(str::to_string));
        named.retain(|name| name != "@all" && is_name(name.strip_prefix('@').unwrap_or(name)));
        let (groups, mut people): (BTreeSet<String>, BTreeSet<String>) =
            named.into_iter().partition(|name| name.starts_with('@'));
        if groups.len() > MOST_GROUPS {
            return Err(format!("its rules name more than {MOST_GROUPS} groups"));
        }
        for group in groups {
            let members = self.run(&["list-members", &group], "")?;
            people.extend(members.lines().filter(|name| is_name(name)).map(str::to_string));
        }
        match people.len() > MOST_PEOPLE {
            true => Err(format!("its rules name more than {MOST_PEOPLE} people")),
            false => Ok(people),
        }
    }

    /// The words of the roles of a repository that a person made: `ROLE NAME …` or `ROLE = NAME …`,
    /// where a name may be that of a group that no rule names.
    fn names_in_roles(&self) -> Answer<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for file in ["gl-perms", "gl-creator"] {
            match std::fs::read_to_string(self.directory.join(file)) {
                Ok(text) => {
                    names.extend(text.split(|c: char| c.is_whitespace() || c == '=').map(str::to_string));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("its file `{file}` cannot be read: {error}")),
            }
        }
        Ok(names)
    }

    /// The pushes after which a ref was at this commit, newest first, by gitolite's log. A line
    /// that cannot be read leaves all of them out.
    fn who_pushed(&self, commit: &Revision) -> Vec<LoggedPush> {
        let arguments = ["who-pushed", "--tip", &self.repository, commit.as_str()];
        let said = self.run(&arguments, "").unwrap_or_default();
        said.lines().map(|line| read_push(line, commit)).collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    fn who_may(&self, people: &BTreeSet<String>, right: GitoliteRight, name: &str) -> Answer<WhoMay> {
        let asked: Vec<&str> = people.iter().map(String::as_str).chain([NO_ONE]).collect();
        let lines: String = asked.iter().map(|name| format!("{name}\n")).collect();
        let said = self.run(&["access", &self.repository, "%", permission(right), name], &lines)?;
        let mut answers = said.lines();
        let mut may = Vec::new();
        for name in asked {
            let line = answers.next().ok_or_else(|| format!("it said nothing of {name}"))?;
            let answer = line.strip_prefix(&format!("{}\t{name}\t", self.repository));
            let answer = answer.ok_or_else(|| format!("of {name} it said `{line}`"))?;
            if !answer.contains(" DENIED by ") {
                may.push(name.to_string());
            }
        }
        Ok(match may.last().is_some_and(|last| last == NO_ONE) {
            true => WhoMay::Everyone,
            false => WhoMay::Only(may),
        })
    }

    /// Runs a command of gitolite as its own account would.
    fn run(&self, arguments: &[&str], input: &str) -> Answer<String> {
        let program = find_program().ok_or("`gitolite` is not where programs are looked for (`PATH`)")?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("HOME", &self.home).current_dir(&self.home);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
        let said =
            run_bounded(&mut command, input).map_err(|error| format!("`gitolite` cannot be run: {error}"))?;
        said.ok_or_else(|| format!("`gitolite {}` did not succeed", arguments.first().unwrap_or(&"")))
    }
}

/// Who pushed a head before the hook wrote a log of its own; `None` where the repository is none of
/// gitolite's.
pub fn earlier_pushes(repository: &Repository) -> Option<EarlierPushes> {
    let gitolite = Gitolite::find(repository)?;
    Some(Rc::new(move |head: &Revision| gitolite.who_pushed(head)))
}

/// `TIME PID USER REF OLD NEW`, as `who-pushed --tip` writes it.
fn read_push(line: &str, commit: &Revision) -> Option<LoggedPush> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, _, user, name, old, new] = words.as_slice() else { return None };
    if !is_name(user) || *new != commit.as_str() || !name.starts_with("refs/") {
        return None;
    }
    let before = match old.bytes().all(|digit| digit == b'0') {
        true => None,
        false => Some(Revision::try_from(old.to_string()).ok()?),
    };
    let moved = PushedRef { name: name.to_string(), before, after: Some(commit.clone()), merged: Vec::new() };
    Some(LoggedPush { pusher: Fact::Known(user.to_string()), refs: vec![moved] })
}

/// What its rules say of deployment branches; nothing where the repository is none of gitolite's.
pub fn check_branches(repository: &Repository, branches: &[String]) -> Vec<GuardCheck> {
    let asked = &branches[..branches.len().min(MOST_REFS)];
    match Gitolite::find(repository) {
        Some(gitolite) if !asked.is_empty() => {
            gitolite.check_refs(asked, &[GitoliteRight::Rewind, GitoliteRight::Delete])
        }
        _ => Vec::new(),
    }
}

/// What its rules say of everything that the gate guards.
pub fn check_all(repository: &Repository) -> Vec<GuardCheck> {
    let Some(gitolite) = Gitolite::find(repository) else { return Vec::new() };
    let branches = InForce::read(repository).and_then(|in_force| in_force.deployment_refs(repository));
    let guarded = branches.and_then(|mut refs| {
        refs.extend(repository.refs_below("refs/portcullis/")?);
        Ok(refs)
    });
    let refs = match guarded {
        Ok(refs) => refs,
        Err(gap) => return vec![all_rules(None, gap.to_string())],
    };
    let (asked, rest) = refs.split_at(refs.len().min(MOST_SHOWN));
    let mut checks =
        gitolite.check_refs(asked, &[GitoliteRight::Write, GitoliteRight::Rewind, GitoliteRight::Delete]);
    if !rest.is_empty() {
        checks.push(all_rules(Some(false), format!("{} more refs were not asked about", rest.len())));
    }
    checks
}

/// What is said of its rules as a whole.
fn all_rules(holds: Option<bool>, found: String) -> GuardCheck {
    GuardCheck { name: format!("{GITOLITE_PREFIX}rules"), holds, found }
}

/// Who may do something.
enum WhoMay {
    /// Everyone with a key.
    Everyone,
    /// These people, and no one else.
    Only(Vec<String>),
}

/// What gitolite calls it (gitolite's manual, "access rule components").
fn permission(right: GitoliteRight) -> &'static str {
    match right {
        GitoliteRight::Write => "W",
        GitoliteRight::Rewind => "+",
        GitoliteRight::Delete => "D",
    }
}

/// gitolite takes no other names of people.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte))
}

fn describe(right: GitoliteRight, name: &str, may: Answer<WhoMay>) -> GuardCheck {
    let (holds, found) = match may {
        Ok(WhoMay::Only(people)) if people.is_empty() => {
            (Some(true), "no one may, by gitolite's rules".to_string())
        }
        Ok(WhoMay::Only(people)) => {
            (Some(false), format!("{} may, by gitolite's rules", list_people(&people)))
        }
        Ok(WhoMay::Everyone) => (Some(false), "everyone with a key may, by gitolite's rules".to_string()),
        Err(why) => (None, format!("gitolite did not say who may: {why}")),
    };
    GuardCheck { name: format!("{GITOLITE_PREFIX}{} {name}", right.word()), holds, found }
}

fn list_people(people: &[String]) -> String {
    let shown = people.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match people.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Where gitolite itself runs, its own folder comes first.
fn find_program() -> Option<PathBuf> {
    let own = std::env::var_os("GL_BINDIR").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let places = own.into_iter().chain(std::env::split_paths(&path));
    places.map(|place| place.join("gitolite")).find(|file| file.is_file())
}

/// What a command wrote; `None` where it did not succeed in time.
fn run_bounded(command: &mut Command, input: &str) -> std::io::Result<Option<String>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let input = input.to_string();
    let writer = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        let read = stdout.map(|stdout| stdout.take(LONGEST).read_to_end(&mut said));
        read.and_then(Result::ok).map(|_| said)
    });
    let ended = wait_for(&mut child)?;
    // A closed pipe is the business of the other side.
    let _written = writer.join();
    let said = reader.join().ok().flatten().and_then(|said| String::from_utf8(said).ok());
    Ok(said.filter(|said| ended && (said.len() as u64) < LONGEST))
}

/// Did it end well, in time? One that takes longer is ended.
fn wait_for(child: &mut Child) -> std::io::Result<bool> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_is_told_in_one_sentence() {
        let say = |may| describe(GitoliteRight::Rewind, "refs/heads/main", may);
        let none = say(Ok(WhoMay::Only(Vec::new())));
        assert_eq!(none.name, "gitolite: rewind refs/heads/main");
        assert_eq!((none.holds, none.found.as_str()), (Some(true), "no one may, by gitolite's rules"));
        let many: Vec<String> = (0..11).map(|number| format!("p{number:02}")).collect();
        let some = say(Ok(WhoMay::Only(many)));
        assert_eq!(some.holds, Some(false));
        assert!(some.found.ends_with("p07 and 3 more may, by gitolite's rules"), "{}", some.found);
        assert_eq!(say(Ok(WhoMay::Everyone)).holds, Some(false));
        assert_eq!(say(Err("it slept".into())).holds, None);
    }

    #[test]
    fn a_line_of_the_log_is_read_whole_or_not_at_all() {
        let (new, zero) = ("a".repeat(40), "0".repeat(40));
        let commit = Revision::try_from(new.clone()).unwrap();
        let read = |line: String| read_push(&line, &commit);
        let push = read(format!("2026-11-29.21:15:11 77 kim refs/heads/load {zero} {new}")).unwrap();
        assert_eq!(push.pusher, Fact::Known("kim".to_string()));
        assert_eq!((push.refs[0].name.as_str(), &push.refs[0].before), ("refs/heads/load", &None));
        for line in [
            format!("2026-11-29.21:15:11 77 (root) refs/heads/load {zero} {new}"),
            format!("2026-11-29.21:15:11 77 kim robin refs/heads/load {zero} {new}"),
            format!("2026-11-29.21:15:11 77 kim refs/heads/load {zero} {}", "b".repeat(40)),
            format!("2026-11-29.21:15:11 77 kim load {zero} {new}"),
            format!("2026-11-29.21:15:11 77 kim refs/heads/load none {new}"),
            String::new(),
        ] {
            assert_eq!(read(line.clone()), None, "{line}");
        }
    }

    #[test]
    fn a_program_that_fails_says_nothing() {
        let run = |program: &str| run_bounded(&mut Command::new(program), "").unwrap();
        assert_eq!(run("true").as_deref(), Some(""));
        assert_eq!(run("false"), None);
    }
}
