//! What a policy extends, and where it differs from that.

use portcullis_judge::policy::house::{Deviation, DeviationKind, House};

/// The house policy of a policy, and everything in which the policy differs from it.
pub fn describe_house(house: &House) -> String {
    let reference = &house.reference;
    let mut text = format!("  extends:  {}\n  {}\n", reference.file, reference.digest);
    if let Some(origin) = &reference.origin {
        text.push_str(&format!("            of {}, commit {}\n", origin.repository, origin.commit));
    }
    if house.deviations.is_empty() {
        return text + "  It differs from it in nothing.\n";
    }
    for (kind, title) in KINDS {
        let lines: Vec<String> =
            house.deviations.iter().filter(|one| one.kind == kind).map(describe_deviation).collect();
        if !lines.is_empty() {
            text.push_str(&format!("  {title}:\n{}\n", lines.join("\n")));
        }
    }
    text
}

/// The kinds of differences, the one to look at first.
const KINDS: [(DeviationKind, &str); 3] = [
    (DeviationKind::Loosened, "less strict, as the house policy allows"),
    (DeviationKind::Stricter, "stricter than the house policy"),
    (DeviationKind::Added, "not in the house policy"),
];

fn describe_deviation(deviation: &Deviation) -> String {
    let Deviation { key, own, house, .. } = deviation;
    match house {
        Some(house) => format!("    {key} = {own}, and {house} there"),
        None => format!("    {key} = {own}"),
    }
}
