//! CI systems, by their files. A system is a line of [`TABLE`].

use crate::mark::Mark;

/// A CI system.
#[derive(Debug)]
pub struct CiTool {
    /// Its name, for people.
    pub title: &'static str,
    /// Its files.
    pub marks: &'static [Mark],
}

const fn system(title: &'static str, marks: &'static [Mark]) -> CiTool {
    CiTool { title, marks }
}

/// Every system, sorted by name.
pub static TABLE: &[CiTool] = &[
    system(
        "Azure Pipelines",
        &[Mark::by_path(
            "pipelines",
            &["azure-pipelines*.{yml,yaml}", ".azure-pipelines/**", ".azure/pipelines/**"],
        )],
    ),
    system("Bitbucket Pipelines", &[Mark::by_path("pipelines", &["bitbucket-pipelines.yml"])]),
    system("Buildkite", &[Mark::by_path("pipelines", &[".buildkite/**"])]),
    system("CircleCI", &[Mark::by_path("pipelines", &[".circleci/config.yml"])]),
    system("Drone", &[Mark::by_path("pipelines", &[".drone.{yml,yaml,star,jsonnet}"])]),
    system("Forgejo Actions", &[Mark::by_path("workflows", &[".forgejo/workflows/*.{yml,yaml}"])]),
    system("GitHub Actions", &[Mark::by_path("workflows", &[".github/workflows/*.{yml,yaml}"])]),
    system("GitLab CI", &[Mark::by_path("pipelines", &[".gitlab-ci.yml", ".gitlab/ci/**"])]),
    system("Gitea Actions", &[Mark::by_path("workflows", &[".gitea/workflows/*.{yml,yaml}"])]),
    system("Jenkins", &[Mark::by_path("pipelines", &["**/Jenkinsfile", "**/Jenkinsfile.*"])]),
    system("Travis CI", &[Mark::by_path("pipelines", &[".travis.yml"])]),
    system("Woodpecker", &[Mark::by_path("pipelines", &[".woodpecker.{yml,yaml}", ".woodpecker/**"])]),
    system("Zuul", &[Mark::by_path("pipelines", &["zuul.yaml", ".zuul.yaml", "zuul.d/**"])]),
];
