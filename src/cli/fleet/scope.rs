//! Which repositories a round is about: a rule, so that a new repository is in scope by itself.

use super::unreadable;
use crate::HostName;
use crate::exit::{Exit, Failure, Result};
use crate::hosts::connection_over;
use clap::Args;
use portcullis_forge::HostKind;
use portcullis_forge::fleet::FleetHost;
use portcullis_forge::http::transport::Live;
use portcullis_model::digest::Digest;
use portcullis_model::fleet::{FleetScope, ListedRepository};
use portcullis_pattern::glob::Glob;
use std::path::PathBuf;

/// Which repositories.
#[derive(Debug, Args)]
pub struct ScopeArguments {
    /// Organisation whose repositories are looked at, as far as the token may see them; on GitLab a
    /// group, with the groups in it.
    #[arg(long, alias = "organization", value_name = "NAME", help_heading = "Which repositories")]
    organisation: Option<String>,
    /// File that lists them, one `OWNER/NAME` in a line; empty lines and lines that begin with `#`
    /// are passed over.
    #[arg(long, value_name = "FILE", conflicts_with = "organisation", help_heading = "Which repositories")]
    list: Option<PathBuf>,
    /// Only those of the organisation whose names match: `*-upload`. Repeatable: one has to match.
    #[arg(long = "match", value_name = "GLOB", value_parser = parse_glob, conflicts_with = "list", help_heading = "Which repositories")]
    names: Vec<Glob>,
    /// Only those of the organisation with this topic. Repeatable: one has to be there.
    #[arg(long = "topic", value_name = "NAME", conflicts_with = "list", help_heading = "Which repositories")]
    topics: Vec<String>,
    /// Archived repositories too.
    #[arg(long, help_heading = "Which repositories")]
    archived: bool,
    /// Only this share of them: `2/8` is the second of eight. `fleet merge` puts shards together.
    #[arg(long, value_name = "I/N", value_parser = parse_shard, help_heading = "Which repositories")]
    shard: Option<Shard>,
    /// Host to ask.
    #[arg(long, value_enum, help_heading = "Which repositories")]
    pub host: Option<HostName>,
}

fn parse_glob(text: &str) -> Result<Glob> {
    Glob::new(text).map_err(|error| Failure::usage(error.to_string()))
}

/// A share of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
}

/// Reads `2/8`.
///
/// # Errors
/// It is no share.
pub fn parse_shard(text: &str) -> Result<Shard> {
    let numbers =
        text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    match numbers {
        Some((part, parts)) if (1..=parts).contains(&part) => Ok(Shard { part, parts }),
        _ => Err(Failure::usage(format!("`{text}` is no share; write 2/8 for the second of eight"))),
    }
}

impl Shard {
    /// Is a repository of this share? It follows from its name alone.
    pub fn holds(self, repository: &str) -> bool {
        let digest = Digest::of(repository.to_lowercase().as_bytes());
        let number = digest.hex().get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.is_some_and(|number| number % self.parts == self.part - 1)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.part, self.parts)
    }
}

/// The repositories of a round.
pub struct MeantFleet {
    /// The rule.
    pub scope: FleetScope,
    /// Their names, sorted.
    pub repositories: Vec<String>,
    /// Why some may be missing.
    pub unlisted: Option<String>,
}

impl MeantFleet {
    /// Finds them.
    ///
    /// # Errors
    /// The list cannot be read, or the host refuses to list the organisation.
    pub fn find(host: &'static HostKind, arguments: &ScopeArguments) -> Result<Self> {
        let (mut repositories, unlisted) = match (&arguments.organisation, &arguments.list) {
            (Some(organisation), _) => list_organisation(host, organisation, arguments)?,
            (None, Some(file)) => (read_list(file)?, None),
            (None, None) => {
                return Err(Failure::usage("name the repositories: --organisation NAME, or --list FILE"));
            }
        };
        let whole = sort_names(repositories.clone());
        if let Some(shard) = arguments.shard {
            repositories.retain(|name| shard.holds(name));
        }
        let scope = FleetScope {
            host: host.name.to_string(),
            organisation: arguments.organisation.clone(),
            // Of a list it is kept which one it was: shards of two lists are none of one round.
            list: (arguments.list.is_some()).then(|| digest_names(&whole)),
            names: arguments.names.iter().map(|glob| glob.as_str().to_string()).collect(),
            topics: arguments.topics.clone(),
            archived: arguments.archived,
            shard: arguments.shard.map(|shard| shard.to_string()),
        };
        Ok(MeantFleet { scope, repositories: sort_names(repositories), unlisted })
    }
}

/// The SHA-256 of sorted names, whatever their capitals.
pub fn digest_names(names: &[String]) -> Digest {
    Digest::of(names.join("\n").to_lowercase().as_bytes())
}

/// Each name once, whatever its capitals: hosts do not tell them apart.
fn sort_names(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_cached_key(|name| name.to_lowercase());
    names.dedup_by_key(|name| name.to_lowercase());
    names
}

fn read_list(file: &std::path::Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let names: Vec<String> = lines.map(str::to_string).collect();
    if names.is_empty() {
        return Err(Failure::usage(format!("{} lists no repository", file.display())));
    }
    Ok(names)
}

/// Opens a host for many repositories, over the network.
pub fn open_fleet_host(host: &'static HostKind) -> Result<Box<dyn FleetHost>> {
    let open = host.fleet.ok_or_else(|| Failure::usage(format!("{} has no fleets", host.name)))?;
    Ok(open(connection_over(host, Box::new(Live::new())))?)
}

fn list_organisation(
    host: &'static HostKind,
    organisation: &str,
    arguments: &ScopeArguments,
) -> Result<(Vec<String>, Option<String>)> {
    let listed = open_fleet_host(host)?.list(organisation);
    let listed = listed.map_err(|gap| Failure::unseen(Exit::Undetermined, &gap))?;
    let names = listed.into_iter().filter(|one| is_meant(one, arguments)).map(|one| one.name);
    Ok((names.collect(), None))
}

fn is_meant(listed: &ListedRepository, arguments: &ScopeArguments) -> bool {
    let name = listed.name.rsplit('/').next().unwrap_or(&listed.name);
    let (names, topics) = (&arguments.names, &arguments.topics);
    (arguments.archived || !listed.archived)
        && (names.is_empty() || names.iter().any(|glob| glob.matches(name.as_bytes())))
        && (topics.is_empty() || topics.iter().any(|topic| listed.topics.contains(topic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repository_is_in_one_share_whatever_its_capitals() {
        for name in ["o/a", "o/b", "O/B", "o/data-upload"] {
            let shards = (1..=8).filter(|part| Shard { part: *part, parts: 8 }.holds(name)).count();
            assert_eq!(shards, 1, "{name}");
        }
        assert_eq!(Shard { part: 1, parts: 3 }.holds("o/b"), Shard { part: 1, parts: 3 }.holds("O/B"));
        assert!(parse_shard("0/8").is_err() && parse_shard("9/8").is_err() && parse_shard("x").is_err());
        assert_eq!(parse_shard("2/8").unwrap().to_string(), "2/8");
    }

    #[test]
    fn names_that_differ_in_capitals_alone_are_one_repository() {
        let names = ["o/B", "o/a", "o/b"].map(str::to_string).to_vec();
        assert_eq!(sort_names(names), ["o/a", "o/B"]);
    }
}
