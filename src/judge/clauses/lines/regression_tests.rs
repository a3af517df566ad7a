//! `regression-tests`: that the tests ran on what would land, and passed.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn ran(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision names the suites that ran on exactly the content that lands, how many tests passed, and the required tests among them.",
        limit: "That the tests are good ones, or that the records that are processed are correct.",
    }
}

const fn compared(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Runs are compared with the recorded runs of the branch, so a test that vanished or is skipped is named.",
        limit: "That a test of the same name still tests the same thing.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    ran(&DPA_38_4),
    ran(&DPA_38_5_A),
    ran(&DPA_66_2_C),
    ran(&DPA_66_2_D),
    ran(&GDPR_5_1_D),
    ran(&GDPR_32_1_B),
    ran(&SSDF_PW_8_2),
    ran(&NIST_CM_3_2),
    ran(&NIST_CM_4),
    ran(&NIST_SA_11),
    ran(&ISO_8_29),
    ran(&ISO_8_32),
    ran(&SOC_CC8_1),
    ran(&SOC_PI1_3),
    ran(&PCI_6_5_1),
    ran(&SLSA_TECHNICAL),
    ran(&OSPS_QA_06_01),
    compared(&GDPR_32_1_D),
    compared(&PCI_6_5_2),
    compared(&SSDF_PO_4_2),
];
