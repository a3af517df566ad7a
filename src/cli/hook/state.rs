//! What guards a repository on its server: the hooks and settings that `portcullis hook install`
//! writes, and whether they still hold.

use super::gitolite;
use super::in_force::InForce;
use portcullis_collect::bare::ServerState;
use portcullis_forge::bare::{GuardCheck, SWITCHED_OFF, ServerGuard};
use portcullis_git::Repository;
use portcullis_model::digest::Digest;
use std::path::{Path, PathBuf};

/// The setting that keeps the digest of an installed hook: `portcullis.preReceive`.
pub const DIGESTS: [(&str, &str); 2] =
    [("pre-receive", "portcullis.prereceive"), ("post-receive", "portcullis.postreceive")];

/// git's own settings that `install` writes, each with the value that it needs.
pub const SETTINGS: [(&str, &str, bool); 5] = [
    ("receive.denyDeletes", "receive.denydeletes", true),
    ("receive.denyNonFastForwards", "receive.denynonfastforwards", true),
    ("receive.fsckObjects", "receive.fsckobjects", true),
    ("receive.advertisePushOptions", "receive.advertisepushoptions", true),
    ("transfer.hideRefs", "transfer.hiderefs", false),
];

/// No hook is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// The directory of the hooks of a repository.
pub fn hooks_directory(repository: &Repository) -> PathBuf {
    repository.git_directory().join("hooks")
}

/// Looks at everything: for a person, who wants to know it all.
pub fn check_all(repository: &Repository) -> Vec<GuardCheck> {
    let mut checks = check_hooks(repository);
    checks.extend(gitolite::check_all(repository));
    checks
}

/// Looks at the hooks and settings.
fn check_hooks(repository: &Repository) -> Vec<GuardCheck> {
    let mut checks = vec![check_hooks_path(repository)];
    for (hook, setting) in DIGESTS {
        checks.push(check_hook(repository, hook));
        checks.push(check_digest(repository, hook, setting));
    }
    let switches = SETTINGS.iter().filter(|(_, _, is_switch)| *is_switch);
    checks.extend(switches.map(|(shown, name, _)| check_switch(repository, shown, name)));
    checks.push(check_hidden(repository));
    checks
}

/// The state as it is published.
pub fn gather_state(repository: &Repository, time: jiff::Timestamp) -> ServerState {
    let branches = InForce::read(repository).and_then(|in_force| in_force.deployment_refs(repository));
    let mut checks = check_hooks(repository);
    checks.extend(gitolite::check_branches(repository, &branches.unwrap_or_default()));
    ServerState { time, tool: name_tool(), checks }
}

/// The state as the server itself sees it, for these branches (`refs/heads/…`).
pub fn see_guard(repository: &Repository, branches: &[String]) -> ServerGuard {
    let mut checks = check_hooks(repository);
    checks.extend(gitolite::check_branches(repository, branches));
    ServerGuard { source: "seen on the server".to_string(), checks }
}

fn name_tool() -> String {
    format!("portcullis {}", env!("CARGO_PKG_VERSION"))
}

fn make_check(name: impl Into<String>, holds: Option<bool>, found: impl Into<String>) -> GuardCheck {
    GuardCheck { name: name.into(), holds, found: found.into() }
}

/// git runs hooks from elsewhere where this setting says so.
fn check_hooks_path(repository: &Repository) -> GuardCheck {
    let name = "hooks-path";
    match repository.setting("core.hookspath") {
        Ok(None) => make_check(name, Some(true), "git runs the hooks of the repository"),
        Ok(Some(path)) => {
            make_check(name, Some(false), format!("`core.hooksPath` leads git to `{path}` for hooks"))
        }
        Err(error) => make_check(name, None, format!("{error:#}")),
    }
}

fn check_hook(repository: &Repository, hook: &str) -> GuardCheck {
    let file = hooks_directory(repository).join(hook);
    match std::fs::metadata(&file) {
        Ok(about) if about.is_file() && is_executable(&about) => {
            make_check(hook, Some(true), "it is there and executable")
        }
        Ok(_) => make_check(hook, Some(false), format!("`hooks/{hook}` is not an executable file")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make_check(hook, Some(false), format!("there is no `hooks/{hook}`"))
        }
        Err(error) => make_check(hook, None, format!("`hooks/{hook}` cannot be read: {error}")),
    }
}

#[cfg(unix)]
fn is_executable(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

fn check_digest(repository: &Repository, hook: &str, setting: &str) -> GuardCheck {
    let name = format!("{hook}-digest");
    let pinned = match repository.setting(setting) {
        Ok(Some(pinned)) => pinned,
        Ok(None) => {
            return make_check(
                name,
                Some(false),
                "no digest of it is pinned: it was not installed by `hook install`",
            );
        }
        Err(error) => return make_check(name, None, format!("{error:#}")),
    };
    match digest_of(&hooks_directory(repository).join(hook)) {
        Ok(digest) if digest.to_string() == pinned => {
            make_check(name, Some(true), "it is what was installed")
        }
        Ok(_) => make_check(name, Some(false), format!("`hooks/{hook}` is not what was installed")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make_check(name, Some(false), format!("there is no `hooks/{hook}`"))
        }
        Err(error) => make_check(name, None, format!("`hooks/{hook}` cannot be read: {error}")),
    }
}

/// The digest of a hook file.
///
/// # Errors
/// It cannot be read, or it is longer than any hook.
pub fn digest_of(file: &Path) -> std::io::Result<Digest> {
    if std::fs::metadata(file)?.len() > LONGEST {
        return Err(std::io::Error::other("it is too long for a hook"));
    }
    Ok(Digest::of(&std::fs::read(file)?))
}

fn check_switch(repository: &Repository, shown: &str, name: &str) -> GuardCheck {
    match repository.switch(name) {
        Ok(Some(true)) => make_check(shown, Some(true), "it is on"),
        Ok(Some(false)) => make_check(shown, Some(false), SWITCHED_OFF),
        Ok(None) => make_check(shown, Some(false), "it is not set in the repository"),
        Err(error) => make_check(shown, None, format!("{error:#}")),
    }
}

/// Refs that are hidden cannot be fetched: then no clone sees reviews, records or the log.
fn check_hidden(repository: &Repository) -> GuardCheck {
    let name = "transfer.hideRefs";
    let all = ["transfer.hiderefs", "uploadpack.hiderefs"].map(|name| repository.settings(name));
    let hidden = |value: &String| {
        let prefix = value.trim_start_matches(['!', '^']).trim_end_matches('/');
        !value.starts_with('!') && (prefix == "refs" || prefix.starts_with("refs/portcullis"))
    };
    let mut found = Vec::new();
    for values in all {
        match values {
            Ok(values) => found.extend(values.into_iter().filter(hidden)),
            Err(error) => return make_check(name, None, format!("{error:#}")),
        }
    }
    match found.first() {
        None => make_check(name, Some(true), "`refs/portcullis` can be fetched"),
        Some(value) => make_check(name, Some(false), format!("it hides `{value}`, so clones see no reviews")),
    }
}
