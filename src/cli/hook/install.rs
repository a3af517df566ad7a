//! `portcullis hook install`: the hooks and settings of a repository on the server.

use super::in_force::InForce;
use super::receiving::unseen;
use super::state::{DIGESTS, SETTINGS, digest_of, gather_state, hooks_directory};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use portcullis_git::Repository;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The line by which a hook of ours is known.
const MARK: &str = "# Written by `portcullis hook install`.";

/// Writes everything that `hook check` looks for.
///
/// # Errors
/// The repository has no policy to judge by, its hooks are elsewhere, or something cannot be
/// written.
pub fn run(directory: &Path) -> Result {
    let repository = Repository::open_git_directory(directory)?;
    check_place(&repository, directory)?;
    check_policy(&repository)?;
    if let Some(path) = repository.setting("core.hookspath")? {
        return Err(Failure::environment(format!(
            "`core.hooksPath` of the repository leads git to `{path}` for hooks: unset it \
             (`git config --unset core.hooksPath`), or call `portcullis hook pre-receive` from the hooks there"
        )));
    }
    let program = std::env::current_exe()
        .map_err(|error| Failure::environment(format!("the place of this program is not known: {error}")))?;
    let hooks = hooks_directory(&repository);
    std::fs::create_dir_all(&hooks).map_err(|error| unwritable(&hooks, &error))?;
    for (hook, setting) in DIGESTS {
        let file = hooks.join(hook);
        keep_other(&file)?;
        write_hook(&file, &hook_text(&program, hook)?)?;
        let digest = digest_of(&file).map_err(|error| unwritable(&file, &error))?;
        repository.set_setting(setting, &digest.to_string())?;
    }
    for (_, name, _) in SETTINGS.iter().filter(|(_, _, is_switch)| *is_switch) {
        repository.set_setting(name, "true")?;
    }
    let state = gather_state(&Repository::open_git_directory(directory)?, jiff::Timestamp::now());
    let published = state.publish(directory);
    published.map_err(|error| Failure::environment(error.to_string()))?;
    output::remark(&format!("installed into {}", repository.git_directory().display()));
    Ok(Exit::Allowed)
}

/// The commands that judge look upward for a work tree first, and would find the other repository.
fn check_place(repository: &Repository, directory: &Path) -> Result<()> {
    let place = |one: &Repository| one.git_directory().canonicalize().ok();
    let found = Repository::open(directory).ok().and_then(|found| place(&found));
    if found.is_some() && found == place(repository) {
        return Ok(());
    }
    Err(Failure::environment(format!(
        "`{}` lies in the work tree of another repository: keep it outside of any work tree",
        repository.git_directory().display()
    )))
}

/// Without a policy the hook would refuse every push to a branch.
fn check_policy(repository: &Repository) -> Result<()> {
    let in_force = InForce::read(repository).map_err(unseen)?;
    let branch = &in_force.branch;
    if in_force.policy.is_none() {
        return Err(Failure::policy(format!(
            "the default branch {branch} has no commit yet: push a first one with `portcullis.toml` before the hook is there"
        ))
        .hint("`portcullis policy init` writes one to begin with; `git symbolic-ref HEAD refs/heads/NAME` names the default branch"));
    }
    if in_force.policy.as_ref().is_some_and(|at| at.policy.is_some()) {
        return check_default_branch(&in_force);
    }
    let what = if in_force.is_set() { "a policy that is not valid" } else { "no policy" };
    Err(Failure::policy(format!(
        "the default branch {branch} has {what}: push one (`portcullis.toml`) first"
    ))
    .hint("`portcullis policy check` says what is wrong with one"))
}

/// What lands on the default branch decides which branches are guarded, and whose keys count.
fn check_default_branch(in_force: &InForce) -> Result<()> {
    let branch = &in_force.branch;
    if in_force.names(branch) {
        return Ok(());
    }
    let failure = Failure::policy(format!(
        "the default branch {branch} is no deployment branch, and its policy is the one in force"
    ));
    Err(failure.hint(format!(
        "name {branch} in `[branches] deployment`, or make a deployment branch the default one \
         (`git symbolic-ref HEAD refs/heads/NAME`)"
    )))
}

/// A hook that was there before is called by ours.
fn keep_other(file: &Path) -> Result<()> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text.unwrap_or_default(),
    };
    if text.contains(MARK) {
        return Ok(());
    }
    let kept = kept_path(file);
    if kept.exists() {
        return Err(Failure::environment(format!(
            "`{}` and `{}` are both there already: make one hook of them, and keep it as the second",
            file.display(),
            kept.display()
        )));
    }
    std::fs::rename(file, &kept).map_err(|error| unwritable(&kept, &error))?;
    output::remark(&format!("the hook that was there is now `{}`, and is called first", kept.display()));
    Ok(())
}

/// Where a hook is kept that was there before.
fn kept_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".before-portcullis");
    file.with_file_name(name)
}

/// A script of the shell: git hands everything to it that the program needs.
fn hook_text(program: &Path, hook: &str) -> Result<String> {
    let program = program.to_str().filter(|path| !path.contains('\'')).ok_or_else(|| {
        Failure::environment("the path of this program cannot be written into a script: install it elsewhere")
    })?;
    Ok(format!(
        "#!/bin/sh\n{MARK}\n\
         refs=$(cat) || exit 1\n\
         other=hooks/{hook}.before-portcullis\n\
         if [ -x \"$other\" ]; then\n\
         \x20 printf '%s\\n' \"$refs\" | \"$other\" \"$@\" || exit 1\n\
         fi\n\
         printf '%s\\n' \"$refs\" | '{program}' hook {hook}\n"
    ))
}

fn write_hook(file: &Path, text: &str) -> Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    let mut beside = builder.tempfile_in(directory).map_err(|error| unwritable(file, &error))?;
    beside.write_all(text.as_bytes()).map_err(|error| unwritable(file, &error))?;
    beside.persist(file).map(drop).map_err(|error| unwritable(file, &error.error))
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!(
        "cannot write {}: {error}; run this as the owner of the repository",
        file.display()
    ))
}
