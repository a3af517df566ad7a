//! The frameworks, and their provisions that evidence of some control serves.

use super::Framework;

pub(super) mod provisions;

/// All frameworks, in the order in which they are listed.
pub static FRAMEWORKS: &[&Framework] = &[&DPA, &GDPR, &SSDF, &NIST, &ISO, &SOC, &PCI, &SLSA, &OSPS];

static DPA: Framework = Framework {
    name: "dpa-2018-part-3",
    title: "Data Protection Act 2018, Part 3 (law enforcement processing)",
    edition: "as amended, on legislation.gov.uk",
    read: "2026-11-29",
    checked: "sections 38, 56 and 66 in the text on legislation.gov.uk; sections 40 and 57 by their numbers alone",
    shape: r"^s\.\d+(\(\d+\)(\([a-z]\))?)?$",
};

static GDPR: Framework = Framework {
    name: "uk-gdpr",
    title: "UK General Data Protection Regulation",
    edition: "retained Regulation (EU) 2016/679, before the renumbering that the Data (Use and Access) Act 2025 may bring",
    read: "2026-11-29",
    checked: "numbers of articles, not their text; to be read again when the Act of 2025 is in force",
    shape: r"^Art\.\d+(\(\d+\)(\([a-z]\))?)?$",
};

static SSDF: Framework = Framework {
    name: "nist-800-218",
    title: "NIST SP 800-218, Secure Software Development Framework",
    edition: "version 1.1, February 2022",
    read: "2026-11-29",
    checked: "numbers of the practices, not the text of each task; a version 1.2 is a draft",
    shape: r"^(PO|PS|PW|RV)\.\d+\.\d+$",
};

static NIST: Framework = Framework {
    name: "nist-800-53",
    title: "NIST SP 800-53, Security and Privacy Controls",
    edition: "revision 5, release 5.1.1",
    read: "2026-11-29",
    checked: "NIST's OSCAL catalogue of the high baseline, 5.1.1+u4: each identifier and title",
    shape: r"^[A-Z]{2}-\d+(\(\d+\))?$",
};

static ISO: Framework = Framework {
    name: "iso-27001",
    title: "ISO/IEC 27001, Annex A",
    edition: "2022",
    read: "2026-11-29",
    checked: "numbers and titles of the annex; the text is sold by ISO and was not read",
    shape: r"^A\.[5-8]\.\d+$",
};

static SOC: Framework = Framework {
    name: "soc-2",
    title: "SOC 2, Trust Services Criteria",
    edition: "2017, with points of focus of 2022",
    read: "2026-11-29",
    checked: "numbers of the criteria, not their text",
    shape: r"^(CC|PI)\d+\.\d+$",
};

static PCI: Framework = Framework {
    name: "pci-dss",
    title: "Payment Card Industry Data Security Standard",
    edition: "4.0.1",
    read: "2026-11-29",
    checked: "numbers of the requirements, not their text",
    shape: r"^\d+\.\d+\.\d+(\.\d+)?$",
};

static SLSA: Framework = Framework {
    name: "slsa-source",
    title: "SLSA, Source Track",
    edition: "1.2",
    read: "2026-11-29",
    checked: "spec/source-requirements.md of slsa-framework/slsa: each anchor",
    shape: r"^[a-z]+(-[a-z]+)*$",
};

static OSPS: Framework = Framework {
    name: "osps-baseline",
    title: "Open Source Project Security Baseline",
    edition: "2026-02-19",
    read: "2026-11-29",
    checked: "baseline/OSPS-*.yaml of ossf/security-baseline: each identifier",
    shape: r"^OSPS-[A-Z]{2}-\d{2}\.\d{2}$",
};
