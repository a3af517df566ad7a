//! The reading plan for merge trains: which requests are ahead of one, in their order (GitLab docs,
//! "Merge trains API").

use super::{GitLab, translate, wire};
use crate::BatchQuestion;
use crate::http::gaps::contradiction;
use portcullis_model::batch::{Batch, BatchEntry};
use portcullis_model::fact::{Gap, GapReason};

impl GitLab {
    /// The requests of the train up to the one whose pipeline runs on the head. The train does not
    /// say which head of a request it took.
    pub(super) fn merge_train(&self, question: &BatchQuestion<'_>) -> Result<Batch, Gap> {
        let what = question.what();
        let branch = question.branch.as_str();
        let query = [("scope", "active"), ("sort", "asc")];
        let cars: Vec<wire::TrainCar> =
            self.client.list_with(&what, &self.at(&["merge_trains", branch]), &query)?;
        let mut entries = Vec::new();
        for car in cars {
            if car.target_branch != branch {
                return Err(contradiction(&what, format!("the train of `{}` was given", car.target_branch)));
            }
            let entry = entry(&what, car)?;
            let is_last = entry.commit == *question.head;
            entries.push(entry);
            if is_last {
                return end_of(&what, question, entries);
            }
        }
        Err(contradiction(&what, "no request of the train ends at that commit"))
    }
}

fn entry(what: &str, car: wire::TrainCar) -> Result<BatchEntry, Gap> {
    let iid = car.merge_request.iid;
    let pipeline = car.pipeline.ok_or_else(|| {
        let remedy = "Run the job again once the pipelines of all requests ahead have started.";
        let detail = format!("request {iid} is ahead in the train and has no pipeline yet");
        Gap::new(what, GapReason::NotVisible, detail, remedy)
    })?;
    Ok(BatchEntry { request: iid.into(), head: None, commit: translate::revision(what, pipeline.sha)? })
}

fn end_of(what: &str, question: &BatchQuestion<'_>, entries: Vec<BatchEntry>) -> Result<Batch, Gap> {
    let last = entries.last().map(|entry| &entry.request);
    match question.request {
        Some(named) if last != Some(named) => Err(contradiction(
            what,
            format!("the job is of request {named}, and the train ends with another"),
        )),
        _ => Ok(Batch { base: question.base.clone(), head: question.head.clone(), entries }),
    }
}
