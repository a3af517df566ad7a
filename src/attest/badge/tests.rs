//! Badges that another program made, and attacks on badges. The tokens in `vectors/badges` are by
//! openbadgeslib 4.6.3; `jcs.json` was signed with a key of Python's `cryptography`.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use portcullis_model::training::BadgeKey;
use serde_json::json;

const EDDSA: &str = include_str!("../vectors/badges/eddsa.jwt");
const ES256: &str = include_str!("../vectors/badges/es256.jwt");
const JCS: &str = include_str!("../vectors/badges/jcs.json");
const CLEAR: &[u8] = include_bytes!("../vectors/badges/status-clear.jwt");
const REVOKED: &[u8] = include_bytes!("../vectors/badges/status-revoked.jwt");

const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const P256: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHE1+k/ZOgnc6Yu/aBtL/PUOfA1jVOYq+wv/KjQpYXhl7UwfAt25Aj7lalV+UV1qncZsEfIglg3llDNN9Yh3ZyQ=";
const ISSUER: &str = "https://academy.example.test/issuer";

/// The key that openbadgeslib signed with.
fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn issuers(keys: &[(&str, &str)]) -> BTreeMap<String, BadgeIssuer> {
    let keys = keys.iter().map(|(id, key)| BadgeKey { id: id.to_string(), openssh: key.to_string() });
    let issuer = BadgeIssuer { id: ISSUER.into(), keys: keys.collect() };
    [("academy".to_string(), issuer)].into()
}

fn both_keys() -> BTreeMap<String, BadgeIssuer> {
    issuers(&[(&format!("{ISSUER}#key-1"), ED25519), (&format!("{ISSUER}#key-2"), P256)])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn verify_with(
    bytes: &[u8],
    issuers: &BTreeMap<String, BadgeIssuer>,
    lists: &[Vec<u8>],
    moment: &str,
) -> Result<VerifiedBadge, BadgeRefusal> {
    let longest_age = SignedDuration::from_hours(24 * 7);
    verify_badge(bytes, BadgeTrust { issuers, at: at(moment), status_lists: lists, longest_age })
}

fn verify(text: &str) -> Result<VerifiedBadge, BadgeRefusal> {
    verify_with(text.as_bytes(), &both_keys(), &[CLEAR.to_vec()], "2026-12-20T12:00:00Z")
}

fn refused(text: &str, words: &str) {
    match verify(text) {
        Err(BadgeRefusal::Unproven(why)) => assert!(why.contains(words), "{words:?} is not in {why:?}"),
        other => panic!("{words:?}: {other:?}"),
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token over any header and payload, signed with the issuer's Ed25519 key.
fn token(head: &Value, body: &Value) -> String {
    let signed = format!("{}.{}", encode(head), encode(body));
    let signature = key().sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn body() -> Value {
    let mut body: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(EDDSA.split('.').nth(1).unwrap()).unwrap()).unwrap();
    body.as_object_mut().unwrap().remove("credentialStatus");
    body
}

fn with(key: &str, value: Value) -> Value {
    let mut body = body();
    body[key] = value;
    body
}

fn eddsa() -> Value {
    json!({ "alg": "EdDSA" })
}

#[test]
fn badges_of_another_program_are_verified() {
    for (text, names) in
        [(EDDSA, vec![SubjectName::Email("kim@example.test".into())]), (ES256, Vec::new()), (JCS, Vec::new())]
    {
        let badge = verify(text).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(badge.achievement, "https://academy.example.test/achievements/secure-review");
        assert_eq!((badge.issuer.as_str(), badge.from), ("academy", at("2026-05-04T09:30:00Z")));
        assert_eq!(badge.until, Some(at("2027-05-04T09:30:00Z")));
        if !names.is_empty() {
            assert_eq!(badge.subject, names);
        }
        let [name] = badge.subject.as_slice() else { panic!("{badge:?}") };
        assert!(name.is_email("Kim@example.test") && !name.is_email("sam@example.test"), "{name:?}");
    }
}

#[test]
fn a_badge_is_valid_to_the_second_before_its_end() {
    let lists = [CLEAR.to_vec()];
    let keys = both_keys();
    let of = |text: &str, moment: &str| verify_with(text.as_bytes(), &keys, &lists, moment);
    for text in [ES256, JCS] {
        assert!(of(text, "2027-05-04T09:29:59Z").is_ok());
        let why = of(text, "2027-05-04T09:30:00Z").unwrap_err().to_string();
        assert!(why.contains("expired at 2027-05-04T09:30:00Z"), "{why}");
        assert!(of(text, "2026-05-04T10:30:00+01:00").is_ok());
        let why = of(text, "2026-05-04T09:29:59Z").unwrap_err().to_string();
        assert!(why.contains("only from") || why.contains("still to come"), "{why}");
    }
}

/// What is read of a badge outlives its token: a register keeps the end that is given here.
#[test]
fn attack_a_token_that_ends_before_its_credential() {
    let end = at("2027-01-01T00:00:00Z");
    let mut sooner = with("exp", json!(end.as_second()));
    assert_eq!(verify(&token(&eddsa(), &sooner)).unwrap().until, Some(end));
    sooner.as_object_mut().unwrap().remove("validUntil");
    assert_eq!(verify(&token(&eddsa(), &sooner)).unwrap().until, Some(end));
    let later = with("exp", json!(at("2037-01-01T00:00:00Z").as_second()));
    let badge = verify(&token(&eddsa(), &later)).unwrap();
    assert_eq!(badge.until, Some(at("2027-05-04T09:30:00Z")), "twin: the credential ends first");
}

#[test]
fn what_was_edited_after_signing_is_refused() {
    for text in [EDDSA, ES256] {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        let forged = payload.replace("2027-05-04", "2037-05-04").replace("Passed", "Failed");
        let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(forged), parts[2]);
        refused(&forged, "no key of the issuer in the policy made its signature");
    }
    refused(&JCS.replace("2027-05-04", "2037-05-04"), "did not sign it");
    refused(
        &JCS.replace("2026-05-04T09:30:00Z\",\n  \"ver", "2026-05-05T09:30:00Z\",\n  \"ver"),
        "did not sign it",
    );
    refused(&JCS.replace("pepper", "salt"), "did not sign it");
    assert!(verify(&JCS.replace('\n', "\n  ")).is_ok(), "white space is not what is signed");
}

#[test]
fn a_token_does_not_choose_its_algorithm() {
    let unsigned = format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(&body()));
    refused(&unsigned, "its algorithm `none` is not that of a key");
    for algorithm in ["none", "NONE", "HS256", "RS256", "ES256K", "ES384", "eddsa", ""] {
        refused(&token(&json!({ "alg": algorithm }), &body()), "is not that of a key of the issuer");
    }
    // The bytes of a public key as the secret of an HMAC never come to be compared.
    refused(&token(&json!({ "alg": "HS256", "kid": format!("{ISSUER}#key-1") }), &body()), "its algorithm");
    // A signature of one kind under the name of the other.
    refused(&token(&json!({ "alg": "ES256" }), &body()), "no key of the issuer");
    let es256 = ES256.trim().replacen(ES256.split('.').next().unwrap(), &encode(&eddsa()), 1);
    refused(&es256, "no key of the issuer");
    refused(&token(&json!({ "alg": "EdDSA", "crit": ["b64"], "b64": false }), &body()), "`crit`");
    assert!(verify(&token(&eddsa(), &body())).is_ok());
    assert!(verify(&token(&json!({ "alg": "Ed25519" }), &body())).is_ok());
}

#[test]
fn a_key_that_a_token_brings_or_misnames_does_not_count() {
    let mallory = SigningKey::from_bytes(&[66; 32]);
    let x = URL_SAFE_NO_PAD.encode(mallory.verifying_key().to_bytes());
    let head = json!({ "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } });
    let signed = format!("{}.{}", encode(&head), encode(&body()));
    let signature = URL_SAFE_NO_PAD.encode(mallory.sign(signed.as_bytes()).to_bytes());
    refused(&format!("{signed}.{signature}"), "no key of the issuer in the policy");
    let named = |kid: Value| token(&json!({ "alg": "EdDSA", "kid": kid }), &body());
    assert!(verify(&named(json!(format!("{ISSUER}#key-1")))).is_ok());
    refused(&named(json!(format!("{ISSUER}#key-2"))), "is not that of a key of the issuer");
    refused(&named(json!(format!("{ISSUER}#key-3"))), "the policy has no key");
    refused(&named(json!("../key-1")), "the policy has no key");
    refused(&named(json!(["a"])), "`kid` is not a text");
    for (method, words) in [("#key-2", "no Ed25519 key"), ("#key-9", "no Ed25519 key")] {
        refused(&JCS.replace("#key-1", method), words);
    }
}

#[test]
fn a_badge_of_another_issuer_is_refused() {
    let other = "https://mill.example.test/issuer";
    refused(&token(&eddsa(), &with("issuer", json!(other))), "is not one of `[training.issuers]`");
    refused(&token(&eddsa(), &with("iss", json!(other))), "claim `iss`");
    let mut none = body();
    none.as_object_mut().unwrap().remove("iss");
    refused(&token(&eddsa(), &none), "no claim `iss`");
    refused(&JCS.replace("academy.example.test/issuer\"", "mill.example.test/issuer\""), "is not one of");
    // The key of one issuer does not sign for another one.
    let mut two = both_keys();
    let keys = vec![BadgeKey { id: format!("{other}#1"), openssh: P256.into() }];
    two.insert("mill".into(), BadgeIssuer { id: other.into(), keys });
    let body = with("issuer", json!({ "id": other }));
    let forged = verify_with(token(&eddsa(), &body).as_bytes(), &two, &[], "2026-12-20T12:00:00Z");
    assert!(matches!(forged, Err(BadgeRefusal::Unproven(_))), "{forged:?}");
    assert!(verify(&token(&eddsa(), &with("issuer", json!(ISSUER)))).is_ok());
}

#[test]
fn claims_and_members_that_contradict_each_other_are_refused() {
    for (key, value, words) in [
        ("sub", json!("mailto:sam@example.test"), "claim `sub`"),
        ("jti", json!("urn:other"), "claim `jti`"),
        ("exp", json!(1), "expired at 1970"),
        ("exp", json!(1.5), "not a moment in whole seconds"),
        ("nbf", json!(4_000_000_000_i64), "only from"),
        ("validFrom", json!("2026-05-04"), "not a moment with an offset"),
        ("validFrom", json!("2030-01-01T00:00:00Z"), "only from"),
        ("awardedDate", json!("2030-01-01T00:00:00Z"), "only from"),
        ("validUntil", json!("2026-12-20T12:00:00Z"), "expired at"),
        ("type", json!(["VerifiableCredential"]), "is not an Open Badge"),
        ("type", json!("OpenBadgeCredential"), "VerifiableCredential"),
        ("@context", json!(["https://www.w3.org/2018/credentials/v1"]), "not a credential of version 2"),
        ("vc", json!({}), "section 8.2"),
        ("credentialSubject", json!([]), "not about one subject"),
        ("credentialSubject", json!({ "id": "mailto:kim@example.test" }), "claims no achievement"),
        ("credentialStatus", json!({ "type": "1EdTechRevocationList" }), "its status is of the type"),
        ("credentialStatus", json!("list"), "is not an entry"),
    ] {
        let mut changed = with(key, value);
        if words == "claims no achievement" {
            changed["sub"] = json!("mailto:kim@example.test");
            refused(&token(&eddsa(), &changed), "names no achievement");
            continue;
        }
        if key == "credentialSubject" {
            changed.as_object_mut().unwrap().remove("sub");
        }
        refused(&token(&eddsa(), &changed), words);
    }
    for text in ["", "a.b", "a.b.c", "{", "{}", "..", "\u{0}"] {
        assert!(verify(text).is_err(), "{text}");
    }
    let twice = format!("{}.{}.", encode(&eddsa()), URL_SAFE_NO_PAD.encode(b"{\"iss\":1,\"iss\":2}"));
    refused(&twice, "its payload cannot be read");
}

#[test]
fn names_of_the_subject_are_read_or_refused() {
    let named = |identifier: Value| {
        let mut body = body();
        body.as_object_mut().unwrap().remove("sub");
        let achievement = body["credentialSubject"]["achievement"].clone();
        body["credentialSubject"] = json!({ "achievement": achievement, "identifier": identifier });
        token(&eddsa(), &body)
    };
    let plain =
        json!({ "hashed": false, "identityHash": "kim@example.test", "identityType": "emailAddress" });
    assert!(verify(&named(json!([plain]))).unwrap().subject[0].is_email("kim@example.test"));
    refused(&named(json!([])), "does not say whose it is");
    refused(&named(json!([{ "hashed": true, "identityHash": "md5$00" }])), "not with SHA-256");
    refused(&named(json!([{ "identityHash": "x" }])), "whether it is hashed");
    refused(&named(json!([{ "hashed": true }])), "is empty");
}

#[test]
fn a_revoked_badge_is_broken_and_a_status_that_cannot_be_seen_proves_nothing() {
    let keys = both_keys();
    let of = |lists: &[Vec<u8>], moment: &str| verify_with(EDDSA.as_bytes(), &keys, lists, moment);
    let noon = "2026-12-20T12:00:00Z";
    assert!(of(&[CLEAR.to_vec()], noon).is_ok());
    assert!(matches!(of(&[REVOKED.to_vec()], noon), Err(BadgeRefusal::Revoked(_))));
    for (lists, moment, words) in [
        (vec![], noon, "is not among the files of `--status-list`"),
        (vec![ES256.as_bytes().to_vec()], noon, "is not among the files"),
        (vec![b"{}".to_vec()], noon, "is not among the files"),
        (vec![CLEAR.to_vec()], "2026-12-25T00:00:01Z", "older than 7 days"),
        (vec![CLEAR.to_vec()], "2026-12-17T00:00:00Z", "only from 2026-12-18"),
    ] {
        let why = of(&lists, moment).unwrap_err();
        assert!(matches!(&why, BadgeRefusal::Unproven(why) if why.contains(words)), "{words:?}: {why}");
    }
    assert!(of(&[CLEAR.to_vec()], "2026-12-25T00:00:00Z").is_ok());
    // An edited list is none.
    let edited = String::from_utf8(REVOKED.to_vec()).unwrap();
    let parts: Vec<&str> = edited.split('.').collect();
    let edited = format!(
        "{}.{}.{}",
        parts[0],
        std::str::from_utf8(CLEAR).unwrap().split('.').nth(1).unwrap(),
        parts[2]
    );
    assert!(matches!(of(&[edited.into_bytes()], noon), Err(BadgeRefusal::Unproven(_))));
}

#[test]
fn a_list_of_the_issuer_that_is_not_about_the_badge_proves_nothing() {
    let list = |change: &dyn Fn(&mut Value)| {
        let payload = std::str::from_utf8(CLEAR).unwrap().split('.').nth(1).unwrap();
        let mut body: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        change(&mut body);
        vec![token(&eddsa(), &body).into_bytes()]
    };
    let of =
        |lists: Vec<Vec<u8>>| verify_with(EDDSA.as_bytes(), &both_keys(), &lists, "2026-12-20T12:00:00Z");
    assert!(of(list(&|_| {})).is_ok());
    type Edit<'e> = &'e dyn Fn(&mut Value);
    let changes: [(Edit<'_>, &str); 6] = [
        (&|body| body["id"] = json!("https://other.example.test"), "is not among the files"),
        (&|body| body["type"] = json!(["VerifiableCredential"]), "is not among the files"),
        (&|body| body["credentialSubject"]["statusPurpose"] = json!("suspension"), "not about `revocation`"),
        (&|body| body["credentialSubject"]["encodedList"] = json!("uH4sI"), "not packed with gzip"),
        (&|body| body["credentialSubject"]["encodedList"] = json!("H4sI"), "behind a `u`"),
        (&|body| body["validUntil"] = json!("2026-12-19T00:00:00Z"), "expired at"),
    ];
    for (change, words) in changes {
        let why = of(list(change)).unwrap_err().to_string();
        assert!(why.contains(words), "{words:?}: {why}");
    }
}

/// The list of the issuer, as it was written the day before a badge was revoked.
fn list_of_the_day_before() -> Value {
    let payload = std::str::from_utf8(CLEAR).unwrap().split('.').nth(1).unwrap();
    let mut body: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    body["validFrom"] = json!("2026-12-17T00:00:00Z");
    body
}

#[test]
fn attack_an_older_list_is_handed_over_before_the_one_that_revokes() {
    let older = token(&eddsa(), &list_of_the_day_before()).into_bytes();
    let of = |lists: &[Vec<u8>]| verify_with(EDDSA.as_bytes(), &both_keys(), lists, "2026-12-20T12:00:00Z");
    assert!(of(std::slice::from_ref(&older)).is_ok(), "twin: the older one alone is young enough");
    let clear = CLEAR.to_vec();
    for lists in [[older.clone(), REVOKED.to_vec()], [REVOKED.to_vec(), older], [clear, REVOKED.to_vec()]] {
        assert!(matches!(of(&lists), Err(BadgeRefusal::Revoked(_))));
    }
}

#[test]
fn attack_an_entry_without_the_name_of_its_list_fits_a_list_without_a_name() {
    let mut list = list_of_the_day_before();
    for member in ["id", "jti"] {
        list.as_object_mut().unwrap().remove(member);
    }
    let lists = [token(&eddsa(), &list).into_bytes()];
    let entry = json!({
        "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "5"
    });
    let badge = token(&eddsa(), &with("credentialStatus", entry));
    let why = verify_with(badge.as_bytes(), &both_keys(), &lists, "2026-12-20T12:00:00Z").unwrap_err();
    assert!(matches!(&why, BadgeRefusal::Unproven(why) if why.contains("names no status list")), "{why}");
}

#[test]
fn a_bomb_in_a_status_list_ends_with_an_error() {
    let mut bomb = vec![0x1f, 0x8b];
    bomb.extend([0; 30]);
    bomb.extend(u32::MAX.to_le_bytes());
    let payload = std::str::from_utf8(CLEAR).unwrap().split('.').nth(1).unwrap();
    let mut body: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    body["credentialSubject"]["encodedList"] = json!(format!("u{}", URL_SAFE_NO_PAD.encode(bomb)));
    let lists = [token(&eddsa(), &body).into_bytes()];
    let why = verify_with(EDDSA.as_bytes(), &both_keys(), &lists, "2026-12-20T12:00:00Z").unwrap_err();
    assert!(why.to_string().contains("more than"), "{why}");
}
