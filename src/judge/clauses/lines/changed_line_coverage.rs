//! `changed-line-coverage`: that tests executed the changed lines.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn executed(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision says which share of the changed lines tests executed, and lists those that none did.",
        limit: "That a test which executes a line also notices when it is wrong.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    executed(&DPA_38_4),
    executed(&DPA_66_2_D),
    executed(&GDPR_5_1_D),
    executed(&GDPR_32_1_D),
    executed(&SSDF_PO_4_1),
    executed(&SSDF_PW_8_2),
    executed(&NIST_CM_3_2),
    executed(&NIST_SA_11),
    executed(&ISO_8_29),
    executed(&SOC_CC8_1),
    executed(&PCI_6_5_1),
    executed(&SLSA_TECHNICAL),
    executed(&OSPS_QA_06_01),
];
