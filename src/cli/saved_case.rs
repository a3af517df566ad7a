//! A case that was saved: facts with a policy beside them, or a sealed decision, which holds both.

use super::decide::read_facts_file;
use super::exit::{Failure, Result};
use super::file_kind::is_facts;
use super::policy_file::{check_waivers, parse_policy, read_policy};
use super::replay::{not_sealed, read_limited};
use portcullis_forge::check_known;
use portcullis_judge::policy::Policy;
use portcullis_judge::policy::house::HouseTexts;
use portcullis_model::gathered::GatheredFacts;
use portcullis_record::{SealedDecision, read_sealed};
use std::path::Path;

/// Facts, and the policy to judge them by.
pub struct SavedCase {
    /// The policy.
    pub policy: Policy,
    /// What the policy is called in messages.
    pub policy_name: String,
    /// The facts.
    pub facts: GatheredFacts,
    /// The bytes of the decision, where a sealed one was given.
    pub decision: Option<Vec<u8>>,
}

impl SavedCase {
    /// Reads a file of facts, which needs a policy, or a sealed decision, which holds one.
    ///
    /// # Errors
    /// The file is neither, what it holds does not hold together, or the policy is not valid.
    pub fn read(file: &Path, policy: Option<&Path>) -> Result<Self> {
        let bytes = read_limited(file)?;
        match read_sealed(&bytes) {
            Ok(sealed) => SavedCase::of_sealed(file, &sealed, policy),
            Err(error) if policy.is_some() && !is_sealed(&bytes) => {
                drop(error);
                SavedCase::of_facts(file, policy.unwrap_or(Path::new("")))
            }
            Err(_) if is_facts(&bytes) => Err(Failure::usage(format!(
                "{}: facts hold no policy; name the one to judge them by: --policy FILE",
                file.display()
            ))),
            Err(error) => Err(not_sealed(file, &bytes, &error)),
        }
    }

    fn of_facts(file: &Path, policy_file: &Path) -> Result<Self> {
        let facts = read_facts_file(file)?;
        let policy = read_policy(policy_file, &facts.whole().host.profile())?;
        check_waivers(&policy, &facts)?;
        Ok(SavedCase { policy, policy_name: policy_file.display().to_string(), facts, decision: None })
    }

    fn of_sealed(file: &Path, sealed: &SealedDecision, policy: Option<&Path>) -> Result<Self> {
        let name = file.display();
        if let Some(fault) = sealed.faults().first() {
            return Err(Failure::unverified(format!("{name}: {fault}"))
                .hint(format!("`portcullis replay {name}` lists everything that does not hold together")));
        }
        let cannot = |why: String| Failure::environment(format!("{name}: {why}"));
        let facts = sealed.facts().map_err(|why| cannot(describe_missing(&why)))?;
        check_known(facts.all_facts()).map_err(|error| cannot(error.to_string()))?;
        let profile = facts.whole().host.profile();
        let (policy, policy_name) = match (policy, &sealed.form.policy) {
            (Some(file), _) => (read_policy(file, &profile)?, file.display().to_string()),
            (None, Some(kept)) => {
                let name = format!("the policy in {name}");
                let houses = HouseTexts::in_facts(facts.whole());
                (parse_policy(&name, &kept.text, &profile, &houses)?, name)
            }
            (None, None) => return Err(cannot("it holds no policy, because none could be seen".to_string())),
        };
        check_waivers(&policy, &facts)?;
        Ok(SavedCase { policy, policy_name, facts, decision: Some(sealed.decision().to_vec()) })
    }
}

fn is_sealed(bytes: &[u8]) -> bool {
    super::file_kind::recognise_no_seal(bytes).is_none()
}

fn describe_missing(why: &portcullis_record::NotTaken) -> String {
    use portcullis_record::NotTaken;
    match why {
        NotTaken::Omitted => "its facts were left out, so nothing can be judged again".to_string(),
        NotTaken::Nothing => "nothing could be gathered that it could be judged from".to_string(),
        NotTaken::Unreadable(why) => why.clone(),
    }
}
