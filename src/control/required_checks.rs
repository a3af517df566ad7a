//! `required-checks`: named checks of the judged head ended well, each written by the app or account that the policy names.
//!
//! Whoever may write checks can give them any name, so a name proves nothing without its producer; and only
//! "success" is success: a check that was skipped or is neutral checked nothing.

use super::{Case, Control, Documentation, Kind, finding, read};
use crate::model::change::Revision;
use crate::model::check::{Check, Conclusion, Producer};
use crate::model::decision::{Finding, SubjectKind, Verdict};
use crate::model::fact::Gap;
use crate::model::inquiry::{Inquiry, Topic};
use crate::model::person::Login;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// The control.
pub static KIND: Kind = Kind {
    name: "required-checks",
    documentation: Documentation {
        requires: REQUIRES,
        why: WHY,
        cannot_show: CANNOT_SHOW,
        how_to_meet: HOW_TO_MEET,
    },
    read: read::<RequiredChecks>,
};

const REQUIRES: &str = "\
Each named check must have run on the very commit that is judged, must have been written by the app or account that the \
policy names, and must have ended in success. Failed, cancelled, skipped, neutral, stale and unfinished checks are not \
successes. Where a check ran more than once on the commit, every run must have succeeded.";

const WHY: &str = "\
An automatic check protects live data only if it really ran, on this change, and if nobody else can put its name on a \
green mark. Whoever may write checks can choose any name; a job that was skipped can look much like one that passed; and a \
result for an earlier commit says nothing about the lines added since.";

const CANNOT_SHOW: &str = "\
What a check does: a job that runs no test and reports success passes here; the control regression-tests judges the \
results of tests. That the check's own definition is unchanged: with GitHub Actions the change itself can edit the \
workflow, and every workflow of the repository writes under the same app; the control gate-integrity watches those files. \
That the check ran on the merged result: it speaks of the head of the change.";

const HOW_TO_MEET: &str = "\
Let the check run on every change request, and wait for it to end before the gate runs. Name the app by its name in \
addresses or by its number, or, for a commit status, the account that writes it. Do not name the job that runs the gate: it \
is never finished while it judges.

    [controls.required-checks]
    checks = [
      { name = \"build\", app = \"github-actions\" },
      { name = \"scan\", app = 15368 },
      { name = \"jenkins\", creator = \"ci-robot\" },
    ]

Names are compared exactly; accounts, as on the host, without regard to case.";

/// Its settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequiredChecks {
    checks: WantedChecks,
}

/// The checks; not empty, and none twice.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<Entry>")]
struct WantedChecks(Vec<Wanted>);

/// A newtype, because TOML errors get the place of the newtype's text: here, of one entry of the list.
#[derive(Debug, Deserialize)]
struct Entry(Wanted);

/// One check that must have ended well.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawWanted")]
struct Wanted {
    name: String,
    writer: Writer,
}

/// Who must have written it.
#[derive(Debug, PartialEq, Eq)]
enum Writer {
    AppNumber(u64),
    AppSlug(String),
    Creator(Login),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWanted {
    name: String,
    app: Option<App>,
    creator: Option<Login>,
}

/// An app by number or by name. Read by hand: an untagged choice would lose the place of its errors.
struct App(Writer);

impl TryFrom<Vec<Entry>> for WantedChecks {
    type Error = String;

    fn try_from(entries: Vec<Entry>) -> Result<Self, String> {
        let checks: Vec<Wanted> = entries.into_iter().map(|entry| entry.0).collect();
        let again = checks.iter().enumerate().find(|(at, check)| checks[..*at].contains(check));
        match again {
            _ if checks.is_empty() => Err("an empty list requires nothing; name a check".into()),
            Some((_, check)) => {
                Err(format!("the check `{}` from {} is named twice", check.name, check.writer))
            }
            None => Ok(WantedChecks(checks)),
        }
    }
}

impl TryFrom<RawWanted> for Wanted {
    type Error = String;

    fn try_from(raw: RawWanted) -> Result<Self, String> {
        let writer = match (raw.app, raw.creator) {
            _ if raw.name.is_empty() => return Err("a check needs a name".into()),
            (Some(app), None) => app.0,
            (None, Some(creator)) if !creator.as_str().is_empty() => Writer::Creator(creator),
            (Some(_), Some(_)) => return Err("say `app` or `creator`, not both".into()),
            _ => {
                return Err("anybody who may write checks can use any name; say whose check counts: \
                            `app = \"…\"` for a check run, `creator = \"…\"` for a commit status"
                    .into());
            }
        };
        Ok(Wanted { name: raw.name, writer })
    }
}

impl<'de> Deserialize<'de> for App {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AppVisitor;

        impl Visitor<'_> for AppVisitor {
            type Value = App;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of an app in addresses, or its number")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<App, E> {
                match text {
                    "" => Err(E::custom("an app needs a name")),
                    _ => Ok(App(Writer::AppSlug(text.to_string()))),
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<App, E> {
                Ok(App(Writer::AppNumber(number)))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<App, E> {
                let number =
                    u64::try_from(number).map_err(|_| E::custom("an app's number is never negative"))?;
                self.visit_u64(number)
            }
        }

        deserializer.deserialize_any(AppVisitor)
    }
}

impl std::fmt::Display for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Writer::AppNumber(number) => write!(f, "app {number}"),
            Writer::AppSlug(slug) => write!(f, "app `{slug}`"),
            Writer::Creator(login) => write!(f, "account `{login}`"),
        }
    }
}

impl Writer {
    /// Is this the producer that the policy means? A producer that the host no longer knows is nobody's.
    fn is(&self, producer: &Producer) -> bool {
        match (self, producer) {
            (Writer::AppNumber(wanted), Producer::App { id, .. }) => wanted == id,
            (Writer::AppSlug(wanted), Producer::App { slug, .. }) => wanted == slug,
            (Writer::Creator(wanted), Producer::Account(Some(account))) => *wanted == account.login,
            _ => false,
        }
    }
}

impl Control for RequiredChecks {
    fn ask(&self, inquiry: &mut Inquiry) {
        inquiry.topics.insert(Topic::Checks);
    }

    fn check(&self, case: &Case<'_>) -> Result<Vec<Finding>, Gap> {
        let head = &case.facts.change.known()?.head;
        let checks = case.facts.host.checks.known()?;
        Ok(self.checks.0.iter().map(|wanted| judge(wanted, checks, head)).collect())
    }
}

fn judge(wanted: &Wanted, checks: &[Check], head: &Revision) -> Finding {
    let (runs, others): (Vec<&Check>, Vec<&Check>) = checks
        .iter()
        .filter(|check| check.name == wanted.name)
        .partition(|check| check.head == *head && wanted.writer.is(&check.producer));
    let worst = runs.iter().copied().filter(|run| run.conclusion != Conclusion::Success).max_by_key(|run| {
        // What has ended badly weighs more than what may still end well.
        (run.conclusion != Conclusion::Running, run.conclusion, run.id)
    });
    let finding = match worst {
        _ if runs.is_empty() => absent(wanted, head),
        Some(run) => unsuccessful(wanted, run),
        None => start(
            Verdict::Met,
            wanted,
            format!("it succeeded on {}, written by {}", head.short(), wanted.writer),
        ),
    };
    let failed = runs.iter().filter(|run| run.conclusion != Conclusion::Success).map(|run| sentence(run));
    let mut details: Vec<String> = failed.chain(others.iter().map(|check| ignored(check, head))).collect();
    details.sort();
    finding.details(details)
}

fn start(verdict: Verdict, wanted: &Wanted, reason: String) -> Finding {
    finding(KIND.name, verdict, SubjectKind::Check, wanted.name.clone(), reason)
}

fn absent(wanted: &Wanted, head: &Revision) -> Finding {
    let reason = format!("{} wrote no check of this name on {}", wanted.writer, head.short());
    start(Verdict::Broken, wanted, reason)
        .remedy("let the check run on the head of the change, then judge again")
}

fn unsuccessful(wanted: &Wanted, run: &Check) -> Finding {
    let remedy = match run.conclusion {
        Conclusion::Running => "wait for the check to end, then judge again",
        Conclusion::ActionRequired => "take the action that the check waits for, then judge again",
        _ => "find out why the check did not succeed, and let it run again",
    };
    start(Verdict::Broken, wanted, format!("the check of {} {}", wanted.writer, words(run.conclusion)))
        .remedy(remedy)
}

/// One run, as it ended.
fn sentence(run: &Check) -> String {
    format!("run {} of {} {}", run.id, producer(&run.producer), words(run.conclusion))
}

/// A check of the right name that does not count, and why.
fn ignored(check: &Check, head: &Revision) -> String {
    let who = producer(&check.producer);
    if check.head == *head {
        format!("a check of this name by {who} does not count: the policy names another producer")
    } else {
        format!("a check of this name by {who} does not count: it is of {}", check.head.short())
    }
}

fn producer(producer: &Producer) -> String {
    match producer {
        Producer::App { id, slug } => format!("app `{slug}` ({id})"),
        Producer::Account(Some(account)) => format!("account `{}` ({})", account.login, account.id),
        Producer::Account(None) => "an account that is gone".to_string(),
        Producer::Unknown => "nobody that the host names".to_string(),
    }
}

fn words(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Running => "has not finished",
        Conclusion::Success => "succeeded",
        Conclusion::Failure => "failed",
        Conclusion::Error => "could not do its work",
        Conclusion::Neutral => "ended as neutral, which is not success",
        Conclusion::Skipped => "was skipped, which is not success",
        Conclusion::Cancelled => "was cancelled",
        Conclusion::Stale => "was given up as stale",
        Conclusion::TimedOut => "ran out of time",
        Conclusion::ActionRequired => "waits for somebody to act",
        Conclusion::StartupFailure => "could not start",
    }
}
