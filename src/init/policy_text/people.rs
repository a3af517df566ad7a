//! `[[people]]` and `[roles]`.

use crate::git_reviews::SIGNERS;
use crate::people::HistoryPerson;
use crate::proposal::Proposal;
use crate::toml_text::{count_of, plain_comment, quote_list, quote_value};

/// The people of the history as a comment, and the roles.
pub(crate) fn write_people(proposal: &Proposal) -> String {
    [history_text(proposal), roles_text(proposal), signers_text(proposal)].concat()
}

fn signers_text(proposal: &Proposal) -> String {
    if proposal.facts.git_reviews.is_none() {
        return String::new();
    }
    format!(
        "\n# Reviews are signed, and kept in git.\n[reviews]\n# The keys of those who may sign, one on each line.\nsigners = \"{SIGNERS}\"\n"
    )
}

fn history_text(proposal: &Proposal) -> String {
    let found = &proposal.facts.people;
    let shown: Vec<&HistoryPerson> = found
        .people
        .iter()
        .filter(|person| proposal.facts.with_emails || !person.logins.is_empty())
        .collect();
    let hidden = found.people.len() - shown.len() + found.more;
    if found.people.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n# Who wrote the last {}, for the identity map: list here people with several accounts or addresses, and every\n\
         # machine account. Portcullis counts all accounts of a person as one.\n",
        count_of(found.commits, "commit")
    );
    shown.iter().for_each(|person| text.push_str(&person_text(person, proposal.facts.with_emails)));
    if hidden > 0 {
        let hint = if proposal.facts.with_emails {
            ""
        } else {
            "; `portcullis init --emails` lists their addresses"
        };
        let people = if hidden == 1 { "1 more person".to_string() } else { format!("{hidden} more people") };
        text.push_str(&format!("# {people}, whose logins the history does not tell{hint}.\n"));
    }
    text
}

fn person_text(person: &HistoryPerson, with_emails: bool) -> String {
    let mut text = format!("# [[people]]\n# name = {}\n", quote_value(&plain_comment(&person.name)));
    if !person.logins.is_empty() {
        text.push_str(&format!("# logins = {}\n", quote_list(person.logins.iter().map(String::as_str))));
    }
    if with_emails {
        text.push_str(&format!("# emails = {}\n", quote_list(person.emails.iter().map(String::as_str))));
    }
    if person.machine {
        text.push_str("# machine = true\n");
    }
    text
}

fn roles_text(proposal: &Proposal) -> String {
    let owners = &proposal.facts.owners;
    let mut text = String::new();
    if let Some(file) = &owners.file {
        text.push_str(&format!(
            "\n# The people who own the touched files, by `{}` at the base of the change.\n[roles.owners]\ncode-owners = true\n",
            plain_comment(file)
        ));
    }
    text.push_str("\n# The people who own this gate.\n[roles.gate-owners]\n");
    match &owners.file {
        Some(file) if !owners.is_empty() => {
            text.push_str(&format!(
                "# They own this file by {} of `{}`.\n",
                owners.lines,
                plain_comment(file)
            ));
            for (key, names) in [("teams", &owners.teams), ("users", &owners.users)] {
                if !names.is_empty() {
                    text.push_str(&format!("{key} = {}\n", quote_list(names.iter().map(String::as_str))));
                }
            }
        }
        _ => match proposal.facts.git_reviews {
            Some(reviews) => text.push_str(&format!("{OWNERS_BY_KEY}{}{SAMPLE_OWNERS}", reviews.owners)),
            None => text.push_str(OWNERS_BY_TEAM),
        },
    }
    text
}

const OWNERS_BY_TEAM: &str = "\
# A team on the host, as organisation/team (on GitLab group/sub-group). Replace it: with a team that does not exist, every change is blocked.
teams = [\"example/gate-owners\"]
";

const OWNERS_BY_KEY: &str = "\
# People by the names that the list of signers has. Replace them: at least two, because authors cannot approve their own changes.
";

const SAMPLE_OWNERS: &str = "users = [\"first-gate-owner\", \"second-gate-owner\"]\n";
