//! `reconciled`: that what was uploaded is compared with what arrived.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn compared(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision on a deployment names the last comparison of what was uploaded with what arrived, how many records of each class it found, and the deployments since the last good one.",
        limit: "That the source itself is right, or differences that are younger than the deadlines of the dataset.",
    }
}

const fn traced(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "A run over budget names the last good run, the first bad one, and the recorded deployments between the two.",
        limit: "What was deployed without a record, or which of several deployments brought the fault.",
    }
}

const fn separated(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "A run counts the records of the live system that have a key or marker of test data, with a budget of none.",
        limit: "Test data that has no key or marker which the policy reserves.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    compared(&DPA_38_4),
    compared(&DPA_38_5_A),
    compared(&DPA_40),
    compared(&DPA_66_2_C),
    compared(&DPA_66_2_D),
    compared(&GDPR_5_1_D),
    compared(&GDPR_5_1_F),
    compared(&GDPR_32_1_B),
    compared(&GDPR_32_1_D),
    compared(&SSDF_PO_4_2),
    compared(&NIST_CM_3_2),
    separated(&ISO_8_31),
    compared(&SOC_PI1_3),
    compared(&PCI_6_5_2),
    compared(&SLSA_TECHNICAL),
    traced(&OSPS_QA_01_02),
    traced(&NIST_CM_4),
];
