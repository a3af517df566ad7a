//! The manifests of one comparison, and whether they belong together.

use crate::canonical::digest_definition;
use crate::control::RunSeed;
use crate::manifest::{Expected, FaultKind, Manifest, ManifestFault};
use jiff::Timestamp;
use portcullis_model::digest::Digest;
use portcullis_model::reconciliation::{AcceptedDifference, Dataset, DatasetSide};
use portcullis_wire::form::Form as _;
use portcullis_wire::manifest::v1::{ManifestContentV1, ManifestScopeV1};
use portcullis_wire::text::DigestText;

/// The manifests of one comparison.
#[derive(Clone, Debug)]
pub struct ComparedManifests {
    /// What was meant.
    pub source: Manifest,
    /// What is there.
    pub target: Manifest,
    /// The receiver's reject log.
    pub rejects: Option<Manifest>,
    /// The receiver's receipts.
    pub receipts: Option<Manifest>,
    /// Deleted records that earlier runs saw gone.
    pub gone: Option<Manifest>,
    /// Differences that the run before saw.
    pub breaks: Option<Manifest>,
}

impl ComparedManifests {
    /// Checks that all of them belong together: this dataset, one key, one definition, and the same
    /// records.
    ///
    /// # Errors
    /// The first one that does not.
    pub fn check(&self, dataset: &Dataset) -> Result<(), ManifestFault> {
        let mut expected =
            Expected { dataset: dataset.name.clone(), definition: digest_definition(dataset), key_id: None };
        self.source.check(ManifestContentV1::Source, &expected)?;
        expected.key_id = Some(self.source.header().key_id.clone());
        self.target.check(ManifestContentV1::Target, &expected)?;
        for (manifest, content) in [
            (&self.rejects, ManifestContentV1::Rejects),
            (&self.receipts, ManifestContentV1::Receipts),
            (&self.gone, ManifestContentV1::Gone),
            (&self.breaks, ManifestContentV1::Breaks),
        ] {
            manifest.as_ref().map_or(Ok(()), |manifest| manifest.check(content, &expected))?;
        }
        self.check_settings(dataset)?;
        self.check_scope()
    }

    /// Each system was read as this policy says. A policy that does not say how a system is read
    /// leaves that to those who read it.
    fn check_settings(&self, dataset: &Dataset) -> Result<(), ManifestFault> {
        use DatasetSide::{Source, Target};
        for (manifest, side, system) in [
            (Some(&self.source), Source, &dataset.source),
            (Some(&self.target), Target, &dataset.target),
            (self.rejects.as_ref(), Target, &dataset.rejects),
            (self.receipts.as_ref(), Target, &dataset.receipts),
        ] {
            let (Some(manifest), Some(system)) = (manifest, system) else { continue };
            let settings = manifest.header().settings.as_ref();
            let found = settings.and_then(|text| Digest::try_from(text.clone()).ok());
            if !found.is_some_and(|found| dataset.is_read_by(side, system, &found)) {
                let (required, found) =
                    (dataset.reading(side, system), settings.map_or("none", DigestText::as_str));
                let problem = format!("settings `{required}` are required, and the manifest is of `{found}`");
                let remedy = "Extract it again by the policy that the comparison reads: the same query or files, columns and \
                              connector.";
                return Err(ManifestFault::new(FaultKind::OtherSettings, manifest.path(), problem, remedy));
            }
        }
        Ok(())
    }

    /// Both sides have all records, or both have those that the manifest of breaks lists.
    fn check_scope(&self) -> Result<(), ManifestFault> {
        let (source, target) = (&self.source.header().scope, &self.target.header().scope);
        let is_listed = match source {
            ManifestScopeV1::Whole => true,
            ManifestScopeV1::Only { breaks } => {
                self.breaks.as_ref().is_some_and(|listed| listed.digest().as_str() == breaks.as_str())
            }
        };
        if source == target && is_listed {
            return Ok(());
        }
        let problem =
            "Source and target have to be of the same records: all, or those of the breaks that are given";
        let remedy =
            "Extract both sides with the same `--only`, and give that manifest of breaks to the comparison.";
        Err(ManifestFault::new(FaultKind::OtherScope, self.target.path(), problem, remedy))
    }

    /// Whether only some records are compared, to confirm what a run saw.
    #[must_use]
    pub fn is_confirming(&self) -> bool {
        self.source.header().scope != ManifestScopeV1::Whole
    }

    /// The differences that people accept, as long as they do when the target was read.
    #[must_use]
    pub fn accepted_of(&self, dataset: &Dataset) -> Vec<AcceptedDifference> {
        dataset.accepted_at(self.target.header().as_of.model().unwrap_or(Timestamp::MAX))
    }

    /// The seed that follows from the manifests alone.
    #[must_use]
    pub fn seed(&self) -> RunSeed {
        let others = [&self.rejects, &self.receipts, &self.gone, &self.breaks];
        let others =
            others.map(|manifest| manifest.as_ref().map_or("", |manifest| manifest.digest().as_str()));
        let [rejects, receipts, gone, breaks] = others;
        RunSeed::of(&[
            self.source.digest().as_str(),
            self.target.digest().as_str(),
            rejects,
            receipts,
            gone,
            breaks,
        ])
    }
}
