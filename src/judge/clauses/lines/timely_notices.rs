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

pub(in crate::clauses) const CLAUSES: &[Clause] = &[told(&DPA_38_5_C), told(&DPA_67_1), told(&GDPR_33_5)];
