//! `reviewed-landings`: that only reviewed content is deployed.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn explained(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Before a deployment each landing since the last one is explained, line by line, by a change request that was judged; the rest is listed.",
        limit: "Deployments that do not run the gate.",
    }
}

const fn recorded(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "A record keeps the policy, the facts and the decision of each allowed deployment.",
        limit: "That no record was taken away, unless its newest one is kept elsewhere.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    explained(&DPA_38_4),
    explained(&DPA_66_2_A),
    explained(&NIST_CM_3),
    explained(&NIST_SI_7),
    explained(&SSDF_PS_3_2),
    explained(&ISO_8_19),
    explained(&ISO_8_32),
    explained(&SOC_CC8_1),
    explained(&PCI_6_5_4),
    explained(&SLSA_HISTORY),
    explained(&SLSA_PROVENANCE),
    explained(&SLSA_REVIEW),
    explained(&OSPS_QA_01_02),
    recorded(&DPA_56_1),
    recorded(&DPA_66_2_B),
    recorded(&GDPR_5_2),
    recorded(&SSDF_PO_4_2),
    recorded(&NIST_AU_10),
    recorded(&NIST_AU_11),
    recorded(&ISO_5_28),
];
