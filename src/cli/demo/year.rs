//! `portcullis demo --pack DIR`: a made-up year of a project, audited, and the evidence pack of it.
//!
//! Something lands every eight days, and is deployed every month. In between a change is pushed
//! without a review, an emergency is waived and reviewed late, the protection of the branch is
//! weaker for a while, a person approves whose training has ended, and a deployment is rolled back.
//! From spring on a weekly run compares what is uploaded with what arrived.
//! Everything has fixed dates, so that the same program writes the same pack.

use super::deployments::{deploy_commit, land_request};
use crate::audit::audit_period;
use crate::exit::{Exit, Result};
use crate::pack::write::{PackOrder, write_pack};
use crate::{opening, output};
use jiff::Timestamp;
use portcullis_judge::control::{reviewed_landings, trained_reviewers};
use portcullis_model::protection::Rule;
use portcullis_model::reading::ReportReaders;
use portcullis_model::training::REGISTER_PATH;
use portcullis_testkit::lane::state::{Body, File, Op};
use portcullis_testkit::lane::{Lane, POLICY, POLICY_FILE, ROBIN};
use portcullis_wire::audit::v1::AuditV1;
use std::path::Path;

mod records;

/// The first moment of the year, 2025-01-01, in seconds.
const BEGIN: i64 = 1_735_689_600;

/// A day in seconds.
const DAY: i64 = 86_400;

/// The number of the file of waivers among the files of the project.
const WAIVERS: u32 = 40;

/// The number of the register of people.
const REGISTER: u32 = 41;

/// When the training of Robin ends.
const TRAINING_ENDS: &str = "2025-07-02";

/// The year under construction.
struct Year<'r> {
    readers: &'r dyn ReportReaders,
    lane: Lane,
    day: i64,
    deployed: Vec<git2::Oid>,
    slot: usize,
    /// The day of the first load that is compared.
    compared: i64,
}

/// Writes the pack of the made-up year to a folder.
///
/// # Errors
/// Something cannot be written.
pub fn write_year(folder: &Path, readers: &dyn ReportReaders) -> Result {
    let year = tell_year(readers)?;
    let audit = audit_of(&year)?;
    let counts = audit.counts;
    let repository = opening::open(year.lane.directory())?;
    let command = ["demo", "--pack"].map(String::from).to_vec();
    let order = PackOrder {
        audit,
        repository: &repository,
        folder,
        command,
        key: None,
        seals: &[],
        people: Default::default(),
    };
    let written = write_pack(order)?;
    let text = format!(
        "A made-up year: {} landings, {} deployments, {} exceptions.\n\
         {} files in {}, and as an archive in {}.\n\
         Open {} in a browser, and verify it: portcullis pack verify {}\n",
        counts.landings,
        counts.deployments,
        counts.exceptions,
        written.files,
        folder.display(),
        written.archive.display(),
        folder.join("index.html").display(),
        folder.display(),
    );
    output::stdout(text.as_bytes())?;
    Ok(Exit::Allowed)
}

/// The audit of the year, as of the first day of the next one.
fn audit_of(year: &Year<'_>) -> Result<AuditV1> {
    audit_period(year.lane.directory(), "2025-01-01", "2025-12-31", moment(366))
}

/// What happens in the year.
fn tell_year(readers: &dyn ReportReaders) -> Result<Year<'_>> {
    let lane = Lane::with_clock(POLICY, Some(BEGIN - 30 * DAY));
    let mut year = Year { readers, lane, day: 0, deployed: Vec::new(), slot: 0, compared: 0 };
    year.weeks(5)?;
    year.deploy()?;
    year.ask_for_training();
    year.weeks(4)?;
    year.deploy()?;
    year.emergency()?;
    year.compare_records();
    year.weeks(3)?;
    year.deploy()?;
    year.weeks(5)?;
    year.weaker(true);
    year.deploy()?;
    year.weeks(4)?;
    year.deploy()?;
    year.weaker(false);
    year.training_ends()?;
    year.weeks(5)?;
    year.deploy()?;
    year.roll_back()?;
    year.weeks(5)?;
    year.deploy()?;
    year.weeks(4)?;
    year.deploy()?;
    year.weeks(3)?;
    let first = BEGIN + year.compared * DAY;
    records::compare_records(year.lane.directory(), &policy_with_records(), first)?;
    Ok(year)
}

/// Noon of a day of the year, counted from 0.
fn moment(day: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + day * DAY + DAY / 2).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Year<'_> {
    /// So many landings, one every eight days, every third of them outside of data-processing code.
    fn weeks(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.slot = self.slot.wrapping_add(1);
            let file = if self.slot.is_multiple_of(3) { 13 } else { 10 };
            let text = format!("SELECT {} FROM staging;\n", self.slot);
            self.land(vec![Op::Slot(file, 1 + self.slot % 4, text)], "Load records in smaller steps", 8);
        }
        Ok(())
    }

    /// A request by Kim that Robin and Alex approve, so many days after the last event.
    fn land(&mut self, ops: Vec<Op>, label: &str, days: i64) -> git2::Oid {
        self.day += days;
        land_request(&mut self.lane, ops, label, moment(self.day))
    }

    /// Robin pushes a correction at night; the waiver for it follows, and its review comes late.
    fn emergency(&mut self) -> Result<()> {
        self.day += 2;
        self.lane.history.set_clock(moment(self.day).as_second());
        let correction = [Op::Slot(11, 2, "DELETE FROM staging WHERE loaded;\n".to_string())];
        self.lane.direct(ROBIN, &correction, "Stop records from being loaded twice");
        let pushed = self.lane.tip();
        let control = reviewed_landings::KIND.name;
        let (created, expires, due) = (moment(self.day), moment(self.day + 20), moment(self.day + 7));
        let waiver = format!(
            "schema = 1\n\n[[waivers]]\nid = \"E-1\"\ncontrol = \"{control}\"\ncommits = [\"{pushed}\"]\n\
             reason = \"Records were loaded twice at night and nobody else was on call\"\nticket = \"OPS-881\"\n\
             requester = \"robin-example\"\napprover = \"alex-example\"\ncreated = \"{created}\"\nexpires = \"{expires}\"\n\
             emergency = true\nreview-due = \"{due}\"\n"
        );
        self.land(waivers_file(&waiver), "Let the correction of the night through", 1);
        self.deploy()?;
        let reviewed =
            format!("{waiver}reviewed-by = \"kim-example\"\nreviewed-on = \"{}\"\n", moment(self.day + 10));
        self.land(waivers_file(&reviewed), "Record the review of the emergency", 10);
        Ok(())
    }

    /// The register of people lands, and then the policy that asks for training.
    fn ask_for_training(&mut self) {
        self.land(register(""), "Write down who was trained", 2);
        let policy = Body::Text(policy_with_training());
        let policy = vec![Op::Put(POLICY_FILE, File::new("portcullis.toml", policy))];
        self.land(policy, "Ask for trained reviewers", 1);
    }

    /// The policy asks for a comparison of what is uploaded with what arrived.
    fn compare_records(&mut self) {
        let policy = Body::Text(policy_with_records());
        let policy = vec![Op::Put(POLICY_FILE, File::new("portcullis.toml", policy))];
        let before = self.day;
        self.land(policy, "Compare what is uploaded with what arrived", 5);
        self.compared = self.day + 1;
        // The other landings keep their days.
        self.day = before;
    }

    /// Robin approves after the end of the training, and takes the course again.
    fn training_ends(&mut self) -> Result<()> {
        let change = vec![Op::Slot(10, 5, "SELECT 182 FROM staging;\n".to_string())];
        let landed = self.land(change, "Count records before they are loaded", 4);
        let again = format!(
            "\n[[people.training]]\ncourse = \"secure-review\"\ncompleted = \"{}\"\n",
            moment(self.day + 1)
        );
        self.land(register(&again), "Robin took the course again", 2);
        let (created, expires) = (moment(self.day), moment(self.day + 10));
        let control = trained_reviewers::KIND.name;
        let waiver = format!(
            "schema = 1\n\n[[waivers]]\nid = \"T-1\"\ncontrol = \"{control}\"\ncommits = [\"{landed}\"]\n\
             reason = \"The course of one reviewer had ended nine days before; the change was reviewed again\"\nticket = \"OPS-897\"\n\
             requester = \"robin-example\"\napprover = \"alex-example\"\ncreated = \"{created}\"\nexpires = \"{expires}\"\n"
        );
        self.land(waivers_file(&waiver), "Let the change through whose reviewer was not trained", 1);
        self.deploy()
    }

    /// The branch requires one approval instead of two, or two again.
    fn weaker(&mut self, weaker: bool) {
        let required = if weaker { 1 } else { 2 };
        for ruleset in self.lane.forge.worlds.iter_mut().flat_map(|world| &mut world.rulesets) {
            for rule in &mut ruleset.rules {
                if let Rule::Approvals(count) = rule {
                    *count = required;
                }
            }
        }
    }

    /// Goes back to the deployment before the last one.
    fn roll_back(&mut self) -> Result<()> {
        let [.., to, from] = self.deployed.as_slice() else { return Ok(()) };
        let (to, from) = (*to, *from);
        let text = format!(
            "schema = 1\n\n[[rollbacks]]\nid = \"R-1\"\nenvironment = \"production\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
             reason = \"Closed cases were loaded again\"\nticket = \"OPS-902\"\nrequester = \"kim-example\"\n\
             approver = \"robin-example\"\ncreated = \"{}\"\nexpires = \"{}\"\n",
            moment(self.day),
            moment(self.day + 5)
        );
        self.land(waivers_file(&text), "Allow the way back", 1);
        self.deploy_commit(to)
    }

    fn deploy(&mut self) -> Result<()> {
        let tip = self.lane.tip();
        self.deploy_commit(tip)
    }

    /// Judges a deployment as of the day, and records it when it is allowed.
    fn deploy_commit(&mut self, candidate: git2::Oid) -> Result<()> {
        self.day += 1;
        let is_first = self.deployed.is_empty();
        deploy_commit((&self.lane, self.readers), candidate, moment(self.day), is_first)?;
        self.deployed.push(candidate);
        Ok(())
    }
}

/// The policy from the second month on.
fn policy_with_training() -> String {
    format!(
        "{POLICY}\n[training.courses.secure-review]\ntitle = \"Reviewing code that processes personal data\"\n\
         valid-for = \"730d\"\n\n[controls.{}]\ncourses = [\"secure-review\"]\n",
        trained_reviewers::KIND.name
    )
}

/// The policy from spring on.
fn policy_with_records() -> String {
    format!("{}{}", policy_with_training(), records::MORE)
}

/// Writes the register, with more training of Robin.
fn register(more: &str) -> Vec<Op> {
    let text = format!(
        "schema = 1\n\n[[people]]\nname = \"Alex Example\"\nlogins = [\"alex-example\"]\nemails = [\"alex@example.test\"]\n\n\
         [[people.training]]\ncourse = \"secure-review\"\nprovider = \"Example Academy\"\ncompleted = \"2024-11-20\"\nevidence = \"LMS-4711\"\n\n\
         [[people]]\nname = \"Robin Example\"\nlogins = [\"robin-example\"]\nemails = [\"robin@example.test\"]\n\n\
         [[people.training]]\ncourse = \"secure-review\"\nprovider = \"Example Academy\"\ncompleted = \"2024-07-01\"\n\
         expires = \"{TRAINING_ENDS}\"\n{more}"
    );
    vec![Op::Put(REGISTER, File::new(REGISTER_PATH, Body::Text(text)))]
}

/// Writes the file of waivers.
fn waivers_file(text: &str) -> Vec<Op> {
    vec![Op::Put(WAIVERS, File::new("portcullis-waivers.toml", Body::Text(text.to_string())))]
}
