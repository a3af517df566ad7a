//! Version 1 of a run of a reconciliation. The order of the fields is their order in the file, and
//! the documentation of types and fields is that of the schema.
//!
//! A chain names each `run.json` by its SHA-256, so this version gains no members, and a reader
//! refuses those that it does not know.

use crate::form::{Form, Misshapen, MomentText, NamedValues, choices, objects, plain_texts};
use crate::text::DigestText;
use portcullis_model::reconciliation::run::{ComparedManifest, RecordBreak, RunManifests};
use portcullis_model::reconciliation::{
    ClassCount, Isolation, ReconciliationRun, RecordClass, RunOutcome, RunPopulation, RunShare,
};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

objects! {
    /// A run of a reconciliation, as `portcullis reconcile run` and `compare --record` store it.
    ///
    /// Every member is always there; a member of another name is an error. It holds no content of a
    /// record: keys are keyed digests.
    RunV1 = ReconciliationRun {
        /// The version of this form.
        #[cfg_attr(test, schemars(extend("const" = VERSION)))]
        schema: u32,
        /// The dataset, by its name in the policy.
        dataset: String,
        /// The number of the run, counted from 1 for the first of its dataset.
        number: u64,
        /// The SHA-256 of the `run.json` before this one; null in the first.
        previous: Option<DigestText>,
        /// When the comparison ended, by the clock of the machine that compared: RFC 3339, in UTC
        /// and whole seconds.
        time: MomentText,
        /// The SHA-256 of what was compared and how: fields, deadlines, floors, systems.
        definition: DigestText,
        /// The SHA-256 of the policy.
        policy: DigestText,
        /// Which records were compared.
        population: RunPopulationV1,
        /// What was compared.
        manifests: RunManifestsV1,
        /// What came of it, by the budgets of that policy.
        outcome: RunOutcomeV1,
        /// How many records each class has, by falling precedence. A class without records is not
        /// there.
        classes: NamedValues<RecordClassText, ClassCountV1>,
        /// The shares of deadlines that are not of all records.
        shares: Vec<RunShareV1>,
        /// Rejects for each reason, by a name that the policy lists or a keyed code; empty where no
        /// reject log was read. Earlier versions kept texts.
        reasons: NamedValues<String, u64>,
        /// Why nothing can be concluded; empty where something can.
        faults: Vec<String>,
        /// Open differences, oldest first, up to a bound.
        breaks: Vec<RecordBreakV1>,
        /// How many more there are.
        unlisted_breaks: u64,
        /// What changed in kind though no budget is exceeded.
        drift: Vec<String>,
        /// The SHA-256 of the result, which `portcullis reconcile judge` writes again; null where
        /// none was kept.
        result: Option<DigestText>,
        /// The program that compared, with its version.
        tool: String,
    }

    /// What was compared.
    RunManifestsV1 = RunManifests {
        /// What was meant.
        source: ComparedManifestV1,
        /// What is there.
        target: ComparedManifestV1,
        /// What the receiver refused; null where its log was not read.
        rejects: Option<ComparedManifestV1>,
        /// What the receiver acknowledged; null where no receipts were read.
        receipts: Option<ComparedManifestV1>,
    }

    /// A manifest.
    ComparedManifestV1 = ComparedManifest {
        /// The SHA-256 of its header, which holds the totals of its rows.
        header: DigestText,
        /// When its system was read, by the clock of the machine that read.
        as_of: MomentText,
        /// The number of its rows.
        rows: u64,
        /// How the rows hold together in time.
        isolation: IsolationV1,
    }

    /// How many records have a class.
    ClassCountV1 = ClassCount {
        /// All that were seen.
        seen: u64,
        /// Those that a later look confirmed, or that need none.
        confirmed: u64,
        /// Those among the confirmed that the policy accepts, each by a name and until a day.
        accepted: u64,
    }

    /// How many of the records whose term has passed arrived within it.
    RunShareV1 = RunShare {
        /// True for deletions; false for uploads and amendments.
        of_deletions: bool,
        /// The share that is required, in millionths.
        required: u32,
        /// The term, in seconds.
        within: u64,
        /// Records whose term has passed.
        due: u64,
        /// Those that arrived within it.
        arrived: u64,
    }

    /// A difference that keeps its identity over runs.
    RecordBreakV1 = RecordBreak {
        /// The keyed key, as 32 hexadecimal digits.
        #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{32}$")))]
        key: String,
        /// The class.
        class: RecordClassText,
        /// The sequence of the operation.
        sequence: i64,
        /// The number of the run that saw it first.
        opened: u64,
        /// When that run ended.
        since: MomentText,
        /// True when a later look saw it again.
        confirmed: bool,
        /// True when the policy accepts it.
        accepted: bool,
    }
}

choices! {
    /// Which records were compared.
    RunPopulationV1 = RunPopulation {
        /// All of them.
        Full,
        /// Those that changed.
        Changes,
    }

    /// What came of a run.
    RunOutcomeV1 = RunOutcome {
        /// No class is over its budget, and everything that matters was confirmed.
        Green,
        /// Differences that may be rows in motion would exceed a budget.
        Unconfirmed,
        /// A class is over its budget.
        OverBudget,
        /// The comparison proves nothing.
        Broken,
    }

    /// How rows hold together in time.
    IsolationV1 = Isolation {
        /// Nothing holds them together.
        None,
        /// A file, read whole while it did not change.
        File,
        /// A transaction that sees one state.
        Repeatable,
        /// A snapshot of the database.
        Snapshot,
    }
}

plain_texts! {
    /// A class of records.
    RecordClassText = RecordClass,
        |class| class.as_str().to_string(),
        |text| RecordClass::from_name(&text).ok_or_else(|| format!("`{text}` is no class of records"));
}

impl RunOutcomeV1 {
    /// The words for people.
    pub const fn words(&self) -> &'static str {
        match self {
            RunOutcomeV1::Green => RunOutcome::Green.as_str(),
            RunOutcomeV1::Unconfirmed => RunOutcome::Unconfirmed.as_str(),
            RunOutcomeV1::OverBudget => RunOutcome::OverBudget.as_str(),
            RunOutcomeV1::Broken => RunOutcome::Broken.as_str(),
        }
    }
}

/// Writes a run: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_run(run: ReconciliationRun) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(&RunV1::of(run))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a run, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_run(bytes: &[u8]) -> Result<ReconciliationRun, Misshapen> {
    let form: RunV1 = serde_json::from_slice(bytes).map_err(|error| Misshapen(error.to_string()))?;
    form.model()
}
