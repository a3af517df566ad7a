//! Standards that auditors certify or attest against.

use crate::clauses::Provision;
use crate::clauses::frameworks::{ISO, PCI, SOC};

pub static ISO_5_3: Provision = Provision {
    framework: &ISO,
    id: "A.5.3",
    summary: "Segregation of duties.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_5_28: Provision = Provision {
    framework: &ISO,
    id: "A.5.28",
    summary: "Collection of evidence.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_5_36: Provision = Provision {
    framework: &ISO,
    id: "A.5.36",
    summary: "Compliance with the organisation's own policies is reviewed.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_5_37: Provision = Provision {
    framework: &ISO,
    id: "A.5.37",
    summary: "Operating procedures are documented and available to those who need them.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_6_3: Provision = Provision {
    framework: &ISO,
    id: "A.6.3",
    summary: "Make people aware of information security and train them for what they do.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_2: Provision = Provision {
    framework: &ISO,
    id: "A.8.2",
    summary: "Privileged access is limited and managed.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_4: Provision = Provision {
    framework: &ISO,
    id: "A.8.4",
    summary: "Access to source code is managed.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_9: Provision = Provision {
    framework: &ISO,
    id: "A.8.9",
    summary: "Configurations are established, documented and monitored.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_19: Provision = Provision {
    framework: &ISO,
    id: "A.8.19",
    summary: "Installing software on operational systems is controlled.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_25: Provision = Provision {
    framework: &ISO,
    id: "A.8.25",
    summary: "There are rules for secure development, and they are applied.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_28: Provision = Provision {
    framework: &ISO,
    id: "A.8.28",
    summary: "Secure coding principles are applied.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_29: Provision = Provision {
    framework: &ISO,
    id: "A.8.29",
    summary: "Security is tested in development and acceptance.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_31: Provision = Provision {
    framework: &ISO,
    id: "A.8.31",
    summary: "Development, test and production are separated.",
    source: "https://www.iso.org/standard/27001",
};

pub static ISO_8_32: Provision = Provision {
    framework: &ISO,
    id: "A.8.32",
    summary: "Changes are subject to change management.",
    source: "https://www.iso.org/standard/27001",
};

pub static SOC_CC5_3: Provision = Provision {
    framework: &SOC,
    id: "CC5.3",
    summary: "Controls are put in place through policies and procedures.",
    source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
};

pub static SOC_CC6_1: Provision = Provision {
    framework: &SOC,
    id: "CC6.1",
    summary: "Logical access is limited by software and architecture.",
    source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
};

pub static SOC_CC6_3: Provision = Provision {
    framework: &SOC,
    id: "CC6.3",
    summary: "Access follows roles, least privilege and segregation of duties.",
    source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
};

pub static SOC_CC7_1: Provision = Provision {
    framework: &SOC,
    id: "CC7.1",
    summary: "Changes of configuration that bring weaknesses are detected.",
    source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
};

pub static SOC_CC8_1: Provision = Provision {
    framework: &SOC,
    id: "CC8.1",
    summary: "Changes to software and data are authorised, tested, approved and then made.",
    source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
};

pub static SOC_PI1_3: Provision = Provision {
    framework: &SOC,
    id: "PI1.3",
    summary: "Processing is complete, accurate, timely and authorised.",
    source: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
};

pub static PCI_6_2_3: Provision = Provision {
    framework: &PCI,
    id: "6.2.3",
    summary: "Custom software is reviewed before it is released.",
    source: "https://www.pcisecuritystandards.org/document_library/",
};

pub static PCI_6_2_3_1: Provision = Provision {
    framework: &PCI,
    id: "6.2.3.1",
    summary: "Manual reviews are by people other than the author who know how, and are approved.",
    source: "https://www.pcisecuritystandards.org/document_library/",
};

pub static PCI_6_5_1: Provision = Provision {
    framework: &PCI,
    id: "6.5.1",
    summary: "Changes in production follow procedures: reason, impact, approval, tests, and a way back.",
    source: "https://www.pcisecuritystandards.org/document_library/",
};

pub static PCI_6_5_2: Provision = Provision {
    framework: &PCI,
    id: "6.5.2",
    summary: "After a significant change all requirements that apply are confirmed to be in place.",
    source: "https://www.pcisecuritystandards.org/document_library/",
};

pub static PCI_6_5_4: Provision = Provision {
    framework: &PCI,
    id: "6.5.4",
    summary: "Roles are separated between production and before, so that only reviewed and approved changes are deployed.",
    source: "https://www.pcisecuritystandards.org/document_library/",
};
