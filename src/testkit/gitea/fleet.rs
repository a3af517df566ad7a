//! A Gitea or Forgejo with many repositories of one organisation.

use super::routes::{decoded_path, refusal, respond};
use super::{GiteaHost, Software};
use crate::fleet::ORGANISATION;
use crate::server::Site;
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use portcullis_forge::http::transport::Response;
use portcullis_model::change::Revision;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The commit that every record is.
const RECORD: &str = "2222222222222222222222222222222222222222";

/// The path of the API that the site is below.
const BELOW: &str = "/api/v1/";

/// A host with many repositories.
#[derive(Clone, Debug)]
pub struct GiteaFleetSite {
    /// The repositories, by name.
    pub repositories: BTreeMap<String, GiteaFleetRepository>,
}

/// One of the repositories.
#[derive(Clone, Debug)]
pub struct GiteaFleetRepository {
    /// Its branch and the rules of it.
    pub host: GiteaHost,
    /// Its files, all in the root, by name.
    pub files: BTreeMap<String, String>,
    /// The newest record of each environment, with its time.
    pub records: BTreeMap<String, Timestamp>,
    /// Can no one write to it any more?
    pub archived: bool,
    /// Is it without any commit?
    pub empty: bool,
    /// Is it hidden from the token, although the organisation lists it?
    pub hidden: bool,
    /// Does the list of refs lack the branch?
    pub hides_refs: bool,
}

impl GiteaFleetRepository {
    fn honest(software: Software, name: &str, policy: &str) -> Self {
        let tip = Revision::try_from("1".repeat(40)).unwrap();
        let mut world = World::honest(tip.clone(), tip, &[]);
        world.repository = name.to_string();
        GiteaFleetRepository {
            host: GiteaHost::new(software, world),
            files: BTreeMap::from([("portcullis.toml".to_string(), policy.to_string())]),
            records: BTreeMap::new(),
            archived: false,
            empty: false,
            hidden: false,
            hides_refs: false,
        }
    }

    fn body(&self) -> Value {
        let name = &self.host.world.repository;
        let number = name.rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok());
        json!({
            "id": number.unwrap_or_default() + 1, "full_name": name,
            "archived": self.archived, "empty": self.empty, "topics": null,
            "default_branch": self.host.world.branch.name.as_str(),
        })
    }

    fn file(name: &str, text: &str, content: Value) -> Value {
        let encoding = if content.is_null() { Value::Null } else { json!("base64") };
        json!({
            "name": name, "path": name, "type": "file", "size": text.len(), "encoding": encoding, "content": content,
        })
    }

    fn refs(&self) -> Value {
        let reference =
            |name: String, sha: &str| json!({ "ref": name, "object": { "type": "commit", "sha": sha } });
        let own = (!self.hides_refs).then(|| {
            let branch = &self.host.world.branch;
            reference(format!("refs/heads/{}", branch.name), branch.tip.as_str())
        });
        let record = |name: &String| reference(format!("refs/portcullis/deployments/{name}"), RECORD);
        let tag = reference("refs/tags/v1".to_string(), RECORD);
        own.into_iter().chain(self.records.keys().map(record)).chain([tag]).collect()
    }

    fn answer(&self, rest: &[&str]) -> Option<Value> {
        Some(match rest {
            [] => self.body(),
            ["contents"] => {
                self.files.iter().map(|(name, text)| Self::file(name, text, Value::Null)).collect()
            }
            ["contents", name] => {
                let text = self.files.get(*name)?;
                Self::file(name, text, json!(STANDARD.encode(text)))
            }
            ["git", "refs"] => self.refs(),
            ["git", "commits", RECORD] => {
                let time = self.records.values().next()?;
                json!({ "sha": RECORD, "commit": { "committer": { "date": time.to_string() } } })
            }
            _ => return None,
        })
    }
}

impl GiteaFleetSite {
    /// A host with so many repositories, `example-org/service-0000` and so on, all of which meet a
    /// policy.
    pub fn of(software: Software, count: usize, policy: &str) -> Self {
        let name = |number: usize| format!("{ORGANISATION}/service-{number:04}");
        let one = |number| (name(number), GiteaFleetRepository::honest(software, &name(number), policy));
        GiteaFleetSite { repositories: (0..count).map(one).collect() }
    }

    /// A repository.
    pub fn repository(&mut self, name: &str) -> &mut GiteaFleetRepository {
        self.repositories.get_mut(name).unwrap()
    }

    fn list(&self, query: &str) -> Response {
        let number = |name: &str| {
            let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
            pair.and_then(|(_, value)| value.parse::<usize>().ok())
        };
        let (size, page) = (number("limit").unwrap_or(30).min(50), number("page").unwrap_or(1).max(1));
        let here = self.repositories.values().skip(size * (page - 1)).take(size);
        let items: Value = here.map(GiteaFleetRepository::body).collect();
        let count = vec![("x-total-count".to_string(), self.repositories.len().to_string())];
        respond(200, count, items.to_string().into_bytes())
    }
}

impl Site for GiteaFleetSite {
    fn move_to(&mut self, address: &str) {
        self.repositories.values_mut().for_each(|one| one.host.move_to(address));
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let missing = || refusal(404, "The target couldn't be found.");
        let Some((_, below)) = path.split_once(BELOW) else { return missing() };
        let (below, query) = below.split_once('?').unwrap_or((below, ""));
        let segments = decoded_path(below);
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["orgs", ORGANISATION, "repos"] => self.list(query),
            ["repos", owner, name, rest @ ..] => {
                let found = self.repositories.get(&format!("{owner}/{name}")).filter(|one| !one.hidden);
                let Some(one) = found else { return missing() };
                match one.answer(rest) {
                    Some(body) => respond(200, Vec::new(), body.to_string().into_bytes()),
                    None => one.host.answer(method, path, authorization),
                }
            }
            _ => missing(),
        }
    }
}
