//! A GitLab with many projects of one group, and the git server beside its API.

use super::{GitLabEndpoint, GitLabWorld};
use crate::answer_faults::AnswerFault;
use crate::fleet::ORGANISATION;
use crate::server::Site;
use crate::world::World;
use crate::world::routes::{decoded, response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use portcullis_forge::http::transport::Response;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The token that the site knows.
pub const TOKEN: &str = "of-the-fleet";

/// The commit that every record is.
const RECORD: &str = "2222222222222222222222222222222222222222";

/// The path of the API below the server.
const API: &str = "/api/v4";

/// What a git server is asked for before a fetch.
const ADVERTISED: &str = ".git/info/refs?service=git-upload-pack";

/// A host with many projects.
#[derive(Clone, Debug)]
pub struct GitLabFleetSite {
    /// The path that the server is installed below; empty: at the root.
    below: String,
    /// The projects, by path.
    pub projects: BTreeMap<String, GitLabFleetProject>,
    /// Paths outside of the group that its list holds nevertheless.
    pub strays: Vec<String>,
}

/// One of the projects.
#[derive(Clone, Debug)]
pub struct GitLabFleetProject {
    /// Its branch and the rules of it.
    pub host: GitLabWorld,
    /// Its files, all in the root, by name.
    pub files: BTreeMap<String, String>,
    /// Files that are none, with their type and mode.
    pub odd_files: BTreeMap<String, (&'static str, &'static str)>,
    /// The newest record of each environment, with its time.
    pub records: BTreeMap<String, Timestamp>,
    /// Can no one write to it any more?
    pub archived: bool,
    /// Is it without any commit?
    pub empty: bool,
    /// Is it hidden from the token, although the group lists it?
    pub hidden: bool,
    /// Does the git server refuse the token, which has no scope for it?
    pub hides_refs: bool,
    /// May the token not read the code?
    pub hides_code: bool,
}

impl GitLabFleetProject {
    fn honest(path: &str, policy: &str) -> Self {
        let tip = Revision::try_from("1".repeat(40)).unwrap();
        let mut world = World::honest(tip.clone(), tip, &[]);
        world.repository = path.to_string();
        world.token = Some(TOKEN.to_string());
        // Two files of one text have one identifier in the tree.
        let files = [("portcullis.toml", policy), ("LICENSE", "none\n"), ("NOTICE", "none\n")];
        GitLabFleetProject {
            host: GitLabWorld::honest(world),
            files: files.map(|(name, text)| (name.to_string(), text.to_string())).into(),
            odd_files: BTreeMap::new(),
            records: BTreeMap::new(),
            archived: false,
            empty: false,
            hidden: false,
            hides_refs: false,
            hides_code: false,
        }
    }

    /// Takes all protection away.
    pub fn unprotect(&mut self) {
        self.host.protected.clear();
        self.host.world.branch.protected = false;
    }

    /// Has the token be no Maintainer's, who alone are shown the rules of branches.
    pub fn lower_token(&mut self) {
        let refused = AnswerFault::Refuse(403, "403 Forbidden".to_string());
        self.host.level = 30;
        self.host.faults.push((GitLabEndpoint::ProtectedBranches, refused));
    }

    fn body(&self) -> Value {
        let path = &self.host.world.repository;
        let number = path.rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok());
        let mut body = self.host.project_body(number.unwrap_or_default() + 1, path);
        body["archived"] = json!(self.archived);
        body["empty_repo"] = json!(self.empty);
        body["marked_for_deletion_at"] = Value::Null;
        if self.hides_code
            && let Some(fields) = body.as_object_mut()
        {
            fields.remove("default_branch");
        }
        body
    }

    fn tree(&self) -> Vec<Value> {
        let file = |(name, text): (&String, &String)| json!({ "id": blob(text), "name": name, "type": "blob", "path": name, "mode": "100644" });
        let odd = |(name, (kind, mode)): (&String, &(&str, &str))| json!({ "id": blob(name), "name": name, "type": kind, "path": name, "mode": mode });
        self.files.iter().map(file).chain(self.odd_files.iter().map(odd)).collect()
    }

    fn file(&self, name: &str) -> Option<Value> {
        let (text, tip) = (self.files.get(name)?, &self.host.world.branch.tip);
        Some(json!({
            "file_name": name, "file_path": name, "size": text.len(), "encoding": "base64", "content": STANDARD.encode(text),
            "content_sha256": Digest::of(text.as_bytes()).hex(), "ref": tip, "blob_id": blob(text), "commit_id": tip,
            "last_commit_id": tip, "execute_filemode": false,
        }))
    }

    fn record(&self) -> Option<Value> {
        let time = self.records.values().next()?;
        Some(
            json!({ "id": RECORD, "short_id": &RECORD[..8], "message": "Record\n", "committed_date": time.to_string() }),
        )
    }

    fn answer(&self, rest: &[&str], asked: &str) -> Option<Response> {
        let is_tip = query_of(asked, "ref") == Some(self.host.world.branch.tip.to_string());
        Some(match rest {
            [] => answer_json(Vec::new(), &self.body()),
            ["repository", "tree"] if is_tip => answer_page(asked, &self.tree()),
            ["repository", "files", name] if is_tip => answer_json(Vec::new(), &self.file(name)?),
            ["repository", "commits", RECORD] => answer_json(Vec::new(), &self.record()?),
            _ => return None,
        })
    }

    /// The list of refs that the git server shows before a fetch.
    pub fn advertisement(&self) -> String {
        let (name, tip) = (&self.host.world.branch.name, &self.host.world.branch.tip);
        let first =
            format!("{tip} HEAD\0multi_ack symref=HEAD:refs/heads/{name} object-format=sha1 agent=git/2");
        let record = |name: &String| format!("{RECORD} refs/portcullis/deployments/{name}");
        let tag = format!("{} refs/tags/v1", "3".repeat(40));
        let own = [first, format!("{tip} refs/heads/{name}")];
        let tags = [tag.clone(), format!("{RECORD} {}^{{}}", &tag[41..])];
        let lines = own.into_iter().chain(self.records.keys().map(record)).chain(tags);
        let lines: String = lines.map(|line| pkt_line(&line)).collect();
        format!("{}0000{lines}0000", pkt_line("# service=git-upload-pack"))
    }
}

impl GitLabFleetSite {
    /// A host with so many projects, `example-org/service-0000` and so on, all of which meet a
    /// policy.
    pub fn of(count: usize, policy: &str) -> Self {
        let names = (0..count).map(|number| format!("{ORGANISATION}/service-{number:04}"));
        let mut site =
            GitLabFleetSite { below: String::new(), projects: BTreeMap::new(), strays: Vec::new() };
        names.for_each(|name| site.add(&name, policy));
        site
    }

    /// Adds a project.
    pub fn add(&mut self, path: &str, policy: &str) {
        self.projects.insert(path.to_string(), GitLabFleetProject::honest(path, policy));
    }

    /// A project.
    pub fn project(&mut self, path: &str) -> &mut GitLabFleetProject {
        self.projects.get_mut(path).unwrap()
    }

    fn list(&self, group: &str, asked: &str) -> Response {
        let is_nested = query_of(asked, "include_subgroups").as_deref() == Some("true");
        let is_in = |path: &&String| {
            let rest = path.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| is_nested || !rest.contains('/'))
        };
        let own = self.projects.iter().filter(|(path, _)| is_in(path)).map(|(_, one)| one.body());
        let stray = |path: &String| json!({ "id": 9000, "path_with_namespace": path, "archived": false, "topics": [] });
        let items: Vec<Value> = own.chain(self.strays.iter().map(stray)).collect();
        if items.is_empty() { refuse(404, "404 Group Not Found") } else { answer_page(asked, &items) }
    }

    fn answer_api(&self, method: &str, (path, below): (&str, &str), authorization: Option<&str>) -> Response {
        let segments: Vec<String> =
            below.split(['?']).next().unwrap_or_default().split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if !authorization.is_some_and(|given| given.ends_with(&format!(" {TOKEN}"))) {
            return refuse(401, "401 Unauthorized");
        }
        match segments.as_slice() {
            ["groups", group, "projects"] => self.list(group, path),
            ["projects", name, rest @ ..] => {
                let found = self.projects.get(*name).filter(|one| !one.hidden);
                let Some(one) = found else { return refuse(404, "404 Project Not Found") };
                one.answer(rest, path).unwrap_or_else(|| one.host.answer(method, path, authorization))
            }
            _ => refuse(404, "404 Not Found"),
        }
    }

    fn answer_git(&self, below: &str, authorization: Option<&str>) -> Response {
        let answer = |status: u16, kind: &str, text: &str| {
            let headers = vec![("content-type".to_string(), kind.to_string())];
            Response { status, headers, body: text.into() }
        };
        let plain = |status: u16, text: &str| answer(status, "text/plain; charset=utf-8", text);
        let path = below.strip_prefix('/').and_then(|rest| rest.strip_suffix(ADVERTISED));
        let found = path.and_then(|path| self.projects.get(path)).filter(|one| !one.hidden);
        let expected = format!("Basic {}", STANDARD.encode(format!("oauth2:{TOKEN}")));
        match found {
            _ if authorization != Some(&expected) => plain(401, "HTTP Basic: Access denied."),
            None => plain(404, "The project you were looking for could not be found."),
            Some(one) if one.hides_refs => {
                plain(403, "You are not allowed to download code from this project.")
            }
            Some(one) => answer(200, "application/x-git-upload-pack-advertisement", &one.advertisement()),
        }
    }
}

impl Site for GitLabFleetSite {
    fn move_to(&mut self, address: &str) {
        let path = address.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        self.below = path.trim_end_matches(API).to_string();
        self.projects.values_mut().for_each(|one| one.host.world.move_to(address));
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let Some(below) = path.strip_prefix(&self.below) else { return refuse(404, "404 Not Found") };
        match below.strip_prefix(API) {
            Some(rest) => self.answer_api(method, (path, rest), authorization),
            None => self.answer_git(below, authorization),
        }
    }
}

/// A line with its length before it, and a line feed behind it.
fn pkt_line(text: &str) -> String {
    format!("{:04x}{text}\n", text.len() + 5)
}

/// A made-up blob ID of a text.
fn blob(text: &str) -> String {
    Digest::of(text.as_bytes()).hex().chars().take(40).collect()
}

fn query_of(asked: &str, name: &str) -> Option<String> {
    let (_, query) = asked.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).next()
}

fn refuse(status: u16, text: &str) -> Response {
    response(status, Vec::new(), json!({ "message": text }).to_string().into_bytes())
}

fn answer_json(headers: Vec<(String, String)>, body: &Value) -> Response {
    response(200, headers, body.to_string().into_bytes())
}

/// A page of a list, with the numbers of pages in headers, as GitLab gives them.
fn answer_page(asked: &str, items: &[Value]) -> Response {
    let number = |name: &str| query_of(asked, name).and_then(|number| number.parse::<usize>().ok());
    let (size, page) = (number("per_page").unwrap_or(20).clamp(1, 100), number("page").unwrap_or(1).max(1));
    let pages = items.len().div_ceil(size).max(1);
    let next = if page < pages { (page + 1).to_string() } else { String::new() };
    let shown: Value = items.iter().skip(size * (page - 1)).take(size).cloned().collect();
    let headers = [
        ("x-next-page", next),
        ("x-page", page.to_string()),
        ("x-total", items.len().to_string()),
        ("x-total-pages", pages.to_string()),
    ];
    answer_json(headers.map(|(name, value)| (name.to_string(), value)).into(), &shown)
}
