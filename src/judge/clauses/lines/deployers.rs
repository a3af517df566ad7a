//! `deployers`: who deploys.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn named(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision on a deployment names who deploys, whether the host confirms it, and the role that they hold.",
        limit: "Who pressed the button where no host confirms the name.",
    }
}

const fn second(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each landing of data-processing code names a person other than the deployer who opened or approved it.",
        limit: "That the second person looked closely.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    named(&DPA_66_2_A),
    named(&DPA_66_2_B),
    named(&GDPR_5_1_F),
    named(&SSDF_PS_1_1),
    named(&NIST_CM_5),
    named(&NIST_AU_10),
    named(&ISO_8_2),
    named(&ISO_8_19),
    named(&SOC_CC6_3),
    named(&PCI_6_5_4),
    named(&OSPS_GV_01_02),
    second(&NIST_AC_5),
    second(&ISO_5_3),
    second(&ISO_8_31),
    second(&SLSA_REVIEW),
];
