//! How to check a pack, with this program and without it.

use maud::{Markup, html};

/// The file that holds the recipe.
pub const RECIPE: &str = "verify.sh";

/// The recipe: a script of standard tools. It is the same in every pack.
pub fn recipe_text() -> &'static str {
    include_str!("verify.sh")
}

/// The section.
pub(super) fn section() -> Markup {
    html! {
        section #check aria-labelledby="check-h" {
            h2 #check-h { "Check it yourself" }
            h3 { "With Portcullis, offline" }
            pre tabindex="0" { "portcullis pack verify DIR-OR-ARCHIVE --repo CLONE" }
            p { "It compares every file with the manifest, takes each recorded and each sealed decision again from its facts and policy, follows the snapshots of the protection, writes every page of this report and every file below " code { "results" } " and " code { "procedure" } " again and compares them byte for byte. With a clone it also counts the population again." }
            h3 { "With standard tools alone" }
            p { "This script needs " code { "sh" } ", " code { "sha256sum" } ", " code { "jq" } " and, for the population, " code { "git" } ". It is in the pack as " code { (RECIPE) } ". Read it before you run it." }
            pre tabindex="0" { (recipe_text()) }
            h3 { "What no check of the pack alone can show" }
            p { "Anyone who can write a pack can write a different one that verifies. Compare the SHA-256 of " code { "manifest.json" } " with the one that you received separately from the pack, or verify against a clone of the repository that you fetched yourself." }
        }
    }
}

/// The sections on scope and limits.
pub(super) fn limits(limits: &[String], sources: &[String]) -> Markup {
    html! {
        section #limits aria-labelledby="limits-h" {
            h2 #limits-h { "Scope and limits" }
            h3 { "Where the facts come from" }
            ul { @for source in sources { li { (super::text::Outside(source)) } } }
            h3 { "Results for other programs" }
            p { "Each recorded decision is in " code { "results/ENVIRONMENT/NUMBER" } " as SARIF, JUnit, CSV, OSCAL, Gemara, in-toto and GitLab Code Quality; for each clause of a framework that a control serves by evidence, a table and a page are in " code { "results/FRAMEWORK" } "." }
            h3 { "What this audit covers, and what it cannot show" }
            ul { @for limit in limits { li { (super::text::Outside(limit)) } } }
        }
    }
}

/// The section on the procedure.
pub(super) fn procedure(text: Option<&str>) -> Markup {
    html! {
        section #procedure aria-labelledby="procedure-h" {
            h2 #procedure-h { "Procedure" }
            @match text {
                Some(text) => {
                    p { "What the policy of today asks of everyone, in words for staff, written from the policy alone: " a href="procedure/procedure.html" { "as a page with diagrams" } ", or here as text." }
                    details { summary { "How code is tested, reviewed and deployed" } pre tabindex="0" { (super::text::show_lines(text)) } }
                },
                None => { p.quiet { "The pack holds no procedure: the policy of today is not among its files, or cannot be read." } },
            }
        }
    }
}
