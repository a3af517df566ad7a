//! `protected-branch`: that the host protects the branch.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn enforced(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision lists the rules that the host imposes on the branch, which source imposes each, and who may bypass them.",
        limit: "What the host enforced between two looks, and what its administrators could change and change back.",
    }
}

const fn kept(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision says whether the host blocks force pushes and the deletion of the branch.",
        limit: "That the history was complete before the rule was there.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    enforced(&DPA_40),
    enforced(&DPA_66_2_A),
    enforced(&GDPR_5_1_F),
    enforced(&GDPR_32_1_B),
    enforced(&SSDF_PO_5_1),
    enforced(&SSDF_PS_1_1),
    enforced(&NIST_CM_5),
    enforced(&NIST_CM_5_1),
    enforced(&ISO_8_2),
    enforced(&ISO_8_4),
    enforced(&SOC_CC6_1),
    enforced(&SOC_CC8_1),
    enforced(&PCI_6_5_4),
    enforced(&SLSA_ACCESS),
    enforced(&SLSA_PROTECTED),
    enforced(&OSPS_AC_03_01),
    kept(&SLSA_HISTORY),
    kept(&OSPS_AC_03_02),
];
