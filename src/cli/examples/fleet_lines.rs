//! The examples of `fleet`.

use super::Example;
use super::lines::line;

/// The words of the command below the program, and its examples.
pub(super) static TABLE: &[(&str, &[Example])] = &[
    (
        "fleet",
        &[
            line(
                "portcullis fleet --host github --organisation example-org",
                "Every repository, the worst first.",
            ),
            line(
                "portcullis fleet --host gitlab --organisation group/subgroup",
                "Every project of a GitLab group, and of the groups in it.",
            ),
            line(
                "portcullis fleet --organisation example-org --record --sign",
                "And keep the round, signed with the key that git signs with.",
            ),
        ],
    ),
    ("fleet list", &[line("portcullis fleet list 2026", "The rounds of a year.")]),
    ("fleet diff", &[line("portcullis fleet diff", "What changed since the round before.")]),
    (
        "fleet verify",
        &[line("portcullis fleet verify --signers signers", "Verify the chain, and who signed it.")],
    ),
    #[cfg(feature = "reconcile")]
    (
        "fleet export",
        &[line("portcullis fleet export --parquet fleet.parquet", "The rounds of the year as a table.")],
    ),
    (
        "fleet show",
        &[line("portcullis fleet show example-org/upload", "One repository, and since when what fails.")],
    ),
    ("fleet merge", &[line("portcullis fleet merge 1.json 2.json", "One result of several shards.")]),
];
