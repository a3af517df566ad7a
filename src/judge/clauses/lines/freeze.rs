//! `freeze`: when nothing is deployed.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn held(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision on a deployment says whether a freeze window was open at the moment of the judgement, and its reason.",
        limit: "When the deployment itself took place.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    held(&DPA_66_2_C),
    held(&GDPR_32_1_B),
    held(&SSDF_PO_4_1),
    held(&NIST_CM_3),
    held(&ISO_8_19),
    held(&ISO_8_32),
    held(&SOC_CC8_1),
    held(&PCI_6_5_1),
    held(&SLSA_TECHNICAL),
    held(&OSPS_GV_03_02),
];
