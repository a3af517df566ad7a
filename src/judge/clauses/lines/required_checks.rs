//! `required-checks`: that named checks passed.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn passed(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision names the checks of the judged commit, the app that reported each, and their result.",
        limit: "What a check looks at, and that it looks closely enough.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    passed(&DPA_38_4),
    passed(&DPA_66_2_C),
    passed(&GDPR_32_1_D),
    passed(&SSDF_PO_3_3),
    passed(&SSDF_PO_4_1),
    passed(&SSDF_PW_7_2),
    passed(&NIST_CM_3_2),
    passed(&NIST_SA_11),
    passed(&ISO_8_29),
    passed(&SOC_CC8_1),
    passed(&PCI_6_5_1),
    passed(&SLSA_TECHNICAL),
    passed(&OSPS_QA_03_01),
];
