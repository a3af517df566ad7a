//! Frameworks of the open source world.

use crate::clauses::Provision;
use crate::clauses::frameworks::{OSPS, SLSA};

pub static SLSA_ACCESS: Provision = Provision {
    framework: &SLSA,
    id: "access-and-history",
    summary: "Configure the source control system to control access and to keep history.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#access-and-history",
};

pub static SLSA_CONTINUITY: Provision = Provision {
    framework: &SLSA,
    id: "continuity",
    summary: "A control counts from a start revision, and a lapse starts it anew.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#continuity",
};

pub static SLSA_HISTORY: Provision = Provision {
    framework: &SLSA,
    id: "history",
    summary: "All moves of a branch are recorded, and it only moves forward.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#history",
};

pub static SLSA_PROTECTED: Provision = Provision {
    framework: &SLSA,
    id: "protected-refs",
    summary: "Technical controls are enforced on named references, and recorded.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#protected-refs",
};

pub static SLSA_PROVENANCE: Provision = Provision {
    framework: &SLSA,
    id: "source-provenance",
    summary: "Record how each revision came to be on its branch.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#source-provenance",
};

pub static SLSA_TECHNICAL: Provision = Provision {
    framework: &SLSA,
    id: "technical-controls",
    summary: "Enforce the claimed controls continuously, and document what they mean.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#technical-controls",
};

pub static SLSA_REVIEW: Provision = Provision {
    framework: &SLSA,
    id: "two-party-review",
    summary: "Two trusted people agree to the final revision of each change.",
    source: "https://slsa.dev/spec/v1.2/source-requirements#two-party-review",
};

pub static OSPS_AC_03_01: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-AC-03.01",
    summary: "Direct commits to the primary branch are prevented.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_AC_03_02: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-AC-03.02",
    summary: "Deleting the primary branch is a sensitive act that must be confirmed.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_GV_01_02: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-GV-01.02",
    summary: "Roles and responsibilities are described.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_GV_03_02: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-GV-03.02",
    summary: "Contributors find out what makes a contribution acceptable.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_QA_01_02: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-QA-01.02",
    summary: "There is a record of all changes: who made them, and when.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_QA_03_01: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-QA-03.01",
    summary: "Automated checks of a commit pass or are bypassed by hand.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_QA_06_01: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-QA-06.01",
    summary: "At least one automated test suite runs before a commit is accepted.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_QA_06_02: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-QA-06.02",
    summary: "When and how tests are run is documented.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};

pub static OSPS_QA_07_01: Provision = Provision {
    framework: &OSPS,
    id: "OSPS-QA-07.01",
    summary: "At least one person other than the author approves before the merge.",
    source: "https://baseline.openssf.org/versions/2026-02-19",
};
