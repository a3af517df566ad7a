//! `trained-deployers`: the training of those who deploy.

use crate::clauses::frameworks::provisions::*;
use crate::clauses::{Clause, Provision};

const fn trained(provision: &'static Provision) -> Clause {
    Clause {
        provision,
        evidence: "Each decision on a deployment shows that the person who deploys had valid training of the named courses at that moment.",
        limit: "What the courses taught, whether the register is right, and who pressed the button where no host confirms the name.",
    }
}

pub(in crate::clauses) const CLAUSES: &[Clause] = &[
    trained(&DPA_56_1),
    trained(&GDPR_24_1),
    trained(&SSDF_PO_2_2),
    trained(&NIST_AT_3),
    trained(&NIST_CM_5),
    trained(&ISO_6_3),
    trained(&ISO_8_19),
    trained(&SOC_CC5_3),
    trained(&PCI_6_5_4),
    trained(&SLSA_ACCESS),
    trained(&OSPS_GV_01_02),
];
