//! `portcullis hook pre-receive` and `update`: may the server take the push?
//!
//! | ref | rule |
//! | --- | --- |
//! | a deployment branch | what lands passes the merge gate; never deleted or rewound |
//! | a new deployment branch | only at the tip of another one |
//! | `refs/portcullis/**`, notes of evidence | only grow; reviews by their owner |
//! | the log and the state of the hook | no one |
//! | `refs/replace/**` | no one |
//! | any of these in other capitals | no one |
//! | a symbolic ref | as what it leads to |
//! | anything else | passes |

use super::WIDTH;
use super::environment::Lookup;
use super::kept;
use super::landing::{BranchUpdate, Ruling, refusal_of};
use super::newly_named::judge_newly_named;
use super::receiving::{Receiving, unseen};
use super::updates::RefUpdate;
use crate::exit::{Exit, Result};
use crate::output;
use portcullis_model::change::{BranchName, Revision};
use portcullis_model::decision::{Decision, Judged};
use portcullis_model::fact::Gap;
use portcullis_render::prose::wrap_text;
use portcullis_render::{Context, Style};

/// An answer, or what could not be seen.
type Seen<T> = std::result::Result<T, Gap>;

/// What is said of a push, and whether it may come in.
#[derive(Default)]
struct Answer {
    text: String,
    is_refused: bool,
}

/// Judges a push.
///
/// # Errors
/// It cannot be judged.
pub fn run(lookup: Lookup<'_>, updates: Vec<RefUpdate>) -> Result {
    let receiving = Receiving::read(lookup, updates)?;
    let mut answer = Answer::default();
    for update in &receiving.updates {
        answer.take(judge_update(&receiving, update)?, update);
    }
    if !answer.text.is_empty() {
        output::stdout(portcullis_render::plain(&answer.text).as_bytes())?;
        output::stdout(b"\n")?;
    }
    Ok(if answer.is_refused { Exit::Blocked } else { Exit::Allowed })
}

fn judge_update(receiving: &Receiving, update: &RefUpdate) -> Result<Option<Ruling>> {
    // A push to a symbolic ref moves what it leads to.
    let target = receiving.repository.symbolic_target(&update.name).map_err(unseen)?;
    for name in target.iter().chain([&update.name]) {
        let named = RefUpdate { name: name.clone(), ..update.clone() };
        if let Some(ruling) = judge_named(receiving, &named)? {
            return Ok(Some(ruling));
        }
    }
    Ok(None)
}

/// `None`: the gate has nothing to say of it.
fn judge_named(receiving: &Receiving, update: &RefUpdate) -> Result<Option<Ruling>> {
    if let Some(meant) = kept::misspelt(&update.name) {
        return Ok(Some(refuse_spelling(&update.name, meant)));
    }
    if kept::is_guarded(&update.name) {
        let refusal = kept::judge_update(receiving, &update.name, update).map_err(unseen)?;
        return Ok(refusal.map(|(what, remedy)| Ruling::Refused(what, remedy)));
    }
    let Some(branch) = update.branch() else { return Ok(None) };
    if !receiving.in_force.is_set() {
        return Ok(Some(refuse_without_policy(&receiving.in_force.branch)));
    }
    let old = update.old.as_ref();
    if !receiving.in_force.guards(&receiving.repository, &branch, old).map_err(unseen)? {
        return Ok(None);
    }
    if branch == receiving.in_force.branch && !receiving.in_force.is_guarding_itself() {
        return Ok(Some(refuse_unlisted(&branch)));
    }
    let ruling = judge_deployment_branch(receiving, &branch, update)?;
    if let (Ruling::Allowed(_), Some(new)) = (&ruling, &update.new)
        && branch == receiving.in_force.branch
        && let Some(refused) = judge_newly_named(receiving, new).map_err(unseen)?
    {
        return Ok(Some(refused));
    }
    Ok(Some(ruling))
}

fn refuse_spelling(name: &str, meant: &str) -> Ruling {
    Ruling::Refused(
        format!(
            "`{name}` is a name below `{meant}` in other capitals, and on some file systems it is the same ref"
        ),
        format!("Write `{meant}` in small letters, or use another name."),
    )
}

fn refuse_without_policy(branch: &BranchName) -> Ruling {
    Ruling::Refused(
        format!(
            "the default branch of the server, {branch}, has no policy `portcullis.toml`, so nothing can be judged"
        ),
        "On the server, commit one to it, or take the hook away.".to_string(),
    )
}

fn refuse_unlisted(branch: &BranchName) -> Ruling {
    Ruling::Refused(
        format!(
            "{branch} is the default branch of the server, whose policy is in force, and the policy does not list it \
             under `[branches] deployment`, so anyone who pushes could change which branches are guarded"
        ),
        "On the server, make a deployment branch the default one (`git symbolic-ref HEAD refs/heads/NAME`)."
            .to_string(),
    )
}

fn judge_deployment_branch(receiving: &Receiving, branch: &BranchName, update: &RefUpdate) -> Result<Ruling> {
    match (&update.old, &update.new) {
        (Some(old), Some(new)) => match (BranchUpdate { receiving, branch }).judge(old, new) {
            Err(failure) => {
                let (what, remedy) = refusal_of(&failure);
                Ok(Ruling::Refused(what, remedy))
            }
            ruling => ruling,
        },
        (Some(_), None) => Ok(Ruling::Refused(
            format!("{branch} is a deployment branch and may not be deleted"),
            "Take it out of `[branches] deployment` of the policy first, by a change that passes the gate."
                .to_string(),
        )),
        (None, new) => judge_new_branch(receiving, branch, new.as_ref()).map_err(unseen),
    }
}

/// What a deployment branch holds has passed the gate, so another one may begin there.
fn judge_new_branch(receiving: &Receiving, branch: &BranchName, new: Option<&Revision>) -> Seen<Ruling> {
    for reference in receiving.repository.refs_below("refs/heads/")? {
        let tip = receiving.repository.ref_tip(&reference).ok().flatten();
        let other = BranchName::new(&reference);
        // By the policy in force: any commit can have one that names the branch which it is pushed
        // to.
        if tip.is_some() && tip.as_ref() == new && receiving.in_force.names(&other) {
            return Ok(Ruling::Allowed(Vec::new()));
        }
    }
    Ok(Ruling::Refused(
        format!("{branch} would be a new deployment branch, which has no base to judge from"),
        format!(
            "Begin it at the tip of an existing one (`git push origin origin/{}:refs/heads/{branch}`), and let changes \
             land on it from there.",
            receiving.in_force.branch
        ),
    ))
}

impl Answer {
    fn take(&mut self, ruling: Option<Ruling>, update: &RefUpdate) {
        match ruling {
            None => {}
            Some(Ruling::Allowed(_)) => self.say(&format!("portcullis: {} is allowed", update.name)),
            Some(Ruling::Refused(what, remedy)) => {
                self.refuse(update);
                self.say(&what);
                if !remedy.is_empty() {
                    self.say(&format!("help: {remedy}"));
                }
            }
            Some(Ruling::Judged(decision, command)) => {
                self.refuse(update);
                self.text.push_str(&show_decision(&decision));
                if let Some(command) = command {
                    self.text.push('\n');
                    self.say(
                        "help: Nothing of a refused push stays on the server: push the change to a branch of its own \
                         (`git push origin HEAD:NAME`). A reviewer fetches it, looks at it, and approves it with",
                    );
                    // Not wrapped, so that it can be copied.
                    self.text.push_str(&format!("  {command}\n"));
                }
            }
        }
    }

    fn refuse(&mut self, update: &RefUpdate) {
        self.is_refused = true;
        self.say(&format!("portcullis: {} is refused", update.name));
    }

    fn say(&mut self, text: &str) {
        for line in text.lines().flat_map(|line| wrap_text(line, 0, 0, WIDTH)) {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }
}

/// The decision as the terminal shows it, without the request: it only repeats branch and head.
pub fn show_decision(decision: &Decision) -> String {
    let judged = Judged { request: None, ..decision.judged.clone() };
    let decision = &Decision { judged, ..decision.clone() };
    let style = Style { colour: false, width: WIDTH, verbose: false, advisory: false };
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _written = (portcullis_render::terminal::FORMAT.write)(decision, &Context::plain(style), &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
