//! Gitea and Forgejo: a job on `pull_request_target`, which comes from the base.

use super::{GateJob, branch_list};
use crate::proposal::Proposal;

/// The job.
pub(super) static JOB: GateJob = GateJob {
    hosts: &["forgejo", "gitea"],
    file: |host| {
        if host == "forgejo" {
            ".forgejo/workflows/portcullis.yml"
        } else {
            ".gitea/workflows/portcullis.yml"
        }
    },
    write: write_workflow,
    protection: "",
    left: &[
        "Put the address and the SHA-256 of the release that you use into the workflow.",
        "Give the gate the token of an administrator of the repository, as the secret GATE_TOKEN.",
        "Hand the runs of the suites to the gate: statements of `portcullis evidence record`, as signed notes.",
        "Require the status `gate / gate (pull_request_target)` in the rule of the branch.",
    ],
};

fn write_workflow(proposal: &Proposal, host: &str) -> String {
    let token = if host == "forgejo" { "FORGEJO_TOKEN" } else { "GITEA_TOKEN" };
    format!(
        "# Written by `portcullis init`. It comes from the base of the request, and runs nothing of the change.
name: gate
on:
  pull_request_target:
    branches: {}
    types: [opened, reopened, synchronize, edited]
env:
  # The program of the release that you use, and its SHA-256: put them in.
  PORTCULLIS_URL: \"put-the-address-here\"
  PORTCULLIS_SHA256: \"put-the-checksum-here\"
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          fetch-depth: 0
          persist-credentials: false
      - run: git fetch origin \"refs/pull/$NUMBER/head\"
        env:
          NUMBER: ${{{{ github.event.pull_request.number }}}}
      - name: Install Portcullis
        run: |
          curl --fail --silent --show-error --location --output /tmp/portcullis \"$PORTCULLIS_URL\"
          echo \"$PORTCULLIS_SHA256  /tmp/portcullis\" | sha256sum --check
          install -m 755 /tmp/portcullis /usr/local/bin/portcullis
      - run: portcullis check
        env:
          {token}: ${{{{ secrets.GATE_TOKEN }}}}
",
        branch_list(proposal)
    )
}
