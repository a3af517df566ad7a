//! GitHub Actions: the tests in one job, the gate in another, which runs no code of the change.

use super::{GateJob, branch_list, evidence_file, record_command};
use crate::proposal::Proposal;

/// The job.
pub(super) static JOB: GateJob = GateJob {
    hosts: &["github"],
    file: |_| ".github/workflows/portcullis.yml",
    write: write_workflow,
    protection: "# The check `gate` must pass, reported by the app 15368 (GitHub Actions): the job of this gate.\n\
                 checks = [{ name = \"gate\", app = 15368 }]\n",
    left: &[
        "Put the address and the SHA-256 of the release that you use into `.github/workflows/portcullis.yml`.",
        "Give the gate a token that may read the protection of the branch, as the secret PORTCULLIS_TOKEN.",
        "Require the check `gate` on the deployment branches, from the app GitHub Actions.",
    ],
};

const INSTALL: &str = r#"      - name: Install Portcullis
        run: |
          mkdir -p "$RUNNER_TEMP/bin"
          curl --fail --silent --show-error --location --output "$RUNNER_TEMP/bin/portcullis" "$PORTCULLIS_URL"
          echo "$PORTCULLIS_SHA256  $RUNNER_TEMP/bin/portcullis" | sha256sum --check
          chmod 755 "$RUNNER_TEMP/bin/portcullis"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
"#;

const CHECKOUT: &str = "      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2\n";

fn write_workflow(proposal: &Proposal, _: &str) -> String {
    format!(
        "# Written by `portcullis init`. The tests run in a job of their own, without secrets; the gate runs no code of the change.
name: gate
on:
  pull_request:
    branches: {}
    types: [opened, synchronize, reopened, ready_for_review, edited]
  pull_request_review:
    types: [submitted, edited, dismissed]
permissions: {{}}
env:
  # The program of the release that you use, and its SHA-256: put them in.
  PORTCULLIS_URL: \"put-the-address-here\"
  PORTCULLIS_SHA256: \"put-the-checksum-here\"
jobs:
{}{}",
        branch_list(proposal),
        tests_job(proposal),
        gate_job(proposal)
    )
}

fn tests_job(proposal: &Proposal) -> String {
    let steps: Vec<String> = proposal
        .written_runners()
        .map(|one| {
            format!(
                "      - name: {}\n        run: |\n          mkdir -p out\n          {}\n",
                one.runner.title,
                record_command(one)
            )
        })
        .collect();
    if steps.is_empty() {
        return String::new();
    }
    format!(
        "  tests:
    name: tests for the gate
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
{CHECKOUT}        with:
          persist-credentials: false
{INSTALL}      # Set up languages, packages and databases here, as your other jobs do.
{}      - if: always() # a failed run is evidence too
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: evidence
          path: out/*.evidence.json
",
        steps.concat()
    )
}

fn gate_job(proposal: &Proposal) -> String {
    let files: Vec<String> = proposal
        .written_runners()
        .map(|one| {
            format!(
                " --evidence \"$RUNNER_TEMP/evidence/{}\"",
                crate::listing::name_of(&evidence_file(one.runner.name))
            )
        })
        .collect();
    let (needs, download) = if files.is_empty() { ("", "") } else { (NEEDS, DOWNLOAD) };
    format!(
        "  gate:
{needs}    runs-on: ubuntu-latest
    permissions:
      contents: read
      pull-requests: read
      checks: read
      actions: read # tells whether a cancelled check was superseded
      statuses: read
    steps:
{CHECKOUT}        with:
          fetch-depth: 0 # the gate needs history, and says so when it is missing
          persist-credentials: false
{download}{INSTALL}      - run: portcullis check{}
        env:
          GITHUB_TOKEN: ${{{{ secrets.PORTCULLIS_TOKEN }}}}
",
        files.concat()
    )
}

const NEEDS: &str = "    needs: tests\n    if: always() # GitHub counts a skipped job as a success\n";

const DOWNLOAD: &str =
    "      - uses: actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0
        with:
          name: evidence
          path: ${{ runner.temp }}/evidence # outside the checkout, never in it
";
