//! The reading plan for many projects of a GitLab.
//!
//! | what | request |
//! | --- | --- |
//! | the projects of a group and of the groups in it | `groups/G/projects` |
//! | default branch, archived, empty | `projects/P` |
//! | the tip of the default branch | `projects/P/repository/branches/B` |
//! | which files there are | `projects/P/repository/tree`, the root at that tip |
//! | a file that is there | `projects/P/repository/files/FILE` |
//! | records | `P.git/info/refs`, and `projects/P/repository/commits/SHA` of each |
//!
//! `texts` holds the plan for files, `records` that for records, and `advertisement` the list of
//! refs that a git server shows: the API lists branches and tags alone.
//!
//! A file or a record is missing where a list that the host shows does not hold it, and never
//! because of a 404. GitLab does not say in short what protects a branch: each round looks.

use super::address::{ProjectPath, is_below, is_group};
use super::{KIND, style};
use crate::fleet::FleetHost;
use crate::http::ApiStyle;
use crate::http::address::Api;
use crate::http::client::Client;
use crate::http::gaps::malformed;
use crate::{Connection, HostError};
use portcullis_model::change::BranchName;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::fleet::{ListedRepository, RepositorySurvey, RequestBudget, SurveyQuestion};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

mod advertisement;
mod records;
mod texts;

/// All projects of a group and of the groups in it, and none that are only shared with it; the
/// oldest first, so that a new one moves no other to another page.
const WHOLE_GROUP: [(&str, &str); 5] = [
    ("include_subgroups", "true"),
    ("with_shared", "false"),
    ("simple", "false"),
    ("order_by", "id"),
    ("sort", "asc"),
];

/// A GitLab, asked about many projects.
pub(super) struct GitLabFleet {
    client: Client,
    /// The ways of the git server beside the API.
    git: &'static ApiStyle,
}

impl GitLabFleet {
    pub fn open(connection: Connection) -> Result<Self, HostError> {
        let Connection { api_url, token, token_variable, transport, retry, .. } = connection;
        let api_url = api_url.as_deref().or(KIND.default_api).ok_or(HostError::NoAddress(&KIND))?;
        let (style, git) = match token_variable {
            Some(style::JOB_TOKEN) => (&style::JOB_STYLE, &style::JOB_GIT_STYLE),
            _ => (&style::STYLE, &style::GIT_STYLE),
        };
        Ok(GitLabFleet { client: Client::new(Api::new(api_url)?, style, token, transport, retry), git })
    }

    fn survey_one(&self, name: &str, asked: &SurveyQuestion) -> Result<RepositorySurvey, Gap> {
        let what = format!("project {name}");
        let meant = ProjectPath::parse(name).ok_or_else(|| no_project(name))?;
        let seen: SeenProject = self.client.get(&what, &["projects", meant.as_str()])?;
        if !seen.path_with_namespace.eq_ignore_ascii_case(name) {
            return Err(renamed(&what, &seen.path_with_namespace));
        }
        let branch = seen.branch(&what)?;
        let project = seen.path(&what)?;
        let one = SurveyedGitLab { client: &self.client, git: self.git, what, project };
        let (texts, records) = match &branch {
            Some(branch) => (one.texts(branch, &asked.texts), one.records(branch, &asked.records).into()),
            None => (BTreeMap::new(), Fact::Known(Vec::new())),
        };
        Ok(RepositorySurvey { branch, archived: seen.archived, texts, records, mark: None })
    }
}

impl FleetHost for GitLabFleet {
    fn list(&self, organisation: &str) -> Result<Vec<ListedRepository>, Gap> {
        let what = format!("the projects of {organisation}");
        if !is_group(organisation) {
            let remedy = "Name the group by its path, `group/subgroup`.";
            let detail = "GitLab has no group of such a name";
            return Err(Gap::new(what, GapReason::Unsupported, detail, remedy));
        }
        let segments = ["groups", organisation, "projects"];
        let listed: Vec<ListedProject> = self.client.list_with(&what, &segments, &WHOLE_GROUP)?;
        listed.into_iter().map(|project| project.listed(&what, organisation)).collect()
    }

    fn survey(&self, repositories: &[String], asked: &SurveyQuestion) -> Vec<Fact<RepositorySurvey>> {
        repositories.iter().map(|name| self.survey_one(name, asked).into()).collect()
    }

    fn budget(&self) -> Fact<RequestBudget> {
        Fact::Gap(Gap::not_asked("how many requests are left", "the host counts the requests of a minute"))
    }
}

/// "List projects" of a group, an item.
#[derive(Deserialize)]
struct ListedProject {
    path_with_namespace: String,
    archived: bool,
    topics: Vec<String>,
}

impl ListedProject {
    /// The project, which lies in the group.
    fn listed(self, what: &str, group: &str) -> Result<ListedRepository, Gap> {
        let (name, archived, topics) = (self.path_with_namespace, self.archived, self.topics);
        let Some(project) = ProjectPath::parse(&name) else {
            return Err(malformed(what, format!("`{name}` is no path of a project")));
        };
        if is_below(&project, group) {
            return Ok(ListedRepository { name, archived, topics });
        }
        let detail = format!("the list holds {name}, which does not lie in the group");
        let remedy = "Name the group by the path that it has now; if it stays, look at the list by hand.";
        Err(Gap::new(what, GapReason::Contradiction, detail, remedy))
    }
}

/// "Get a single project". A project that is marked for deletion is there until then.
#[derive(Deserialize)]
struct SeenProject {
    path_with_namespace: String,
    archived: bool,
    empty_repo: bool,
    /// Missing where the token may not read the code.
    #[serde(default, deserialize_with = "shown")]
    default_branch: Option<Option<String>>,
}

impl SeenProject {
    /// The default branch; `None` where there is no commit. The host names one there, too.
    fn branch(&self, what: &str) -> Result<Option<BranchName>, Gap> {
        match &self.default_branch {
            Some(_) if self.empty_repo => Ok(None),
            Some(Some(name)) => Ok(Some(BranchName::new(name))),
            Some(None) => Err(hidden_branch(what, "it is not empty, and the host shows no default branch")),
            None => Err(hidden_branch(what, "the host does not say which branch is its default one")),
        }
    }

    /// The path in the capitals of the host.
    fn path(&self, what: &str) -> Result<ProjectPath, Gap> {
        let path = &self.path_with_namespace;
        ProjectPath::parse(path).ok_or_else(|| malformed(what, format!("`{path}` is no path of a project")))
    }
}

/// Tells a branch that is `null` from one that is not shown.
fn shown<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(input).map(Some)
}

/// A token that may not read code sees no branch, as where the repository is switched off.
fn hidden_branch(what: &str, detail: &str) -> Gap {
    let remedy =
        "Give a token that may read the code of the project, and leave out projects without a repository.";
    Gap::new(what, GapReason::NotVisible, detail, remedy)
}

/// The host answers for a project that was renamed or moved under its old path, too: it would count
/// twice.
fn renamed(what: &str, now: &str) -> Gap {
    let remedy = format!("List it as {now}, once.");
    Gap::new(what, GapReason::Contradiction, format!("its path on the host is {now}"), remedy)
}

fn no_project(text: &str) -> Gap {
    let detail = format!("no project on GitLab has such a path; they are written {}", KIND.repository_form);
    Gap::new(format!("project {text}"), GapReason::Unsupported, detail, "Correct the list.")
}

/// One of the projects.
struct SurveyedGitLab<'a> {
    client: &'a Client,
    git: &'static ApiStyle,
    /// For sentences.
    what: String,
    project: ProjectPath,
}

impl SurveyedGitLab<'_> {
    /// The address segments of something in the repository of the project.
    fn at<'s>(&'s self, rest: &[&'s str]) -> Vec<&'s str> {
        [&["projects", self.project.as_str(), "repository"], rest].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn branch(more: Value) -> Result<Option<String>, Gap> {
        let mut body = json!({ "path_with_namespace": "g/p", "archived": false });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        let seen: SeenProject = serde_json::from_value(body).unwrap();
        Ok(seen.branch("project g/p")?.map(|name| name.to_string()))
    }

    #[test]
    fn attack_code_that_the_token_may_not_see_is_no_empty_repository() {
        assert_eq!(branch(json!({ "empty_repo": false, "default_branch": "main" })), Ok(Some("main".into())));
        for name in [json!("main"), Value::Null] {
            assert_eq!(branch(json!({ "empty_repo": true, "default_branch": name })), Ok(None));
        }
        for hidden in [
            json!({ "empty_repo": false, "default_branch": null }),
            json!({ "empty_repo": false }),
            json!({ "empty_repo": true }),
        ] {
            assert_eq!(branch(hidden.clone()).unwrap_err().reason, GapReason::NotVisible, "{hidden}");
        }
        let silent = json!({ "path_with_namespace": "g/p", "archived": false, "default_branch": "main" });
        assert!(serde_json::from_value::<SeenProject>(silent).is_err());
    }

    #[test]
    fn a_list_says_of_each_project_whether_it_is_archived_and_its_topics() {
        let listed = |body: Value| {
            serde_json::from_value::<ListedProject>(body)
                .map(|project| project.listed("the projects of g", "g"))
        };
        let whole = json!({ "path_with_namespace": "g/s/p", "archived": true, "topics": ["upload"] });
        let one = listed(whole.clone()).unwrap().unwrap();
        assert_eq!(
            (one.name.as_str(), one.archived, one.topics.as_slice()),
            ("g/s/p", true, &["upload".to_string()][..])
        );
        for field in ["path_with_namespace", "archived", "topics"] {
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(field);
            assert!(listed(body).is_err(), "{field}");
        }
        for path in ["h/p", "p", "g/../h/p", "g/"] {
            assert!(
                listed(json!({ "path_with_namespace": path, "archived": false, "topics": [] }))
                    .unwrap()
                    .is_err()
            );
        }
    }
}
