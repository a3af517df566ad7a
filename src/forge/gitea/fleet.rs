//! The reading plan for many repositories of a Gitea or Forgejo.
//!
//! | what | request |
//! | --- | --- |
//! | the repositories of an organisation | `orgs/O/repos` |
//! | default branch, archived, empty | `repos/O/R` |
//! | which files there are | `repos/O/R/contents`, the root of the default branch |
//! | a file that is there | `repos/O/R/contents/FILE` |
//! | records | `repos/O/R/git/refs`, and `repos/O/R/git/commits/SHA` of each |
//!
//! A file or a record is missing where a list that the host shows does not hold it, and never
//! because of a 404. Neither host says in short what protects a branch: each round looks.

use super::address::{GiteaRepository, api_address};
use super::lists::{List, list_all};
use super::{Flavour, style};
use crate::fleet::{FleetHost, LARGEST_TEXT, decode_text};
use crate::http::address::Api;
use crate::http::client::Client;
use crate::http::gaps::{contradiction, malformed, truncated};
use crate::{Connection, HostError};
use jiff::Timestamp;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::fleet::{
    ListedRepository, RepositorySurvey, RequestBudget, SurveyQuestion, SurveyedRecord,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What the host need not look up for each commit.
const BRIEFLY: [(&str, &str); 3] = [("stat", "false"), ("verification", "false"), ("files", "false")];

/// A Gitea or Forgejo, asked about many repositories.
pub(super) struct GiteaFleet {
    flavour: &'static Flavour,
    client: Client,
}

impl GiteaFleet {
    pub fn open(flavour: &'static Flavour, connection: Connection) -> Result<Self, HostError> {
        let Connection { api_url, server_url, token, transport, retry, .. } = connection;
        let named = api_url.or(server_url).ok_or(HostError::NoAddress(flavour.kind))?;
        let api = Api::new(&api_address(&named))?;
        Ok(GiteaFleet { flavour, client: Client::new(api, flavour.style, token, transport, retry) })
    }

    fn survey_one(&self, name: &str, asked: &SurveyQuestion) -> Result<RepositorySurvey, Gap> {
        let place = GiteaRepository::parse(name).ok_or_else(|| self.no_repository(name))?;
        let one = SurveyedGitea { client: &self.client, name, place };
        let seen: SeenRepository = one.get(&one.what(), &[], &[])?;
        if !seen.full_name.eq_ignore_ascii_case(name) {
            let detail = format!("the host answered with {}: it has another name now", seen.full_name);
            return Err(contradiction(&one.what(), detail));
        }
        let branch = (!seen.empty).then(|| BranchName::new(&seen.default_branch));
        let (texts, records) = match &branch {
            Some(branch) => (one.texts(branch, &asked.texts), one.records(branch, &asked.records).into()),
            None => (BTreeMap::new(), Fact::Known(Vec::new())),
        };
        Ok(RepositorySurvey { branch, archived: seen.archived, texts, records, mark: None })
    }

    fn no_repository(&self, text: &str) -> Gap {
        let (product, form) = (self.flavour.style.product, self.flavour.kind.repository_form);
        let detail = format!("no repository on {product} has such a name; they are written {form}");
        Gap::new(format!("repository {text}"), GapReason::Unsupported, detail, "Correct the list.")
    }
}

impl FleetHost for GiteaFleet {
    fn list(&self, organisation: &str) -> Result<Vec<ListedRepository>, Gap> {
        let what = format!("the repositories of {organisation}");
        let listed: Vec<SeenRepository> =
            list_all(&self.client, &List::new(&what, vec!["orgs", organisation, "repos"]))?;
        Ok(listed.into_iter().map(SeenRepository::listed).collect())
    }

    fn survey(&self, repositories: &[String], asked: &SurveyQuestion) -> Vec<Fact<RepositorySurvey>> {
        repositories.iter().map(|name| self.survey_one(name, asked).into()).collect()
    }

    fn budget(&self) -> Fact<RequestBudget> {
        Fact::Gap(Gap::not_asked("how many requests are left", "the host names no limit"))
    }
}

/// "Repository".
#[derive(Deserialize)]
struct SeenRepository {
    full_name: String,
    archived: bool,
    empty: bool,
    default_branch: String,
    /// Older servers do not tell them.
    #[serde(default)]
    topics: Option<Vec<String>>,
}

impl SeenRepository {
    fn listed(self) -> ListedRepository {
        let topics = self.topics.unwrap_or_default();
        ListedRepository { name: self.full_name, archived: self.archived, topics }
    }
}

/// "ContentsResponse".
#[derive(Deserialize)]
struct SeenFile {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    size: u64,
    encoding: Option<String>,
    content: Option<String>,
}

/// "Reference".
#[derive(Deserialize)]
struct SeenRef {
    #[serde(rename = "ref")]
    reference: String,
    object: SeenObject,
}

#[derive(Deserialize)]
struct SeenObject {
    #[serde(rename = "type")]
    kind: String,
    sha: String,
}

/// "Commit".
#[derive(Deserialize)]
struct SeenCommit {
    sha: String,
    commit: SeenCommitText,
}

#[derive(Deserialize)]
struct SeenCommitText {
    committer: SeenSignature,
}

#[derive(Deserialize)]
struct SeenSignature {
    date: Timestamp,
}

/// One of the repositories.
struct SurveyedGitea<'a> {
    client: &'a Client,
    name: &'a str,
    place: GiteaRepository,
}

impl SurveyedGitea<'_> {
    fn what(&self) -> String {
        format!("repository {}", self.name)
    }

    fn get<T: DeserializeOwned>(&self, what: &str, rest: &[&str], query: &[(&str, &str)]) -> Result<T, Gap> {
        let segments = [&["repos", self.place.owner.as_str(), self.place.name.as_str()], rest].concat();
        self.client.get_with(what, &segments, query).map_err(style::name_scope)
    }

    fn texts(&self, branch: &BranchName, paths: &[String]) -> BTreeMap<String, Fact<Option<String>>> {
        let what = format!("the files of {}", self.what());
        let root: Result<Vec<SeenFile>, Gap> = self.get(&what, &["contents"], &[("ref", branch.as_str())]);
        let text = |path: &String| match &root {
            Ok(root) => self.text(branch, path, root),
            Err(gap) => Err(gap.clone()),
        };
        paths.iter().map(|path| (path.clone(), text(path).into())).collect()
    }

    /// A text in the root; `None` where the list of it does not hold one.
    fn text(&self, branch: &BranchName, path: &str, root: &[SeenFile]) -> Result<Option<String>, Gap> {
        let what = format!("the file {path} of {}", self.what());
        if path.contains('/') {
            return Err(Gap::not_asked(&what, "only the root is looked at"));
        }
        let Some(listed) = root.iter().find(|file| file.path == path) else { return Ok(None) };
        if listed.kind != "file" {
            return Err(malformed(&what, format!("it is a {}", listed.kind)));
        }
        if listed.size > LARGEST_TEXT {
            return Err(truncated(&what, format!("it has {} bytes", listed.size)));
        }
        let seen: SeenFile = self.get(&what, &["contents", path], &[("ref", branch.as_str())])?;
        read_file(&what, path, &seen).map(Some)
    }

    fn records(&self, branch: &BranchName, prefix: &str) -> Result<Vec<SurveyedRecord>, Gap> {
        let what = format!("the deployment records of {}", self.what());
        let refs: Vec<SeenRef> = self.get(&what, &["git", "refs"], &[])?;
        let own = format!("refs/heads/{branch}");
        if !refs.iter().any(|one| one.reference == own) {
            return Err(truncated(&what, "the list of refs lacks the default branch"));
        }
        let named = refs.iter().filter_map(|one| Some((one.reference.strip_prefix(prefix)?, &one.object)));
        let mut records =
            named.map(|(name, object)| self.record(&what, name, object)).collect::<Result<Vec<_>, Gap>>()?;
        records.sort();
        Ok(records)
    }

    fn record(&self, what: &str, name: &str, object: &SeenObject) -> Result<SurveyedRecord, Gap> {
        if object.kind != "commit" {
            return Err(malformed(what, format!("`{name}` leads to no commit")));
        }
        let seen: SeenCommit = self.get(what, &["git", "commits", &object.sha], &BRIEFLY)?;
        if seen.sha != object.sha {
            return Err(contradiction(what, format!("the host answered with {}", seen.sha)));
        }
        let commit = Revision::try_from(seen.sha).map_err(|why| malformed(what, why))?;
        Ok(SurveyedRecord { name: name.to_string(), commit, time: seen.commit.committer.date })
    }
}

/// The text of a file that was asked for by its path.
fn read_file(what: &str, path: &str, seen: &SeenFile) -> Result<String, Gap> {
    if seen.path != path || seen.kind != "file" {
        return Err(contradiction(what, format!("the host answered with the {} {}", seen.kind, seen.path)));
    }
    let (Some("base64"), Some(content)) = (seen.encoding.as_deref(), &seen.content) else {
        return Err(malformed(what, "it comes without its content"));
    };
    decode_text(what, content, seen.size)
}
