//! `documented-procedure`: that staff find the rules in words, as they are enforced.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn current(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision shows that the published procedure says what the enforced policy says, with the differences where it does not.",
        limit: "That staff read it, and keep to it where no rule enforces it.",
    }
}

const fn approved(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "The page lists who approved exactly this text and when, within the period that the policy names.",
        limit: "That the person whose name is in an approval wrote it; the owners of the gate approve the change that brings it.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    current(&DPA_56_1),
    current(&GDPR_5_2),
    current(&SSDF_PO_1_2),
    current(&SSDF_PW_7_1),
    current(&SSDF_PW_8_1),
    current(&NIST_SA_15),
    current(&ISO_5_37),
    current(&ISO_8_25),
    current(&SOC_CC5_3),
    current(&PCI_6_5_1),
    current(&SLSA_TECHNICAL),
    current(&OSPS_GV_01_02),
    current(&OSPS_GV_03_02),
    current(&OSPS_QA_06_02),
    approved(&DPA_56_3),
    approved(&GDPR_24_1),
    approved(&NIST_CM_1),
    approved(&ISO_5_36),
];
