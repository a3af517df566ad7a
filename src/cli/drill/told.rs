//! Until when the policy makes sure that those who rely on the records hear of it.

use crate::exit::{Failure, Result};
use crate::story::check::moment;
use crate::story::world::{BEGIN, DAY, DAYS};
use portcullis_incident::clock::{NoticeDuty, find_duties};
use portcullis_model::incident::{IncidentHistory, IncidentId, NoticeKind};
use portcullis_model::notification::{NotificationRules, PartyRole};

/// A party that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldParty {
    /// Its name in the policy.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Until when it hears that there is something, in seconds since 1970.
    pub due: i64,
}

/// Who is told, and what would tell more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// The parties, but for supervisory authorities, by time.
    pub parties: Vec<ToldParty>,
    /// What would have to be in the policy, where someone who relies on the records is not told.
    pub settings: Vec<String>,
}

impl Telling {
    /// Is everyone told who relies on the records?
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.parties.is_empty() && self.settings.is_empty()
    }
}

/// Who is told of a dataset when a run finds something at `aware`.
///
/// # Errors
/// Never with a moment of the story.
pub fn find_told(
    rules: Option<&NotificationRules>,
    dataset: &str,
    recipients: &[String],
    aware: i64,
) -> Result<Telling> {
    let mut telling = Telling::default();
    if let Some(rules) = rules {
        let history = begin_history(rules, dataset, aware)?;
        let duties = find_duties(&history, rules);
        let relies =
            |name: &str| rules.party(name).is_some_and(|party| party.role != PartyRole::Commissioner);
        telling.parties = first_duties(&duties).filter(|party| relies(&party.name)).collect();
        telling.parties.sort_by(|a, b| (a.due, &a.name).cmp(&(b.due, &b.name)));
        let is_told = |name: &str| telling.parties.iter().any(|party| party.name == name);
        for name in recipients.iter().filter(|name| !is_told(name)) {
            let is_named = rules.parties_of(dataset).any(|party| party.name == *name);
            let setting = if is_named {
                "early-warning = \"72h\"".to_string()
            } else {
                format!("datasets = [\"{dataset}\"]")
            };
            telling.settings.push(format!("notification.parties.{name}: {setting}"));
        }
    }
    if telling.parties.is_empty() && telling.settings.is_empty() {
        telling.settings.push("[notification.parties.NAME] with early-warning".to_string());
    }
    Ok(telling)
}

fn begin_history(rules: &NotificationRules, dataset: &str, aware: i64) -> Result<IncidentHistory> {
    Ok(IncidentHistory {
        id: IncidentId::try_from("2020-06-02-000000".to_string()).map_err(Failure::environment)?,
        dataset: dataset.to_string(),
        recorded_at: moment(aware),
        aware_at: moment(aware),
        detected_at: Some(moment(aware)),
        parties: rules.parties_of(dataset).map(|party| party.name.clone()).collect(),
        notices: Vec::new(),
        closed: None,
    })
}

/// The first duty to each party that tells that there is something, in half a year.
fn first_duties(duties: &[NoticeDuty]) -> impl Iterator<Item = ToldParty> {
    let end = moment(BEGIN + DAYS * DAY);
    let warns = |duty: &&NoticeDuty| duty.kind != NoticeKind::Final && duty.turn == 1;
    let mut told: Vec<ToldParty> = Vec::new();
    for duty in duties.iter().filter(warns) {
        let Some(due) = duty.until().filter(|due| *due < end) else { continue };
        if !told.iter().any(|party| party.name == duty.party) {
            let (name, title) = (duty.party.clone(), duty.title.clone());
            told.push(ToldParty { name, title, due: due.as_second() });
        }
    }
    told.into_iter()
}
