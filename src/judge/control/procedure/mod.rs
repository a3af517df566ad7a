//! How code is tested, reviewed and deployed, in sentences for staff: what a policy comes to.
//!
//! Each control says its own sentences ([`Control::procedure`](super::Control::procedure)), each
//! with the setting that it comes from; `policy::procedure` puts them together. `markdown` writes
//! the page, `diagram` draws the two pictures in it, and `published` compares a published copy with
//! what the policy says now.
//!
//! A sentence is prose in which [`words::code`] marks names, paths and patterns. Everything else in
//! it is plain text, whatever characters it holds; each format escapes it.

use portcullis_model::digest::Digest;
use portcullis_model::protection::Rule;

pub mod diagram;
pub mod markdown;
pub mod published;
pub mod words;

/// What a control adds to the procedure when it is on, and what is said when it is off.
#[derive(Clone, Copy, Debug)]
pub struct ProcedurePart {
    /// The chapter that its sentences belong to.
    pub chapter: ProcedureChapter,
    /// Its place among the controls of that chapter: the lowest comes first.
    pub place: u8,
    /// What is not required where the policy leaves the control out: the rest of a sentence that
    /// begins with "Not required here:".
    pub off: &'static str,
}

/// The chapters of a procedure, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProcedureChapter {
    /// Which project, branches, environments and code it is about.
    Scope,
    /// How code is tested.
    Tests,
    /// How code is reviewed.
    Reviews,
    /// What the host enforces on the branch.
    Branch,
    /// How code is deployed.
    Deployment,
    /// What to do when a rule cannot be kept.
    Exceptions,
    /// Who may change the rules themselves.
    Rules,
    /// Who is meant by each role.
    People,
    /// What this policy does not require.
    NotRequired,
}

impl ProcedureChapter {
    /// All of them, in the order of the page.
    pub const ALL: [ProcedureChapter; 9] = [
        ProcedureChapter::Scope,
        ProcedureChapter::Tests,
        ProcedureChapter::Reviews,
        ProcedureChapter::Branch,
        ProcedureChapter::Deployment,
        ProcedureChapter::Exceptions,
        ProcedureChapter::Rules,
        ProcedureChapter::People,
        ProcedureChapter::NotRequired,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            ProcedureChapter::Scope => "What this is about",
            ProcedureChapter::Tests => "How code is tested",
            ProcedureChapter::Reviews => "How code is reviewed",
            ProcedureChapter::Branch => "What protects the branch",
            ProcedureChapter::Deployment => "How code is deployed",
            ProcedureChapter::Exceptions => "When a rule cannot be kept",
            ProcedureChapter::Rules => "How these rules change",
            ProcedureChapter::People => "Who is who",
            ProcedureChapter::NotRequired => "What is not required here",
        }
    }
}

/// One sentence or two of the procedure that belong together, on one line of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureSentence {
    /// The words; see the head of this file.
    pub text: String,
    /// Where they come from.
    pub origin: SentenceOrigin,
    /// The rule of the host that makes them true, where it is a rule of the host.
    pub rule: Option<Rule>,
}

/// Where a sentence comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentenceOrigin {
    /// A setting: the keys that lead to it from the root of the policy, and the text of one entry
    /// of it, or nothing for the whole.
    Setting {
        /// The keys.
        way: Vec<String>,
        /// The entry.
        entry: String,
    },
    /// A line of the policy, from 1.
    Line(u64),
    /// The policy does not write this key, so its default holds.
    Default(String),
    /// Every procedure says it.
    Fixed,
}

impl std::fmt::Display for SentenceOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SentenceOrigin::Setting { way, .. } => write!(f, "policy, `{}`", way.join(".")),
            SentenceOrigin::Line(line) => write!(f, "policy line {line}"),
            SentenceOrigin::Default(key) => write!(f, "default of `{key}`"),
            SentenceOrigin::Fixed => f.write_str("said in every procedure"),
        }
    }
}

/// What one control says.
#[derive(Clone, Debug, Default)]
pub struct ControlProcedure {
    /// The keys that lead to its settings.
    way: Vec<String>,
    /// Its sentences, in order.
    pub sentences: Vec<ProcedureSentence>,
    /// Its steps of the way of a change: short, in the imperative.
    pub change_steps: Vec<String>,
    /// Its steps of the way of a deployment.
    pub deployment_steps: Vec<String>,
}

impl ControlProcedure {
    /// Nothing so far, for the settings of the control of this name.
    pub fn of(control: &str) -> Self {
        ControlProcedure {
            way: vec!["controls".to_string(), control.to_string()],
            ..ControlProcedure::default()
        }
    }

    /// A sentence that comes from the setting at `keys` below the control; without keys, from the
    /// control's being on.
    pub fn say(&mut self, keys: &[&str], text: impl Into<String>) -> &mut Self {
        self.say_entry(keys, "", text)
    }

    /// A sentence that comes from one entry of a setting.
    pub fn say_entry(&mut self, keys: &[&str], entry: &str, text: impl Into<String>) -> &mut Self {
        let way = self.way.iter().cloned().chain(keys.iter().map(ToString::to_string)).collect();
        let origin = SentenceOrigin::Setting { way, entry: entry.to_string() };
        self.sentences.push(ProcedureSentence { text: text.into(), origin, rule: None });
        self
    }

    /// The sentence that was said last is true as long as the host imposes this rule.
    pub fn by_host(&mut self, rule: &Rule) -> &mut Self {
        if let Some(last) = self.sentences.last_mut() {
            last.rule = Some(rule.clone());
        }
        self
    }

    /// A step of the way of a change.
    pub fn change_step(&mut self, text: impl Into<String>) -> &mut Self {
        self.change_steps.push(text.into());
        self
    }

    /// A step of the way of a deployment.
    pub fn deployment_step(&mut self, text: impl Into<String>) -> &mut Self {
        self.deployment_steps.push(text.into());
        self
    }
}

/// The whole procedure: what `portcullis policy procedure` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// The project.
    pub project: String,
    /// Who answers for it.
    pub accountable: Option<String>,
    /// The chapters that have something to say, in order.
    pub chapters: Vec<(ProcedureChapter, Vec<ProcedureSentence>)>,
    /// The way of a change, step by step.
    pub change: Vec<String>,
    /// The way of a deployment.
    pub deployment: Vec<String>,
}

impl Procedure {
    /// All sentences, in the order of the page.
    pub fn sentences(&self) -> impl Iterator<Item = &ProcedureSentence> {
        self.chapters.iter().flat_map(|(_, sentences)| sentences)
    }

    /// What people approve and acknowledge: the digest of the page as it is written, without added
    /// text and without approvals. Where the file is and how the policy is laid out does not count.
    pub fn digest(&self) -> Digest {
        Digest::of(markdown::write_page(self, "").as_bytes())
    }
}
