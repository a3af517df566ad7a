//! Publications of NIST.

use crate::clauses::Provision;
use crate::clauses::frameworks::{NIST, SSDF};

pub static SSDF_PO_1_2: Provision = Provision {
    framework: &SSDF,
    id: "PO.1.2",
    summary: "Write down the security requirements of the organisation's own software and keep them up to date.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PO_2_2: Provision = Provision {
    framework: &SSDF,
    id: "PO.2.2",
    summary: "Train people for their roles, and look at it again from time to time.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PO_3_3: Provision = Provision {
    framework: &SSDF,
    id: "PO.3.3",
    summary: "Have tools produce artifacts that show that the practices were followed.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PO_4_1: Provision = Provision {
    framework: &SSDF,
    id: "PO.4.1",
    summary: "Define criteria for checks of the software, and track them.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PO_4_2: Provision = Provision {
    framework: &SSDF,
    id: "PO.4.2",
    summary: "Gather and safeguard the information that the criteria need.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PO_5_1: Provision = Provision {
    framework: &SSDF,
    id: "PO.5.1",
    summary: "Separate and protect the environments of development.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PS_1_1: Provision = Provision {
    framework: &SSDF,
    id: "PS.1.1",
    summary: "Store code so that only authorised people and tools have the access that they need.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PS_3_2: Provision = Provision {
    framework: &SSDF,
    id: "PS.3.2",
    summary: "Keep and share provenance of what each release consists of.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PW_7_1: Provision = Provision {
    framework: &SSDF,
    id: "PW.7.1",
    summary: "Decide whether code review or code analysis is to be used.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PW_7_2: Provision = Provision {
    framework: &SSDF,
    id: "PW.7.2",
    summary: "Do the review or analysis, and record and triage what it finds.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PW_8_1: Provision = Provision {
    framework: &SSDF,
    id: "PW.8.1",
    summary: "Decide whether executable code is to be tested.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static SSDF_PW_8_2: Provision = Provision {
    framework: &SSDF,
    id: "PW.8.2",
    summary: "Scope, design and do the tests, and document their results.",
    source: "https://doi.org/10.6028/NIST.SP.800-218",
};

pub static NIST_AC_5: Provision = Provision {
    framework: &NIST,
    id: "AC-5",
    summary: "Separate duties.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_AT_3: Provision = Provision {
    framework: &NIST,
    id: "AT-3",
    summary: "Train people for their roles before they act in them, and again at a set interval.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_AU_10: Provision = Provision {
    framework: &NIST,
    id: "AU-10",
    summary: "Have evidence that a person took an action, which they cannot deny.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_AU_11: Provision = Provision {
    framework: &NIST,
    id: "AU-11",
    summary: "Keep audit records for the time that is required.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_CM_1: Provision = Provision {
    framework: &NIST,
    id: "CM-1",
    summary: "Have a configuration management policy and procedures, hand them to staff, and review them.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_CM_3: Provision = Provision {
    framework: &NIST,
    id: "CM-3",
    summary: "Review, approve, document and keep records of changes.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_CM_3_2: Provision = Provision {
    framework: &NIST,
    id: "CM-3(2)",
    summary: "Test and validate changes, and document that, before they are put in place.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_CM_4: Provision = Provision {
    framework: &NIST,
    id: "CM-4",
    summary: "Look at what a change would do before it is made.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_CM_5: Provision = Provision {
    framework: &NIST,
    id: "CM-5",
    summary: "Limit who may make changes, and enforce it.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_CM_5_1: Provision = Provision {
    framework: &NIST,
    id: "CM-5(1)",
    summary: "Enforce these limits automatically, with records.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_SA_10: Provision = Provision {
    framework: &NIST,
    id: "SA-10",
    summary: "Have developers manage the configuration: only approved changes, documented and tracked.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_SA_11: Provision = Provision {
    framework: &NIST,
    id: "SA-11",
    summary: "Have developers test, with evidence of the tests and their results.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_SA_15: Provision = Provision {
    framework: &NIST,
    id: "SA-15",
    summary: "Follow a documented development process, and review it.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};

pub static NIST_SI_7: Provision = Provision {
    framework: &NIST,
    id: "SI-7",
    summary: "Detect unauthorised changes of software.",
    source: "https://doi.org/10.6028/NIST.SP.800-53r5",
};
