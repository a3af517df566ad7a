//! The page of the run that a job belongs to, as its CI system names it.
//!
//! Any step of a job can set these variables, and nothing is decided by them.

use super::{TABLE, Variables};

/// Longer ones are no addresses of pages.
const LONGEST: usize = 2048;

/// The page of the run; `None` outside of a job, and where the system names none.
pub(super) fn run_link(variables: Variables) -> Option<String> {
    let system = TABLE.iter().find(|system| (system.is_here)(variables))?;
    (system.run_link)(variables).filter(|link| is_address(link))
}

/// The page of a run of GitHub's Actions, and of those of Gitea and Forgejo, which number runs in
/// another variable.
pub(super) fn of_actions(variables: Variables, run: &str) -> Option<String> {
    let (server, repository) = (variables("GITHUB_SERVER_URL")?, variables("GITHUB_REPOSITORY")?);
    Some(format!("{}/{repository}/actions/runs/{}", server.trim_end_matches('/'), variables(run)?))
}

/// Could it be the address of a page?
fn is_address(link: &str) -> bool {
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    is_web && link.len() <= LONGEST && link.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_the_page_that_its_system_names() {
        let gitlab: Variables = |name| {
            let value = match name {
                "GITLAB_CI" => "true",
                "CI_JOB_URL" => "https://gitlab.example.test/acme/upload/-/jobs/5",
                _ => return None,
            };
            Some(value.to_string())
        };
        assert_eq!(run_link(gitlab).as_deref(), Some("https://gitlab.example.test/acme/upload/-/jobs/5"));
        let github: Variables = |name| {
            let value = match name {
                "GITHUB_ACTIONS" => "true",
                "GITHUB_SERVER_URL" => "https://github.example.test",
                "GITHUB_REPOSITORY" => "acme/upload",
                "GITHUB_RUN_ID" => "17",
                _ => return None,
            };
            Some(value.to_string())
        };
        let page = "https://github.example.test/acme/upload/actions/runs/17";
        assert_eq!(run_link(github).as_deref(), Some(page));
        assert_eq!(run_link(|_| None), None);
    }

    #[test]
    fn what_is_no_address_of_a_page_is_none() {
        for text in ["javascript:alert(1)", "https://a b", "https://a\u{1b}[2J", "", "file:///etc/passwd"] {
            assert!(!is_address(text), "{text}");
        }
    }
}
