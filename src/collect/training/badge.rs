//! A verified badge as an entry for the register: which course it is of, and whose it is.

use super::{ImportedTraining, NamedPerson};
use portcullis_attest::badge::{BadgeRefusal, BadgeTrust, SubjectName, VerifiedBadge, verify_badge};
use portcullis_model::training::{Register, RegisteredPerson, TrainingSettings};

/// Verifies a badge and finds its course and its person.
///
/// # Errors
/// What could not be shown: the signature, the course, or whose it is.
pub fn read_badge(
    bytes: &[u8],
    settings: &TrainingSettings,
    register: &Register,
    trust: BadgeTrust<'_>,
) -> Result<ImportedTraining, BadgeRefusal> {
    let badge = verify_badge(bytes, trust)?;
    let course = settings.courses.iter().find(|(_, course)| course.achievements.contains(&badge.achievement));
    let Some((course, _)) = course else {
        let why = format!("no course of the policy has the achievement `{}`", badge.achievement);
        return Err(BadgeRefusal::Unproven(why));
    };
    let person = find_subject(&badge, register)?;
    Ok(ImportedTraining {
        place: badge.id.clone(),
        person,
        course: course.clone(),
        provider: Some(badge.issuer.clone()),
        completed: badge.from.to_string(),
        expires: badge.until.map(|until| until.to_string()),
        evidence: Some(format!("credential {}", badge.id)),
        waived: None,
    })
}

/// The one person who has the names of the subject. A name that no one has may be anyone's, so it
/// contradicts nothing; names of two people do.
fn find_subject(badge: &VerifiedBadge, register: &Register) -> Result<NamedPerson, BadgeRefusal> {
    let has = |person: &&RegisteredPerson| badge.subject.iter().any(|name| is_of(name, person));
    let mut found = register.people.iter().filter(has);
    match (found.next(), found.next()) {
        (Some(person), None) => Ok(name_of(person)),
        (Some(one), Some(other)) => {
            let why = format!("the names of its subject are of {} and of {}", one.name, other.name);
            Err(BadgeRefusal::Unproven(why))
        }
        (None, _) => {
            let why =
                "no entry of the register has a name of its subject: it may be another person's".to_string();
            Err(BadgeRefusal::Unproven(why))
        }
    }
}

fn is_of(name: &SubjectName, person: &RegisteredPerson) -> bool {
    person.emails.iter().any(|email| name.is_email(email)) || is_profile_of(name, person)
}

/// `https://HOST/LOGIN`, where the entry has this account.
fn is_profile_of(name: &SubjectName, person: &RegisteredPerson) -> bool {
    let SubjectName::Profile(id) = name else { return false };
    let Some((host, login)) =
        id.strip_prefix("https://").and_then(|rest| rest.trim_end_matches('/').split_once('/'))
    else {
        return false;
    };
    person.accounts.iter().any(|(known, logins)| {
        known.eq_ignore_ascii_case(host) && logins.iter().any(|one| one.as_str().eq_ignore_ascii_case(login))
    })
}

/// A name by which the register finds the person again.
fn name_of(person: &RegisteredPerson) -> NamedPerson {
    let account = || {
        let (host, logins) = person.accounts.iter().next()?;
        Some(NamedPerson::Account(host.clone(), logins.first()?.as_str().to_string()))
    };
    let login = || person.logins.first().map(|login| NamedPerson::Login(login.as_str().to_string()));
    let email = person.emails.first().map(|email| NamedPerson::Email(email.clone()));
    email.or_else(login).or_else(account).unwrap_or_else(|| NamedPerson::Login(person.name.clone()))
}
