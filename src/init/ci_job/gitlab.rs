//! GitLab CI: a job before all others, for a file that the pipeline includes.

use super::GateJob;

/// The job.
pub(super) static JOB: GateJob = GateJob {
    hosts: &["gitlab"],
    file: |_| ".gitlab/portcullis.yml",
    write: |_, _| TEXT.to_string(),
    protection: "# The pipeline must succeed.\npipeline = true\n",
    left: &[
        "Put the address and the SHA-256 of the release that you use into `.gitlab/portcullis.yml`.",
        "Name that file where a change cannot reach it: in a project of its own, under Settings > CI/CD > General pipelines > \
         CI/CD configuration file.",
        "Give the gate a project access token with `read_api`, role Maintainer, as the masked variable GITLAB_TOKEN.",
        "Hand the runs of the suites to the gate: statements of `portcullis evidence record`, as signed notes.",
    ],
};

const TEXT: &str = "\
# Written by `portcullis init`. A request's pipeline is defined by the request itself, which could leave this out: keep the
# file in a project that the judged change cannot reach, and name it there as the CI/CD configuration file.
portcullis:
  stage: .pre
  # Nothing of an earlier job reaches this one: a dotenv report could replace GitLab's own variables.
  needs: []
  dependencies: []
  rules:
    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"
  variables:
    # The whole history: a shallow clone leaves the change unproven.
    GIT_DEPTH: \"0\"
    GIT_STRATEGY: clone
    # The program of the release that you use, and its SHA-256: put them in.
    PORTCULLIS_URL: \"put-the-address-here\"
    PORTCULLIS_SHA256: \"put-the-checksum-here\"
  before_script:
    - curl --fail --silent --show-error --location --output /tmp/portcullis \"$PORTCULLIS_URL\"
    - echo \"$PORTCULLIS_SHA256  /tmp/portcullis\" | sha256sum --check
    - install -m 755 /tmp/portcullis /usr/local/bin/portcullis
    - git fetch origin \"$CI_MERGE_REQUEST_TARGET_BRANCH_NAME\"
  script:
    - portcullis check
";
