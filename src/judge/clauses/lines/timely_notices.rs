//! `timely-notices`: who was told of an incident, and when.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn told(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision on a deployment says whether a notice of an incident was overdue; the register keeps the time, recipient and digest of each.",
        limit: "Whether a notice was required, and whether it arrived.",
    }
}

const fn enforced(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "The policy names who has to be told of incidents and by when, and no deployment is allowed while a notice is overdue, or the decision notes it.",
        limit: "Whether every incident was entered into the register.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    told(&DPA_38_5_C),
    told(&DPA_67_1),
    told(&GDPR_33_5),
    told(&SSDF_PO_4_2),
    told(&NIST_AU_11),
    told(&ISO_5_28),
    enforced(&ISO_5_36),
    enforced(&SOC_CC5_3),
    enforced(&PCI_6_5_1),
    enforced(&SLSA_TECHNICAL),
    enforced(&OSPS_GV_01_02),
];
