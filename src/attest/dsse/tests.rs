//! Attacks on envelopes, and honest twins of them.

use super::*;
use crate::signers::LineError;
use crate::statement::PAYLOAD_TYPE;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: &str = "2026-06-01T00:00:00Z";
const ROBIN: [u8; 32] = [1; 32];
const KIM: [u8; 32] = [2; 32];

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn key(seed: [u8; 32]) -> SigningKey {
    SigningKey::from_seed(&seed)
}

fn line(principals: &str, seed: [u8; 32]) -> String {
    format!("{principals} {}\n", key(seed).public_text().unwrap())
}

fn allowed(text: &str) -> Result<AllowedSigners, Vec<LineError>> {
    AllowedSigners::read(text.as_bytes())
}

fn both() -> AllowedSigners {
    allowed(&(line("robin@example.test", ROBIN) + &line("kim@example.test", KIM))).unwrap()
}

fn number(threshold: usize) -> NonZeroUsize {
    NonZeroUsize::new(threshold).unwrap()
}

fn open_one(bytes: &[u8]) -> Result<OpenedEnvelope, AttestError> {
    open(bytes.to_vec(), &both(), now(), number(1))
}

/// An envelope over `hello`, signed by each of these keys.
fn signed_by(seeds: &[[u8; 32]]) -> Value {
    let mut envelopes =
        seeds.iter().map(|seed| serde_json::from_slice(&seal("t", b"hello", &key(*seed)).unwrap()).unwrap());
    let mut first: Value = envelopes.next().unwrap();
    let more: Vec<Value> = envelopes.map(|mut envelope: Value| envelope["signatures"][0].take()).collect();
    first["signatures"].as_array_mut().unwrap().extend(more);
    first
}

fn threshold(
    envelope: &Value,
    allowed: &AllowedSigners,
    threshold: usize,
) -> Result<OpenedEnvelope, AttestError> {
    open(envelope.to_string().into_bytes(), allowed, now(), number(threshold))
}

#[test]
fn what_was_sealed_is_opened_to_the_byte() {
    for payload in [&b""[..], b"hello", b"\xff\x00\xfe"] {
        let opened = open_one(&seal("t", payload, &key(ROBIN)).unwrap()).unwrap();
        assert_eq!((opened.payload_type.as_str(), opened.payload.as_slice()), ("t", payload));
        assert_eq!(opened.signers, [Principal::new("robin@example.test")].into());
    }
}

/// The vector of `protocol.md`: ECDSA over P-256 with SHA-256, `r` and `s` as 64 bytes.
#[test]
fn the_vector_of_the_specification() {
    let public = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGfNOQ93qjWcsIwiNfZSJwSTqe2DKwq8wB9wlUwDkNI4DHgr1U4mkSWkT0Qzr/FDLOlOErynOqZ6yAzqEmCN33Q=";
    let envelope = json!({"payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld", "signatures":
        [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]});
    assert_eq!(
        pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    let allowed = allowed(&format!("kim {public}")).unwrap();
    let opened = threshold(&envelope, &allowed, 1).unwrap();
    assert_eq!(
        (opened.payload.as_slice(), opened.signers),
        (&b"hello world"[..], [Principal::new("kim")].into())
    );
}

/// What `openssl dgst -sign` makes of the same bytes, with ECDSA as DER and with RSA.
#[test]
fn attack_76_each_form_of_a_signature() {
    for (public, signature, counts) in [
        (include_str!("../vectors/ecdsa.pub"), include_str!("../vectors/ecdsa-der.raw"), true),
        (include_str!("../vectors/rsa.pub"), include_str!("../vectors/rsa-sha256.raw"), true),
        (include_str!("../vectors/rsa.pub"), include_str!("../vectors/rsa-sha512.raw"), true),
        (include_str!("../vectors/rsa.pub"), include_str!("../vectors/rsa-sha1.raw"), false),
        (include_str!("../vectors/rsa.pub"), include_str!("../vectors/ecdsa-der.raw"), false),
    ] {
        let allowed = allowed(&format!("kim {public}")).unwrap();
        for signature in [signature.to_string(), signature.replace('+', "-").replace('/', "_")] {
            let envelope =
                json!({"payload": "aGVsbG8", "payloadType": "t", "signatures": [{"sig": signature}]});
            assert_eq!(threshold(&envelope, &allowed, 1).is_ok(), counts, "{signature}");
        }
    }
}

#[test]
fn attack_76_base64_in_each_alphabet_but_not_in_both() {
    let mut envelope = signed_by(&[ROBIN]);
    let sealed = seal("t", b"\xfb\xff\xfe>", &key(ROBIN)).unwrap();
    let good: Value = serde_json::from_slice(&sealed).unwrap();
    envelope["signatures"] = good["signatures"].clone();
    for (payload, counts) in [
        ("+//+Pg==", true),
        ("-__-Pg==", true),
        ("+//+Pg", true),
        ("-__-Pg", true),
        ("+/_+Pg==", false),
        ("+//+Ph==", false),
        ("+//+Pg=", false),
        ("+//+ Pg==", false),
        ("+//+Pg==\n", false),
    ] {
        envelope["payload"] = payload.into();
        assert_eq!(threshold(&envelope, &both(), 1).is_ok(), counts, "{payload}");
    }
}

#[test]
fn attack_67_a_payload_of_another_type() {
    let statement = json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": "p",
        "subject": [{"digest": {"gitCommit": "c".repeat(40)}}]});
    let statement = statement.to_string();
    let open = |kind: &str| open_one(&seal(kind, statement.as_bytes(), &key(ROBIN)).unwrap()).unwrap();
    assert_eq!(open(PAYLOAD_TYPE).payload_of(PAYLOAD_TYPE), Ok(statement.as_bytes()));
    for kind in ["application/json", "application/vnd.in-toto+JSON", "application/vnd.in-toto+json ", ""] {
        let found = kind.to_string();
        assert_eq!(
            open(kind).payload_of(PAYLOAD_TYPE),
            Err(AttestError::PayloadType { expected: PAYLOAD_TYPE, found })
        );
    }
    let mut envelope: Value =
        serde_json::from_slice(&seal("application/json", statement.as_bytes(), &key(ROBIN)).unwrap())
            .unwrap();
    envelope["payloadType"] = PAYLOAD_TYPE.into();
    assert!(threshold(&envelope, &both(), 1).is_err(), "the type is signed");
}

#[test]
fn attack_67_the_length_keeps_type_and_payload_apart() {
    let mut envelope: Value = serde_json::from_slice(&seal("t", b"u 1 x", &key(ROBIN)).unwrap()).unwrap();
    envelope["payloadType"] = "t 5 u".into();
    envelope["payload"] = "eA==".into();
    assert!(threshold(&envelope, &both(), 1).is_err());
}

#[test]
fn attack_68_one_key_twice_is_one() {
    assert!(threshold(&signed_by(&[ROBIN, KIM]), &both(), 2).is_ok());
    let error = threshold(&signed_by(&[ROBIN, ROBIN]), &both(), 2).unwrap_err();
    assert!(matches!(error, AttestError::Threshold { needed: 2, people: 1, .. }), "{error}");
}

#[test]
fn attack_68_two_keys_of_one_person_are_one() {
    for (robin, kim) in [("robin", "robin"), ("robin,kim", "kim"), ("robin@a.test", "*@a.test")] {
        let allowed = allowed(&(line(robin, ROBIN) + &line(kim, KIM))).unwrap();
        assert!(threshold(&signed_by(&[ROBIN, KIM]), &allowed, 2).is_err(), "{robin} {kim}");
        assert!(threshold(&signed_by(&[ROBIN, KIM]), &allowed, 1).is_ok());
    }
}

#[test]
fn attack_68_a_keyid_decides_nothing() {
    let mut envelope = signed_by(&[ROBIN]);
    for keyid in [json!("SHA256:of-kim"), json!(""), Value::Null] {
        envelope["signatures"][0]["keyid"] = keyid;
        assert_eq!(
            threshold(&envelope, &both(), 1).unwrap().signers,
            [Principal::new("robin@example.test")].into()
        );
    }
    let mut stranger = signed_by(&[[9; 32]]);
    stranger["signatures"][0]["keyid"] = key(ROBIN).fingerprint().into();
    assert!(threshold(&stranger, &both(), 1).is_err());
}

#[test]
fn a_signature_that_does_not_count_is_passed_over_and_told_of() {
    let envelope = signed_by(&[[9; 32], ROBIN]);
    assert!(threshold(&envelope, &both(), 1).is_ok());
    let error = threshold(&envelope, &both(), 2).unwrap_err().to_string();
    assert_eq!(error, "1 of 2 needed people signed it; it is not a signature: no allowed key made it");
}

#[test]
fn attack_69_keys_twice_and_things_after_the_end() {
    let good = signed_by(&[ROBIN]).to_string();
    assert!(open_one(good.as_bytes()).is_ok());
    let payload = r#""payload":"aGVsbG8=""#;
    for bad in [
        good.replacen(payload, &format!(r#""payload":"ZXZpbA==",{payload}"#), 1),
        good.replacen(payload, &format!(r#"{payload},"payload":"ZXZpbA==""#), 1),
        good.replacen(payload, &format!(r#"{payload},"x":{{"a":1,"a":1}}"#), 1),
        format!("{good}{good}"),
        format!("{good}x"),
        format!("[{good}]"),
    ] {
        assert!(matches!(open_one(bad.as_bytes()), Err(AttestError::Json(_))), "{bad}");
    }
}

#[test]
fn the_order_of_keys_spaces_and_unknown_keys_do_not_matter() {
    let envelope = signed_by(&[ROBIN]);
    let (payload, signatures) = (&envelope["payload"], &envelope["signatures"]);
    let other = format!(
        "{{ \"signatures\" : {signatures},\n \"later\": [1], \"payloadType\":\"t\", \"payload\":{payload} }}\n"
    );
    assert_eq!(open_one(other.as_bytes()).unwrap().payload, b"hello");
}

#[test]
fn shapes_that_are_no_envelope() {
    let good = signed_by(&[ROBIN]);
    for (key, value) in [
        ("payload", json!(null)),
        ("payload", json!(1)),
        ("payloadType", json!(null)),
        ("signatures", json!([])),
        ("signatures", json!({})),
        ("signatures", json!([{}])),
        ("signatures", json!([{"sig": 1}])),
        ("signatures", json!([{"sig": ""}])),
        ("signatures", json!(vec![good["signatures"][0].clone(); 65])),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        assert!(threshold(&bad, &both(), 1).is_err(), "{bad}");
    }
    assert!(threshold(&good, &AllowedSigners::default(), 1).is_err(), "nobody is allowed");
}

#[test]
fn attack_75_a_key_out_of_its_time_or_namespace() {
    for option in ["valid-before=\"20260531Z\"", "valid-after=\"20260602Z\"", "namespaces=\"git\""] {
        let allowed = allowed(&line(&format!("robin {option}"), ROBIN)).unwrap();
        let error = threshold(&signed_by(&[ROBIN]), &allowed, 1).unwrap_err().to_string();
        assert!(error.contains("line 1 allow"), "{error}");
    }
    let renewed = line("robin valid-before=\"20260101Z\"", ROBIN) + &line("robin", ROBIN);
    assert!(threshold(&signed_by(&[ROBIN]), &allowed(&renewed).unwrap(), 1).is_ok());
}

#[test]
fn each_bit_of_payload_and_signature_counts() {
    let standard = base64::engine::general_purpose::STANDARD;
    let good = signed_by(&[ROBIN]);
    for place in ["/payload", "/signatures/0/sig"] {
        let bytes = standard.decode(good.pointer(place).unwrap().as_str().unwrap()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut bad = good.clone();
            *bad.pointer_mut(place).unwrap() = standard.encode(flipped).into();
            assert!(threshold(&bad, &both(), 1).is_err(), "{place}, bit {bit}");
        }
    }
}

#[test]
fn a_key_that_is_not_ed25519_or_is_none_does_not_sign() {
    for text in
        ["", "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n", "ssh-ed25519 AAAA"]
    {
        assert!(SigningKey::from_openssh(text).is_err());
    }
    assert!(!format!("{:?}", key(ROBIN)).contains("private"));
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open_one(&bytes).is_err());
    }

    #[test]
    fn an_edited_envelope_says_the_same_or_nothing(at in 0..200usize, byte in any::<u8>()) {
        let good = seal("t", b"hello", &key(ROBIN)).unwrap();
        let mut bad = good.clone();
        let at = at % bad.len();
        bad[at] = byte;
        if let Ok(opened) = open_one(&bad) {
            prop_assert_eq!(Ok(opened), open_one(&good));
        }
    }
}
