//! An audit without addresses and names of people, as a pack holds it.

use super::super::exit::{Failure, Result};
use portcullis_audit::arrivals::{exceptions_of_arrivals, gaps_of_arrivals};
use portcullis_pack::redact::Redactor;
use portcullis_wire::audit::v1::{AuditGapV1, AuditV1, ExceptionV1};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Takes addresses and names of people out of an audit: item by item, because there can be many.
pub(super) fn redact_audit(audit: &mut AuditV1, redactor: &Redactor) -> Result<()> {
    let landings = std::mem::take(&mut audit.landings);
    let deployments = std::mem::take(&mut audit.deployments);
    let exceptions = std::mem::take(&mut audit.exceptions);
    let gaps = std::mem::take(&mut audit.gaps);
    let told = TextsOfArrivals::of(audit);
    *audit = redacted(audit, redactor)?;
    let shown = TextsOfArrivals::of(audit);
    let of_arrivals = |item: &ExceptionV1| said_again(item, &told.exceptions, &shown.exceptions);
    let exception = |item: ExceptionV1| of_arrivals(&item).map_or_else(|| redacted(&item, redactor), Ok);
    audit.exceptions = exceptions.into_iter().map(exception).collect::<Result<_>>()?;
    let gap = |item: AuditGapV1| {
        said_again(&item, &told.gaps, &shown.gaps).map_or_else(|| redacted(&item, redactor), Ok)
    };
    audit.gaps = gaps.into_iter().map(gap).collect::<Result<_>>()?;
    audit.landings = landings.into_iter().map(|item| redacted(&item, redactor)).collect::<Result<_>>()?;
    audit.deployments =
        deployments.into_iter().map(|item| redacted(&item, redactor)).collect::<Result<_>>()?;
    Ok(())
}

/// What follows from the runs and incidents of an audit. It follows again from those without
/// people, so that no word of the program is taken for a name: a person may be called anything.
#[derive(Default)]
struct TextsOfArrivals {
    exceptions: Vec<ExceptionV1>,
    gaps: Vec<AuditGapV1>,
}

impl TextsOfArrivals {
    fn of(audit: &AuditV1) -> Self {
        let of = |arrivals| Self {
            exceptions: exceptions_of_arrivals(arrivals),
            gaps: gaps_of_arrivals(arrivals),
        };
        audit.arrivals.as_ref().map(of).unwrap_or_default()
    }
}

/// What is at the place of an item in another list, if the item is in the one list.
fn said_again<T: PartialEq + Clone>(item: &T, told: &[T], shown: &[T]) -> Option<T> {
    let place = told.iter().position(|one| one == item)?;
    shown.get(place).cloned()
}

fn redacted<T: Serialize + DeserializeOwned>(item: &T, redactor: &Redactor) -> Result<T> {
    serde_json::from_value(redactor.value(&as_value(item)?))
        .map_err(|error| Failure::environment(error.to_string()))
}

pub(super) fn as_value(item: &impl Serialize) -> Result<Value> {
    serde_json::to_value(item).map_err(|error| Failure::environment(error.to_string()))
}
