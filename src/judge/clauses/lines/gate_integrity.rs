//! `gate-integrity`: that the rules were not changed by the author of a change alone.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn guarded(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision names the touched files that steer the gate, and the owners of the gate who approved the change of them.",
        limit: "Whether the changed rules are still good ones; what settings of the host and actions elsewhere do.",
    }
}

const fn reviewed(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "The policy and its history in the repository show which rules were in force when, and who approved each change of them.",
        limit: "Whether the rules are enough for the risk.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    guarded(&DPA_66_2_A),
    guarded(&GDPR_5_1_F),
    guarded(&SSDF_PO_5_1),
    guarded(&SSDF_PS_1_1),
    guarded(&NIST_AC_5),
    guarded(&NIST_CM_5),
    guarded(&NIST_SI_7),
    guarded(&ISO_5_3),
    guarded(&ISO_8_9),
    guarded(&SOC_CC7_1),
    guarded(&PCI_6_5_1),
    guarded(&SLSA_TECHNICAL),
    guarded(&SLSA_CONTINUITY),
    guarded(&OSPS_QA_07_01),
    reviewed(&DPA_56_1),
    reviewed(&DPA_56_3),
    reviewed(&GDPR_5_2),
    reviewed(&GDPR_24_1),
    reviewed(&SSDF_PO_4_1),
    reviewed(&ISO_5_36),
];
