//! UK law.

use crate::clauses::Provision;
use crate::clauses::frameworks::{DPA, GDPR};

pub static DPA_38_4: Provision = Provision {
    framework: &DPA,
    id: "s.38(4)",
    summary: "Take all reasonable steps so that inaccurate, incomplete or outdated personal data is not passed on for law enforcement.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/38",
};

pub static DPA_38_5_A: Provision = Provision {
    framework: &DPA,
    id: "s.38(5)(a)",
    summary: "Verify the quality of personal data before it is passed on, as far as practicable.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/38",
};

pub static DPA_38_5_C: Provision = Provision {
    framework: &DPA,
    id: "s.38(5)(c)",
    summary: "If data that was passed on turns out to be incorrect, tell the recipient without delay.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/38",
};

pub static DPA_40: Provision = Provision {
    framework: &DPA,
    id: "s.40",
    summary: "Process personal data securely, also against accidental loss, destruction or damage.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/40",
};

pub static DPA_56_1: Provision = Provision {
    framework: &DPA,
    id: "s.56(1)",
    summary: "Have measures that make the processing lawful, and be able to show that it is.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/56",
};

pub static DPA_56_3: Provision = Provision {
    framework: &DPA,
    id: "s.56(3)",
    summary: "Review these measures and bring them up to date where necessary.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/56",
};

pub static DPA_57: Provision = Provision {
    framework: &DPA,
    id: "s.57",
    summary: "Build data protection into the processing from its design, and by default.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/57",
};

pub static DPA_66_2_A: Provision = Provision {
    framework: &DPA,
    id: "s.66(2)(a)",
    summary: "Prevent unauthorised processing and unauthorised interference with processing systems.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/66",
};

pub static DPA_66_2_B: Provision = Provision {
    framework: &DPA,
    id: "s.66(2)(b)",
    summary: "Make it possible to establish the precise details of any processing that took place.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/66",
};

pub static DPA_66_2_C: Provision = Provision {
    framework: &DPA,
    id: "s.66(2)(c)",
    summary: "Make sure that processing systems work properly and can be restored.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/66",
};

pub static DPA_66_2_D: Provision = Provision {
    framework: &DPA,
    id: "s.66(2)(d)",
    summary: "Make sure that stored personal data cannot be corrupted when a system malfunctions.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/66",
};

pub static DPA_67_1: Provision = Provision {
    framework: &DPA,
    id: "s.67(1)",
    summary: "Notify a personal data breach to the Commissioner without undue delay, where feasible within 72 hours of awareness.",
    source: "https://www.legislation.gov.uk/ukpga/2018/12/section/67",
};

pub static GDPR_5_1_D: Provision = Provision {
    framework: &GDPR,
    id: "Art.5(1)(d)",
    summary: "Keep personal data accurate and up to date.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/5",
};

pub static GDPR_5_1_F: Provision = Provision {
    framework: &GDPR,
    id: "Art.5(1)(f)",
    summary: "Keep personal data secure: integrity and confidentiality.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/5",
};

pub static GDPR_5_2: Provision = Provision {
    framework: &GDPR,
    id: "Art.5(2)",
    summary: "Be responsible for the principles, and able to show that they are kept.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/5",
};

pub static GDPR_24_1: Provision = Provision {
    framework: &GDPR,
    id: "Art.24(1)",
    summary: "Have measures, show that they work, review and update them.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/24",
};

pub static GDPR_25_1: Provision = Provision {
    framework: &GDPR,
    id: "Art.25(1)",
    summary: "Build data protection into the means of processing from their design.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/25",
};

pub static GDPR_32_1_B: Provision = Provision {
    framework: &GDPR,
    id: "Art.32(1)(b)",
    summary: "Keep up the integrity and resilience of processing systems.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/32",
};

pub static GDPR_32_1_D: Provision = Provision {
    framework: &GDPR,
    id: "Art.32(1)(d)",
    summary: "Test regularly whether the security measures work.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/32",
};

pub static GDPR_33_5: Provision = Provision {
    framework: &GDPR,
    id: "Art.33(5)",
    summary: "Document each personal data breach, its effects and what was done, so that it can be verified.",
    source: "https://www.legislation.gov.uk/eur/2016/679/article/33",
};
