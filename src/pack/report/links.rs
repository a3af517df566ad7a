//! The pages and anchors of items, so that an auditor can cite them.

use crate::item_path::{BadPath, ItemPath};
use crate::places::run_folder;
use maud::{Markup, html};
use portcullis_wire::audit::v1::{AuditV1, AuditedLandingV1};
use std::collections::BTreeMap;

/// Where items are shown.
pub(super) struct Links {
    landings: BTreeMap<String, ItemPath>,
    /// The pages of exceptions, by control.
    controls: BTreeMap<String, ItemPath>,
}

impl Links {
    /// The pages of an audit.
    ///
    /// # Errors
    /// A name of which no path can be made.
    pub(super) fn new(audit: &AuditV1) -> Result<Links, BadPath> {
        let mut landings = BTreeMap::new();
        let mut used = BTreeMap::new();
        for landing in &audit.landings {
            let times: &mut u32 = used.entry(landing.landed.as_str()).or_default();
            *times += 1;
            let suffix = if *times > 1 { format!("-{times}") } else { String::new() };
            let path = ItemPath::new(&format!("landings/{}{suffix}.html", landing.landed))?;
            landings.insert(landing.id.clone(), path);
        }
        let mut controls = BTreeMap::new();
        for exception in &audit.exceptions {
            let number = controls.len() + 1;
            let named = ItemPath::new(&format!("exceptions/{}.html", exception.control));
            let path = named.or_else(|_| ItemPath::new(&format!("exceptions/control-{number}.html")))?;
            controls.entry(exception.control.clone()).or_insert(path);
        }
        Ok(Links { landings, controls })
    }

    /// The page of a landing.
    pub(super) fn landing(&self, id: &str) -> Option<&ItemPath> {
        self.landings.get(id)
    }

    /// The page of the exceptions of a control.
    pub(super) fn control(&self, control: &str) -> Option<&ItemPath> {
        self.controls.get(control)
    }

    /// The controls that have exceptions, each with its page.
    pub(super) fn controls(&self) -> &BTreeMap<String, ItemPath> {
        &self.controls
    }

    /// A link to an item from a page in so many folders.
    pub(super) fn item(&self, id: &str, depth: usize) -> Markup {
        let up = "../".repeat(depth);
        match self.landings.get(id) {
            Some(path) => html! { a href={ (up) (path) } { code { (short_id(id)) } } },
            None if anchor_of(id).is_some() => {
                html! { a href={ (up) (super::INDEX) "#" (anchor_of(id).unwrap_or_default()) } { code { (super::text::show_hidden(id)) } } }
            }
            None if id.contains('#') => {
                html! { a href={ (up) (super::INDEX) "#" (deployment_anchor(id)) } { code { (super::text::show_hidden(id)) } } }
            }
            None => html! { code { (super::text::show_hidden(id)) } },
        }
    }
}

/// The anchor of a dataset on the first page.
pub(super) fn dataset_anchor(dataset: &str) -> String {
    run_folder(dataset).replace('/', "-")
}

/// The anchor of an incident on the first page.
pub(super) fn incident_anchor(id: &str) -> String {
    format!("incident-{id}")
}

/// The anchor of what runs and incidents show.
fn anchor_of(id: &str) -> Option<String> {
    let (kind, rest) = id.split_once('/')?;
    let named = rest.split('/').next().unwrap_or(rest);
    match kind {
        "run" => Some(dataset_anchor(named)),
        "notice" | "incident" => Some(incident_anchor(named)),
        _ => None,
    }
}

/// The anchor of a deployment.
pub(super) fn deployment_anchor(id: &str) -> String {
    format!("deployment-{}", id.replace('#', "-"))
}

/// The id of an item with its commit shortened.
pub(super) fn short_id(id: &str) -> String {
    match id.rsplit_once('@') {
        Some((branch, commit)) => {
            format!("{}@{}", super::text::show_hidden(branch), commit.get(..10).unwrap_or(commit))
        }
        None => super::text::show_hidden(id),
    }
}

/// The month of a landing, as the trend names it.
pub(super) fn month(landing: &AuditedLandingV1) -> &str {
    let month = landing.time.at.as_deref().and_then(|at| at.get(..7));
    month.filter(|month| is_month(month)).unwrap_or("unknown")
}

/// Is it `2026-01`? A text of any other form names no page.
fn is_month(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| if at == 4 { byte == b'-' } else { byte.is_ascii_digit() })
}

/// The page of the landings of a month.
pub(super) fn month_page(month: &str) -> String {
    format!("population/{month}.html")
}
