//! No decision by an accepted child is more lenient than that by its house policy alone.

use crate::control::testing::{BentTexts as _, World, modified, review};
use crate::decide::decide;
use crate::policy::Policy;
use crate::policy::house::HouseTexts;
use portcullis_model::decision::Outcome;
use portcullis_model::digest::Digest;
use portcullis_model::fact::Fact;
use portcullis_model::facts::Facts;
use portcullis_model::host::HostProfile;
use portcullis_model::review::ReviewState;

/// For each part of a policy the ways to write it. The first of them is what a house policy that
/// says the least has; a child may also leave the part out.
const PARTS: &[&[&str]] = &[
    &[
        "[branches]\ndeployment = [\"main\"]\n",
        "[branches]\ndeployment = [\"main\", \"release/*\"]\n",
        "[branches]\ndeployment = [\"live\"]\n",
        "[branches]\ndeployment = [\"live\", \"main\"]\nhistory = \"each-commit\"\n",
    ],
    &[
        "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"services/upload/**\"]\n",
        "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"services/upload/**\", \"docs/**\"]\n",
        "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"services/**\"]\nexclude = [\"services/upload/**\"]\n",
        "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"nothing/**\"]\n",
        "[[data-processing]]\nname = \"other\"\npurpose = \"x\"\npaths = [\"docs/**\"]\n",
        "[[data-processing]]\nname = \"upload\"\npurpose = \"x\"\npaths = [\"services/upload/**\"]\ncontent = [\"nominal\"]\nopaque = \"outside\"\n",
    ],
    &[
        "[roles.owners]\nusers = [\"kim\", \"alex\"]\n",
        "[roles.owners]\nusers = [\"kim\"]\n",
        "[roles.owners]\nusers = [\"kim\", \"alex\", \"robin\"]\n",
        "[roles.owners]\nusers = [\"kim\"]\nteams = [\"example/all\"]\n",
    ],
    &[
        "[controls.required-reviews]\napprovals = 1\n",
        "[controls.required-reviews]\napprovals = 2\n",
        "[controls.required-reviews]\napprovals = 3\nroles = [{ role = \"owners\", approvals = 1 }]\n",
        "[controls.required-reviews]\napprovals = 1\nlast-pusher = \"ignore\"\n",
        "[controls.required-reviews]\napprovals = 1\nderived = \"accept\"\nupdates = \"exact\"\n",
        "[controls.required-reviews]\nroles = [{ role = \"owners\", approvals = 2 }]\n",
        "[controls.required-reviews]\napprovals = 1\nderived = \"refuse\"\ntrees = \"refuse\"\n",
    ],
    &[
        "",
        "[controls.required-reviews.areas.upload]\napprovals = 2\n",
        "[controls.required-reviews.data-processing]\napprovals = 2\n",
        "[controls.required-reviews.data-processing]\nroles = [{ role = \"owners\", approvals = 1 }]\n",
    ],
    &[
        "",
        "[controls.gate-integrity]\napprovals = 2\n",
        "[controls.gate-integrity]\nrole = \"owners\"\napprovals = 1\n",
        "[controls.gate-integrity]\npaths = [\"services/**\"]\n",
    ],
    &[
        "",
        "[controls.required-checks]\nchecks = [{ name = \"test\", app = \"github-actions\" }]\n",
        "[controls.required-checks]\nchecks = [{ name = \"lint\", app = \"github-actions\" }]\n",
        "[controls.required-checks]\nchecks = [{ name = \"test\", app = \"github-actions\" }, { name = \"lint\", app = \"github-actions\" }]\n",
    ],
    &[
        "",
        "[controls.protected-branch]\nchange-request = true\n",
        "[controls.protected-branch]\nchange-request = true\nforce-push = \"blocked\"\napprovals = 2\n",
        "[controls.protected-branch]\nchange-request = true\nbypass = [{ kind = \"team\", id = 7, reason = \"x\" }]\n",
        "[controls.protected-branch]\nchange-request = true\nbypass = []\n",
    ],
    &[
        "",
        "[controls.regression-tests.suites.all]\nminimum = 1\nreports = [\"out/junit.xml\"]\n",
        "[controls.regression-tests.suites.all]\nminimum = 1000\nreports = [\"out/junit.xml\"]\n",
        "[controls.regression-tests.suites.all]\nminimum = 1\nreports = [\"other.xml\"]\n",
        "[controls.regression-tests.suites.all]\nminimum = 1\nareas = [\"upload\"]\nskipped = \"block\"\nreports = [\"out/junit.xml\"]\n",
        "[controls.regression-tests.suites.all]\nminimum = 1\nflaky = \"note\"\nrequired = [\"*\"]\nmax-age = \"1h\"\nreports = [\"out/junit.xml\"]\n",
        "[controls.regression-tests.suites.more]\nminimum = 1\nreports = [\"more.xml\"]\n",
    ],
    &[
        "",
        "[waivers]\nlongest = \"7d\"\n",
        "[waivers]\nlongest = \"60d\"\n",
        "[waivers]\nsigners = \"keys/allowed_signers\"\n",
    ],
];

/// A waiver of twenty days, which only some policies allow. It is for the request: one for an area
/// counts only where a policy has the area.
const WAIVER: &str = "schema = 1\n[[waivers]]\nid = \"W-1\"\ncontrol = \"required-reviews\"\nrequests = [7]\nreason = \"x\"\nticket = \"T-1\"\n\
    requester = \"robin\"\napprover = \"kim\"\n";

/// A child of a house policy with these lines, where it is accepted.
fn read_child(house: &str, lines: &str) -> Option<Policy> {
    let digest = Digest::of(house.as_bytes());
    let text = format!(
        "schema = 1\n[extends]\nfile = \"house.toml\"\ndigest = \"{digest}\"\n[project]\nname = \"Records\"\n{lines}"
    );
    let houses = HouseTexts::of([house.to_string()]);
    Policy::parse_extending(&text, &HostProfile::github_com(), &houses).ok()
}

/// Numbers that look like dice, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % count as u64).unwrap()
    }

    fn pick<'a>(&mut self, ways: &[&'a str]) -> &'a str {
        ways[self.below(ways.len())]
    }
}

/// Changes that differ in what policies differ in.
fn changes() -> Vec<Facts> {
    let edits: [fn(&mut World); 9] = [
        |_| {},
        |world| *world.reviews() = vec![review(1, "kim", ReviewState::Approved)],
        |world| *world.reviews() = vec![review(1, "robin", ReviewState::Approved)],
        |world| world.reviews().clear(),
        |world| world.change().files = vec![modified("docs/upload.md")],
        |world| world.change().files = vec![modified(".github/workflows/test.yml")],
        |world| world.change().files = vec![modified("services/else/load.rs")],
        |world| world.host().checks = Fact::Known(Vec::new()),
        |world| {
            let day = |days: i64| world_day(days);
            let text = format!("{WAIVER}created = \"{}\"\nexpires = \"{}\"\n", day(-1), day(19));
            world.reviews().clear();
            world.gate().waivers_text().before = Some(text.clone());
            world.gate().waivers_text().after = Some(text);
        },
    ];
    let edited = |edit: &fn(&mut World)| {
        let mut world = World::honest();
        world.change().on_the_way = Fact::Known(Vec::new());
        edit(&mut world);
        world.facts
    };
    edits.iter().map(edited).collect()
}

fn world_day(days: i64) -> String {
    let observed = *World::honest().facts.observed.value().unwrap();
    observed.saturating_add(jiff::SignedDuration::from_hours(24 * days)).unwrap().to_string()
}

fn outcome_by(policy: &Policy, facts: &Facts, asked: &[&Policy]) -> Outcome {
    let mut facts = facts.clone();
    for one in asked {
        facts.inquiry = facts.inquiry.union(one.inquiry(None));
    }
    decide(policy, &facts).outcome
}

#[test]
fn no_decision_by_an_accepted_child_is_more_lenient() {
    let mut dice = Dice(17);
    let changes = changes();
    let (mut accepted, mut stricter, mut refused) = (0, 0, 0);
    for round in 0..1500 {
        let chosen: String =
            PARTS.iter().map(|ways| if dice.below(2) == 0 { ways[0] } else { dice.pick(ways) }).collect();
        let house = format!("schema = 1\n[project]\nname = \"House\"\n{chosen}");
        let Ok(parent) = Policy::parse(&house) else { continue };
        // A house policy that does not name the branch has no answer for it, and a child may add it.
        if !house.contains("\"main\"") {
            continue;
        }
        let lines: String =
            PARTS.iter().map(|ways| if dice.below(3) > 0 { "" } else { dice.pick(ways) }).collect();
        let Some(child) = read_child(&house, &lines) else {
            refused += 1;
            continue;
        };
        accepted += 1;
        for (place, facts) in changes.iter().enumerate() {
            let asked = [&parent, &child];
            let (by_house, by_child) =
                (outcome_by(&parent, facts, &asked), outcome_by(&child, facts, &asked));
            assert!(
                by_child >= by_house,
                "round {round}, change {place}: {by_child:?} and not {by_house:?}\n{house}\n---\n{lines}"
            );
            stricter += usize::from(by_child > by_house);
        }
    }
    // The dice do show all of it.
    assert!(accepted > 200 && refused > 200 && stricter > 50, "{accepted} {refused} {stricter}");
}
