//! The files of a pack that follow from its audit. Verifying a pack writes them again.

use crate::item_path::{BadPath, ItemPath};
use crate::report::{RECIPE, ReportInput, recipe_text, write_pages};
use crate::{arrival_tables, tables};
use portcullis_wire::audit::v1::write_audit;
use portcullis_wire::pack::v1::{PackRoleV1, PeopleV1};

/// The file that holds the audit.
pub const AUDIT: &str = "audit.json";

/// The file that holds the procedure, where there is one.
pub const PROCEDURE: &str = "procedure/procedure.md";

/// Takes a file with its role.
pub type TakeItem<'a, E> = dyn FnMut(ItemPath, Vec<u8>, PackRoleV1) -> Result<(), E> + 'a;

/// Writes every file that follows from the audit.
///
/// # Errors
/// Those of the taker, and a name in the audit of which no path of a pack can be made.
pub fn derive_files<E: From<BadPath>>(input: &ReportInput<'_>, take: &mut TakeItem<'_, E>) -> Result<(), E> {
    let audit = input.audit;
    let mut put = |path: &str, text: String, role| take(ItemPath::new(path)?, text.into_bytes(), role);
    let text = write_audit(audit).map_err(|_| BadPath(AUDIT.to_string(), "cannot be written as JSON"))?;
    put(AUDIT, text, PackRoleV1::Audit)?;
    put("population/landings.csv", tables::landings_csv(audit), PackRoleV1::Population)?;
    put("population/deployments.csv", tables::deployments_csv(audit), PackRoleV1::Population)?;
    put("population/population.json", tables::population_json(audit), PackRoleV1::Population)?;
    put("waivers/waivers.csv", tables::waivers_csv(audit), PackRoleV1::Waiver)?;
    if let Some(arrivals) = &audit.arrivals {
        for (path, text) in arrival_tables::arrival_files(arrivals) {
            put(path, text, PackRoleV1::Arrival)?;
        }
    }
    put(RECIPE, recipe_text().to_string(), PackRoleV1::Instructions)?;
    put("readme.txt", readme(input), PackRoleV1::Instructions)?;
    write_pages(input, &mut |path, page| take(path, page.into_bytes(), PackRoleV1::Report))
}

fn readme(input: &ReportInput<'_>) -> String {
    let repository = input.audit.title.repository.as_deref().unwrap_or("a repository");
    let people = match input.people {
        PeopleV1::Logins => "People are named by the logins of their accounts.",
        PeopleV1::Pseudonyms => "People are named by pseudonyms; the holder of the key can map them back.",
    };
    format!(
        "Evidence pack of an audit of {}\n\
         \n\
         Open index.html in a browser. It loads nothing and needs no network.\n\
         {people} There are no e-mail addresses, no output of tests and no source code.\n\
         \n\
         index.html, landings/, population/, exceptions/   the report\n\
         audit.json                                         what the report is written from\n\
         records/ENVIRONMENT/NUMBER/                        deployment records: facts, policy, decision\n\
         policy/                                            the policies that were in force\n\
         snapshots/BRANCH/                                  snapshots of the protection of a branch\n\
         decisions/                                         sealed decisions that were handed over\n\
         runs/of-DATASET/                                   runs of reconciliation\n\
         incidents/                                         entries of the register of incidents\n\
         arrivals/                                          runs, open differences and notices as tables\n\
         waivers/                                           waivers and rollbacks as a table\n\
         results/ENVIRONMENT/NUMBER/                        recorded decisions in the forms of other programs\n\
         results/FRAMEWORK/                                 evidence for each clause of a framework\n\
         procedure/                                         how code is tested, reviewed and deployed\n\
         manifest.json                                      size, SHA-256 and role of each file\n\
         \n\
         Verify it with `portcullis pack verify .`, or without this program: read verify.sh, then\n\
         run `sh verify.sh`.\n",
        repository.escape_debug()
    )
}
