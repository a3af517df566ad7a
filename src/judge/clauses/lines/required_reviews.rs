//! `required-reviews`: who approved, and that none of them had a part in the change.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn approved(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision names the people who approved exactly the commits that land, their roles, and why other approvals do not count.",
        limit: "That a review was careful, or that its people are competent.",
    }
}

const fn separate(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision shows that authors, co-authors and pushers are not among those who approved.",
        limit: "That two accounts are two people, where the policy does not list them; that people did not act together.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    approved(&DPA_38_4),
    approved(&DPA_57),
    approved(&GDPR_25_1),
    approved(&SSDF_PW_7_2),
    approved(&NIST_CM_3),
    approved(&NIST_SA_10),
    approved(&ISO_8_25),
    approved(&ISO_8_28),
    approved(&ISO_8_32),
    approved(&SOC_CC8_1),
    approved(&PCI_6_2_3),
    approved(&PCI_6_5_1),
    approved(&SLSA_REVIEW),
    separate(&DPA_66_2_A),
    separate(&GDPR_5_1_F),
    separate(&NIST_AC_5),
    separate(&ISO_5_3),
    separate(&SOC_CC6_3),
    separate(&PCI_6_2_3_1),
    separate(&OSPS_QA_07_01),
];
