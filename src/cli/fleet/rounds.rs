//! Rounds that are kept in a repository: keeping one, and listing, comparing and verifying them.

use super::sign::{SigningArguments, sign_round};
use crate::exit::{Exit, Failure, Result};
use crate::record::unseen_failure;
use crate::signature::read_signers;
use crate::{opening, output};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use portcullis_attest::signers::AllowedSigners;
use portcullis_collect::fleet::{RoundError, append_round, each_round, read_newest};
use portcullis_collect::round_signatures::RoundSignature;
use portcullis_fleet::groups::count_repositories;
use portcullis_fleet::page::PastVerdicts;
use portcullis_fleet::round::{
    FLEET_PREFIX, KeptRound, RoundBefore, RoundDraft, compare_rounds, count_items, fleet_reference,
    prepare_round,
};
use portcullis_git::Repository;
use portcullis_model::fleet::{FleetItem, FleetRound, FleetVerdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// So many rounds of the year are shown in a strip.
const STRIP: usize = 60;

/// Whose signature a round needs.
#[derive(Clone, Debug, Default, Args)]
pub struct SignerArguments {
    /// Every round has to be signed by someone of this list, a file of OpenSSH's allowed signers.
    /// Keep it where those who can write rounds cannot write.
    #[arg(long, value_name = "FILE", help_heading = "Signatures")]
    signers: Option<PathBuf>,
}

impl SignerArguments {
    /// The list, where one is named.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> Result<Option<AllowedSigners>> {
        self.signers.as_deref().map(read_signers).transpose()
    }
}

/// Which year.
#[derive(Debug, Args)]
pub struct YearArguments {
    /// Year. Default: this one.
    #[arg(value_name = "YEAR")]
    year: Option<i16>,
    #[command(flatten)]
    signers: SignerArguments,
}

impl YearArguments {
    /// The rounds of a year, which have to be signed by these.
    pub fn of(year: Option<i16>, signers: SignerArguments) -> Self {
        YearArguments { year, signers }
    }
}

/// Which two rounds.
#[derive(Debug, Args)]
pub struct RoundsToCompare {
    /// Number of the earlier round. Default: the one before the later.
    #[arg(value_name = "FROM")]
    from: Option<u64>,
    /// Number of the later round. Default: the newest.
    #[arg(value_name = "TO")]
    to: Option<u64>,
    /// Year of both. Default: this one.
    #[arg(long, value_name = "YEAR")]
    year: Option<i16>,
    #[command(flatten)]
    signers: SignerArguments,
}

/// The rounds of a repository, for a round that comes after them.
pub struct RoundKeeper {
    repository: Option<Repository>,
    newest: Option<KeptRound>,
    allowed: Option<AllowedSigners>,
    records: bool,
    now: Timestamp,
}

impl RoundKeeper {
    /// The rounds of the repository that a directory is in. Without one there are none, and a round
    /// cannot be recorded.
    ///
    /// # Errors
    /// The rounds cannot be read, or do not verify.
    pub fn open(directory: &Path, records: bool, signers: &SignerArguments, now: Timestamp) -> Result<Self> {
        let allowed = signers.read()?;
        let repository = match opening::open(directory) {
            Ok(repository) => Some(repository),
            Err(failure) if records => return Err(failure),
            Err(_) => None,
        };
        let newest = match &repository {
            Some(repository) => newest_of(repository, now)?,
            None => None,
        };
        if let Some(newest) = &newest {
            check_signature(newest, allowed.as_ref())?;
        }
        Ok(RoundKeeper { repository, newest, allowed, records, now })
    }

    /// The repositories of the newest round, by name.
    pub fn previous_items(&self) -> BTreeMap<String, FleetItem> {
        self.newest.as_ref().map(|kept| kept.items.clone()).unwrap_or_default()
    }

    /// Makes a round, and keeps it where that was asked for; with how repositories did in the
    /// rounds of the year up to it.
    ///
    /// # Errors
    /// It cannot be stored.
    pub fn keep(
        self,
        directory: &Path,
        draft: &RoundDraft,
        signing: &SigningArguments,
    ) -> Result<(FleetRound, PastVerdicts)> {
        let reference = fleet_reference(self.now);
        let of_year = |kept: &&KeptRound| fleet_reference(kept.round.time) == reference;
        let before = self.newest.as_ref().filter(of_year).map(RoundBefore::from);
        let pending =
            prepare_round(draft, before.as_ref()).map_err(|why| Failure::environment(why.to_string()))?;
        let mut past = match &self.repository {
            Some(repository) => past_verdicts(repository, &reference, self.allowed.as_ref())?,
            None => PastVerdicts::new(),
        };
        past.push((draft.time, verdicts_of(&draft.items)));
        past.drain(..past.len().saturating_sub(STRIP));
        if !self.records {
            return Ok((pending.round, past));
        }
        let pending = sign_round(directory, signing, pending, self.allowed.as_ref())?;
        append_round(directory, &reference, &pending, before.as_ref())
            .map_err(|error| Failure::environment(error.to_string()))?;
        Ok((pending.round, past))
    }
}

/// The newest round: of this year, or else of the one before.
fn newest_of(repository: &Repository, now: Timestamp) -> Result<Option<KeptRound>> {
    let year = TimeZone::UTC.to_datetime(now).year();
    for reference in [fleet_reference(now), format!("{FLEET_PREFIX}{}", year - 1)] {
        if let Some(kept) = read_newest(repository, &reference).map_err(failure_of)? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

fn past_verdicts(
    repository: &Repository,
    reference: &str,
    allowed: Option<&AllowedSigners>,
) -> Result<PastVerdicts> {
    let (mut past, mut refused) = (PastVerdicts::new(), Ok(()));
    let mut signatures = SignatureRow::of(allowed);
    each_round(repository, reference, |kept| {
        if refused.is_ok() {
            refused = signatures.check(&kept).map(|_| ());
        }
        let items: Vec<FleetItem> = kept.items.into_values().collect();
        past.push((kept.round.time, verdicts_of(&items)));
    })
    .map_err(failure_of)?;
    refused.map(|()| past)
}

fn verdicts_of(items: &[FleetItem]) -> BTreeMap<String, FleetVerdict> {
    items.iter().map(|item| (item.repository.clone(), item.verdict())).collect()
}

fn failure_of(error: RoundError) -> Failure {
    match error {
        RoundError::Unseen(gap) => unseen_failure(gap),
        RoundError::Broken(commit, fault) => {
            Failure::unverified(format!("the round at {} does not verify: {fault}", commit.short()))
                .hint("find out who wrote it; to begin anew, keep the ref under another name and delete it")
        }
    }
}

fn reference_of(year: Option<i16>) -> String {
    year.map_or_else(|| fleet_reference(Timestamp::now()), |year| format!("{FLEET_PREFIX}{year}"))
}

/// What the signature of a round is worth.
///
/// # Errors
/// It does not count.
fn check_signature(kept: &KeptRound, allowed: Option<&AllowedSigners>) -> Result<RoundSignature> {
    let signature = RoundSignature::of(kept, allowed);
    let Some(why) = signature.refusal() else { return Ok(signature) };
    Err(Failure::unverified(format!("round {} cannot be believed: {why}", kept.round.number)).hint(
        "find out who wrote it; to begin anew, keep the ref under another name, delete it, and sign the first round",
    ))
}

/// The signatures of the rounds of a year, one after the other. The first that is signed vouches
/// for those before it, and from then on each needs a signature.
struct SignatureRow<'a> {
    allowed: Option<&'a AllowedSigners>,
    has_signed: bool,
}

impl<'a> SignatureRow<'a> {
    fn of(allowed: Option<&'a AllowedSigners>) -> Self {
        SignatureRow { allowed, has_signed: false }
    }

    fn check(&mut self, kept: &KeptRound) -> Result<RoundSignature> {
        if kept.signature.is_none() && !self.has_signed {
            return Ok(RoundSignature::Unsigned);
        }
        self.has_signed = true;
        check_signature(kept, self.allowed)
    }
}

/// The rounds of a year, oldest first, with what their signatures are worth.
pub struct KeptRounds(Vec<(KeptRound, RoundSignature)>);

impl KeptRounds {
    /// Reads and verifies them; there is one at least.
    ///
    /// # Errors
    /// There are none, or they do not verify.
    pub fn read(directory: &Path, meant: &YearArguments) -> Result<Self> {
        let allowed = meant.signers.read()?;
        let repository = opening::open(directory)?;
        let reference = reference_of(meant.year);
        let mut rounds = Vec::new();
        each_round(&repository, &reference, |kept| rounds.push(kept)).map_err(failure_of)?;
        if rounds.is_empty() {
            return Err(Failure::environment(format!("there are no rounds below `{reference}` here")).hint(
                "`portcullis fleet … --record` keeps one; a clone does not bring them by itself: \
                   git fetch origin 'refs/portcullis/fleet/*:refs/portcullis/fleet/*'",
            ));
        }
        if let Some(newest) = rounds.last() {
            check_signature(newest, allowed.as_ref())?;
        }
        let mut signatures = SignatureRow::of(allowed.as_ref());
        let checked = rounds.into_iter().map(|kept| {
            let signature = signatures.check(&kept)?;
            Ok((kept, signature))
        });
        checked.collect::<Result<_>>().map(KeptRounds)
    }

    /// The newest round.
    pub fn newest(&self) -> Option<(&KeptRound, &RoundSignature)> {
        self.0.last().map(|(kept, signature)| (kept, signature))
    }

    /// All rounds, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &KeptRound> {
        self.0.iter().map(|(kept, _)| kept)
    }

    /// What the rounds found of a repository, oldest first.
    pub fn past_of(&self, repository: &str) -> Vec<(Timestamp, FleetItem)> {
        let found = |kept: &KeptRound| Some((kept.round.time, kept.items.get(repository)?.clone()));
        self.all().filter_map(found).collect()
    }
}

/// Lists the rounds of a year.
///
/// # Errors
/// There are none, or they do not verify.
pub fn list(directory: &Path, meant: &YearArguments) -> Result {
    let mut text = String::new();
    for (kept, signature) in KeptRounds::read(directory, meant)?.0 {
        let items: Vec<FleetItem> = kept.items.into_values().collect();
        let counts = count_items(&items);
        let broken = items.iter().filter(|item| item.verdict() == FleetVerdict::Broken).count();
        text += &format!(
            "{:>4}  {}  {} in scope, {} looked at, {} unknown, {broken} broken; {signature}\n",
            kept.round.number, kept.round.time, counts.in_scope, counts.looked_at, counts.unknown
        );
    }
    output::text(text.trim_end())?;
    Ok(Exit::Allowed)
}

/// Shows what differs between two rounds.
///
/// # Errors
/// There are no such rounds, or they do not verify.
pub fn diff(directory: &Path, meant: &RoundsToCompare) -> Result {
    let rounds = KeptRounds::read(directory, &YearArguments::of(meant.year, meant.signers.clone()))?;
    let find = |number: u64| {
        rounds.all().find(|kept| kept.round.number == number).ok_or_else(|| {
            Failure::usage(format!("there is no round {number}; `portcullis fleet list` lists them"))
        })
    };
    let last = rounds.newest().map_or(1, |(kept, _)| kept.round.number);
    let to = meant.to.unwrap_or(last);
    let from = meant.from.unwrap_or_else(|| to.saturating_sub(1));
    let changes = compare_rounds(find(from)?, find(to)?);
    let word = |verdict: Option<FleetVerdict>| verdict.map_or("not in scope", FleetVerdict::as_str);
    let line = |one: &portcullis_fleet::round::RoundChange| {
        format!("{}  {}: {} -> {}", one.repository, one.column, word(one.before), word(one.now))
    };
    let lines: Vec<String> = changes.iter().map(line).collect();
    let text =
        if lines.is_empty() { format!("rounds {from} and {to} found the same") } else { lines.join("\n") };
    output::text(&text)?;
    Ok(Exit::Allowed)
}

/// Verifies the rounds of a year.
///
/// # Errors
/// There are none, or they do not verify.
pub fn verify(directory: &Path, meant: &YearArguments) -> Result {
    let rounds = KeptRounds::read(directory, meant)?;
    let Some((newest, _)) = rounds.newest() else { return Ok(Exit::Environment) };
    output::text(&format!(
        "{} rounds verified, the newest is {} with {}; {}; unchecked: whether newer ones were removed",
        rounds.0.len(),
        newest.commit,
        count_repositories(newest.items.len() as u64),
        describe_signatures(&rounds)
    ))?;
    Ok(Exit::Allowed)
}

fn describe_signatures(rounds: &KeptRounds) -> String {
    let count = |is: fn(&RoundSignature) -> bool| rounds.0.iter().filter(|(_, one)| is(one)).count();
    let listed = count(|one| matches!(one, RoundSignature::Signed { .. }));
    let unlisted = count(|one| matches!(one, RoundSignature::Unlisted(_)));
    match (listed, unlisted) {
        (0, 0) => "none is signed".to_string(),
        (0, some) => format!("{some} signed, by keys whose owner was not looked up (--signers FILE)"),
        (all, _) => format!("{all} signed by people of the list"),
    }
}
