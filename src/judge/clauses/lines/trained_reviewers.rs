//! `trained-reviewers`: the training of those whose approvals count.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn trained(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision shows that the people whose approvals count had valid training of the named courses when they approved.",
        limit: "What the courses taught, and whether the register is right: the people who approve a change to it vouch for it.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    trained(&DPA_56_1),
    trained(&GDPR_24_1),
    trained(&SSDF_PO_2_2),
    trained(&SSDF_PW_7_2),
    trained(&NIST_AT_3),
    trained(&ISO_6_3),
    trained(&SOC_CC5_3),
    trained(&PCI_6_2_3_1),
    trained(&SLSA_REVIEW),
    trained(&OSPS_QA_07_01),
];
