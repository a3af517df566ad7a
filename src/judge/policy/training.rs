//! `[training]`: the register of people, the courses that controls name, and whose badges count.

use super::Problem;
use super::checks::{PolicySource, check_filled, check_name, check_text};
use super::signed::check_path;
use crate::control::shared::text::InvalidSetting;
use crate::control::shared::training::read_days;
use jiff::SignedDuration;
use portcullis_attest::key::PublicKey;
use portcullis_model::path::RepoPath;
use portcullis_model::training::{BadgeIssuer, BadgeKey, Course, REGISTER_PATH, TrainingSettings};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// A list with the place of every element.
type PlacedList<T> = Spanned<Vec<Spanned<T>>>;

/// What a policy says of training.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainingText {
    /// The file with the register of people, read at the base. Default: `"portcullis-people.toml"`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    register: Option<Spanned<String>>,
    /// The courses, by the names that the controls and the register use.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, CourseText>"))]
    courses: BTreeMap<Spanned<String>, CourseText>,
    /// Whose badges `portcullis people import open-badge` takes, by name.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, IssuerText>"))]
    issuers: BTreeMap<Spanned<String>, IssuerText>,
}

/// A course.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CourseText {
    /// What people call the course.
    #[cfg_attr(test, schemars(with = "String"))]
    title: Spanned<String>,
    /// How long a completion is valid to which the register gives no end: days, `"365d"`, or
    /// `"unlimited"`.
    valid_for: ValidFor,
    /// Identifiers of the achievement in Open Badges that certify this course.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    achievements: Option<PlacedList<String>>,
    /// Identifiers of the activity in xAPI statements about this course.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    activities: Option<PlacedList<String>>,
}

/// How long a completion lasts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "String", extend("pattern" = "^([0-9]+d|unlimited)$"))
)]
#[serde(try_from = "String")]
struct ValidFor(Option<SignedDuration>);

impl TryFrom<String> for ValidFor {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "unlimited" {
            return Ok(ValidFor(None));
        }
        let mistake = || {
            format!(
                "`{text}` is not how long training is valid; write \"365d\", at most 3660 days, or \"unlimited\""
            )
        };
        read_days(&text, 1..=3660).map(|days| ValidFor(Some(days))).ok_or_else(mistake)
    }
}

/// An issuer of badges.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IssuerText {
    /// The identifier that its credentials name as their issuer: a URL or a DID.
    #[cfg_attr(test, schemars(with = "String"))]
    id: Spanned<String>,
    /// The keys that it signs with. Portcullis never fetches keys.
    #[cfg_attr(test, schemars(with = "Vec<IssuerKeyText>"))]
    keys: PlacedList<IssuerKeyText>,
}

/// A key of an issuer.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IssuerKeyText {
    /// The identifier by which signatures name the key: the `kid` of a token, or the
    /// `verificationMethod` of a proof.
    #[cfg_attr(test, schemars(with = "String"))]
    id: Spanned<String>,
    /// The public key as OpenSSH writes it: `"ssh-ed25519 AAAA…"` or
    /// `"ecdsa-sha2-nistp256 AAAA…"`. `ssh-keygen -i -m PKCS8 -f KEY.pem` prints it.
    #[cfg_attr(test, schemars(with = "String"))]
    public_key: Spanned<String>,
}

/// Checks and builds what a policy says of training.
pub fn read_training(
    source: &PolicySource<'_, '_>,
    written: Option<&TrainingText>,
    problems: &mut Vec<Problem>,
) -> Option<TrainingSettings> {
    let written = written?;
    let span = source.root.get_ref().get("training").map_or(0..0, Spanned::span);
    check_courses(source, written, &span, problems);
    let path = written.register.as_ref().map(|path| check_path(path, problems));
    let register = path.unwrap_or_else(|| Some(RepoPath::from(REGISTER_PATH)))?;
    written.issuers.keys().for_each(|name| check_name(name, "an issuer", problems));
    let issuers = written.issuers.iter();
    let issuers: BTreeMap<_, _> =
        issuers.map(|(name, text)| (name.get_ref().clone(), read_issuer(text, problems))).collect();
    let courses =
        written.courses.iter().map(|(name, text)| (name.get_ref().clone(), build_course(text))).collect();
    Some(TrainingSettings { register, courses, issuers })
}

fn check_courses(
    source: &PolicySource<'_, '_>,
    written: &TrainingText,
    span: &Range<usize>,
    problems: &mut Vec<Problem>,
) {
    if written.courses.is_empty() && !source.removed.holds(span, "courses") {
        let help = "write `[training.courses.NAME]` with `title` and `valid-for`, or leave `[training]` out";
        problems.push(Problem::new(span.clone(), "no course is defined").help(help));
    }
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, course) in &written.courses {
        check_name(name, "a course", problems);
        check_text(&course.title, "the title of the course", problems);
        for list in course.achievements.iter().chain(&course.activities) {
            check_filled(list, "leave it out, or name one", problems);
        }
        for id in identifiers(course) {
            check_text(id, "the identifier", problems);
            if let Some(other) = seen.insert(id.get_ref(), name.get_ref()) {
                let message = format!("`{}` already identifies the course `{other}`", id.get_ref());
                problems.push(Problem::new(id.span(), message).help("name it once"));
            }
        }
    }
}

fn identifiers(course: &CourseText) -> impl Iterator<Item = &Spanned<String>> {
    course.achievements.iter().chain(&course.activities).flat_map(|list| list.get_ref())
}

fn build_course(text: &CourseText) -> Course {
    let all = |list: &Option<PlacedList<String>>| -> BTreeSet<String> {
        list.iter().flat_map(|list| list.get_ref()).map(|id| id.get_ref().clone()).collect()
    };
    Course {
        title: text.title.get_ref().clone(),
        valid_for: text.valid_for.0,
        achievements: all(&text.achievements),
        activities: all(&text.activities),
    }
}

fn read_issuer(text: &IssuerText, problems: &mut Vec<Problem>) -> BadgeIssuer {
    check_text(&text.id, "the identifier of the issuer", problems);
    check_filled(&text.keys, "no badge of this issuer could be verified", problems);
    let mut ids = BTreeSet::new();
    for key in text.keys.get_ref() {
        let IssuerKeyText { id, public_key } = key.get_ref();
        check_text(id, "the identifier of the key", problems);
        if !ids.insert(id.get_ref().as_str()) {
            let message = format!("the key `{}` is already there", id.get_ref());
            problems.push(Problem::new(id.span(), message).help("give each key an id of its own"));
        }
        if let Err(why) = check_key(public_key.get_ref()) {
            let help = "write `ssh-ed25519 AAAA…` or `ecdsa-sha2-nistp256 AAAA…`";
            problems.push(Problem::new(public_key.span(), why.to_string()).help(help));
        }
    }
    let keys = text.keys.get_ref().iter().map(|key| BadgeKey {
        id: key.get_ref().id.get_ref().clone(),
        openssh: key.get_ref().public_key.get_ref().clone(),
    });
    BadgeIssuer { id: text.id.get_ref().clone(), keys: keys.collect() }
}

fn check_key(text: &str) -> Result<(), InvalidSetting> {
    PublicKey::from_openssh(text)
        .map_err(|error| InvalidSetting::from(format!("this is not a public key: {error}")))?;
    let is_badge_kind = ["ssh-ed25519 ", "ecdsa-sha2-nistp256 "].iter().any(|kind| text.starts_with(kind));
    is_badge_kind
        .then_some(())
        .ok_or_else(|| InvalidSetting::from("badges are not signed with keys of this kind"))
}
