//! A GitHub with many repositories of one organisation.

use crate::server::{Seen, Site};
use crate::world::routes::{json_response, message};
use crate::world::{Ruleset, World};
use jiff::{Timestamp, ToSpan as _};
use portcullis_forge::http::transport::Response;
use portcullis_model::change::Revision;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The organisation.
pub const ORGANISATION: &str = "example-org";

/// The moment at which everything was set up.
const BEGAN: &str = "2026-01-05T08:00:00Z";

/// A host with many repositories.
#[derive(Clone, Debug)]
pub struct FleetSite {
    address: String,
    /// The repositories, by name.
    pub repositories: BTreeMap<String, FleetRepository>,
}

/// One of the repositories.
#[derive(Clone, Debug)]
pub struct FleetRepository {
    /// Its branch and what protects it.
    pub world: World,
    /// Its files, by path.
    pub files: BTreeMap<String, String>,
    /// The newest record of each environment, with its time.
    pub records: BTreeMap<String, Timestamp>,
    /// Can no one write to it any more?
    pub archived: bool,
    /// Its topics.
    pub topics: Vec<String>,
    /// When its rulesets were changed last.
    pub changed: Timestamp,
    /// Is it hidden from the token, although the organisation lists it?
    pub hidden: bool,
    /// Does GraphQL show no classic protection, although there is some?
    pub hides_classic: bool,
}

impl FleetRepository {
    /// A repository with a policy that its host meets.
    pub fn honest(name: &str, policy: &str) -> Self {
        let tip = Revision::try_from("1".repeat(40)).unwrap();
        let mut world = World::honest(tip.clone(), tip, &[]);
        world.repository = name.to_string();
        world.classic = None;
        FleetRepository {
            world,
            files: BTreeMap::from([("portcullis.toml".to_string(), policy.to_string())]),
            records: BTreeMap::new(),
            archived: false,
            topics: Vec::new(),
            changed: BEGAN.parse().unwrap(),
            hidden: false,
            hides_classic: false,
        }
    }

    /// Changes its rulesets, as the host notes it.
    pub fn change_rulesets(&mut self, rulesets: Vec<Ruleset>) {
        self.world.branch.protected = !rulesets.is_empty() || self.world.classic.is_some();
        self.world.rulesets = rulesets;
        self.changed = self.changed.checked_add(1.hour()).unwrap();
    }

    fn listed(&self) -> Value {
        json!({ "full_name": self.world.repository, "archived": self.archived, "topics": self.topics })
    }

    fn surveyed(&self, variables: &Value) -> Value {
        let rulesets: Vec<Value> = self.world.rulesets.iter().map(|ruleset| self.ruleset(ruleset)).collect();
        let record = |(name, time): (&String, &Timestamp)| json!({ "name": name, "target": { "oid": "2".repeat(40), "committedDate": time.to_string() } });
        let records: Vec<Value> = self.records.iter().map(record).collect();
        let rule = if self.hides_classic { Value::Null } else { self.world.classic_rule_body() };
        let mut fields = Map::from_iter([
            ("nameWithOwner".to_string(), json!(self.world.repository)),
            ("isArchived".to_string(), json!(self.archived)),
            ("isEmpty".to_string(), json!(false)),
            (
                "defaultBranchRef".to_string(),
                json!({ "name": self.world.branch.name.as_str(), "branchProtectionRule": rule }),
            ),
            ("rulesets".to_string(), json!({ "totalCount": rulesets.len(), "nodes": rulesets })),
            ("refs".to_string(), json!({ "totalCount": records.len(), "nodes": records })),
        ]);
        for place in 0.. {
            let Some(expression) = variables.get(format!("t{place}")).and_then(Value::as_str) else { break };
            let path = expression.strip_prefix("HEAD:").unwrap_or(expression);
            let text = self.files.get(path).map_or(Value::Null, |text| {
                json!({ "byteSize": text.len(), "isBinary": false, "isTruncated": false, "text": text })
            });
            fields.insert(format!("t{place}"), text);
        }
        Value::Object(fields)
    }

    fn ruleset(&self, ruleset: &Ruleset) -> Value {
        json!({
            "databaseId": ruleset.id, "enforcement": ruleset.enforcement.to_uppercase(),
            "updatedAt": self.changed.to_string(),
        })
    }
}

impl FleetSite {
    /// A host with so many repositories, `example-org/service-0000` and so on, all of which meet a
    /// policy.
    pub fn of(count: usize, policy: &str) -> Self {
        let name = |number: usize| format!("{ORGANISATION}/service-{number:04}");
        let one = |number| (name(number), FleetRepository::honest(&name(number), policy));
        FleetSite { address: String::new(), repositories: (0..count).map(one).collect() }
    }

    /// A repository.
    pub fn repository(&mut self, name: &str) -> &mut FleetRepository {
        self.repositories.get_mut(name).unwrap()
    }

    fn graphql(&self, body: &[u8]) -> Response {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let variables = &asked["variables"];
        if let Some(name) = named(variables, "owner", "name") {
            let answer = self.repositories.get(&name).map(|one| one.world.graphql_answer());
            return json_response(
                Vec::new(),
                &answer.unwrap_or_else(|| json!({ "data": { "repository": null } })),
            );
        }
        let (mut data, mut errors) = (Map::new(), Vec::new());
        for place in 0.. {
            let Some(name) = named(variables, &format!("o{place}"), &format!("n{place}")) else { break };
            let alias = format!("r{place}");
            match self.repositories.get(&name).filter(|one| !one.hidden) {
                Some(one) => {
                    data.insert(alias, one.surveyed(variables));
                }
                None => {
                    let text = format!("Could not resolve to a Repository with the name '{name}'.");
                    errors.push(json!({ "type": "NOT_FOUND", "path": [alias], "message": text }));
                    data.insert(alias, Value::Null);
                }
            }
        }
        let mut answer = json!({ "data": data });
        if !errors.is_empty() {
            answer["errors"] = json!(errors);
        }
        json_response(Vec::new(), &answer)
    }

    fn list(&self, path: &str) -> Response {
        let (below, query) = path.split_once('?').unwrap_or((path, ""));
        let parameter = |name: &str| {
            let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
            pair.and_then(|(_, value)| value.parse::<usize>().ok())
        };
        let (size, page) = (parameter("per_page").unwrap_or(30), parameter("page").unwrap_or(1));
        let items: Vec<Value> = self
            .repositories
            .values()
            .skip(size * (page - 1))
            .take(size)
            .map(FleetRepository::listed)
            .collect();
        let last = self.repositories.len().div_ceil(size);
        let link = |page: usize, relation: &str| {
            format!("<{}{below}?per_page={size}&page={page}>; rel=\"{relation}\"", self.address)
        };
        let links = if page < last {
            vec![("link".to_string(), format!("{}, {}", link(page + 1, "next"), link(last, "last")))]
        } else {
            Vec::new()
        };
        json_response(links, &Value::Array(items))
    }
}

fn named(variables: &Value, owner: &str, name: &str) -> Option<String> {
    Some(format!("{}/{}", variables.get(owner)?.as_str()?, variables.get(name)?.as_str()?))
}

impl Site for FleetSite {
    fn move_to(&mut self, address: &str) {
        self.address = address.to_string();
        self.repositories.values_mut().for_each(|one| one.world.address = address.to_string());
    }

    fn answer(&self, method: &str, path: &str, authorization: Option<&str>) -> Response {
        let segments: Vec<&str> = path.split(['/', '?']).collect();
        match segments.as_slice() {
            ["", "rate_limit"] => {
                let core = json!({ "limit": 5000, "remaining": 4000, "reset": 1_900_000_000 });
                json_response(Vec::new(), &json!({ "resources": { "core": core } }))
            }
            ["", "orgs", ORGANISATION, "repos", ..] => self.list(path),
            ["", "repos", owner, name, ..] => match self.repositories.get(&format!("{owner}/{name}")) {
                Some(one) if !one.hidden => one.world.answer(method, path, authorization),
                _ => message(404, "Not Found"),
            },
            _ => message(404, "Not Found"),
        }
    }

    fn answer_to(&self, seen: &Seen) -> Response {
        if seen.path == "/graphql" {
            return self.graphql(&seen.body);
        }
        self.answer(&seen.method, &seen.path, seen.credentials().as_deref())
    }
}
