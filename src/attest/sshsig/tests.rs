//! Attacks on detached signatures, and honest twins of them. The vectors were made by
//! `ssh-keygen -Y sign` with keys that were thrown away.

use super::*;
use crate::signers::Principal;
use proptest::prelude::*;

const MESSAGE: &[u8] = b"a waiver\n";
const ED25519: &str = include_str!("../vectors/ed25519.sig");

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn allowed(options: &str, key: &str) -> AllowedSigners {
    AllowedSigners::read(format!("kim {options} {key}").as_bytes()).unwrap()
}

fn kim() -> AllowedSigners {
    allowed("", include_str!("../vectors/ed25519.pub"))
}

fn by_kim(message: &[u8], signature: &str) -> Result<Signer, AttestError> {
    verify(message, signature.as_bytes(), &kim(), now())
}

#[test]
fn signatures_of_ssh_keygen() {
    for (key, signature) in [
        (include_str!("../vectors/ed25519.pub"), ED25519),
        (include_str!("../vectors/ed25519.pub"), include_str!("../vectors/ed25519-sha256.sig")),
        (include_str!("../vectors/ecdsa.pub"), include_str!("../vectors/ecdsa.sig")),
        (include_str!("../vectors/rsa.pub"), include_str!("../vectors/rsa.sig")),
    ] {
        let signer = verify(MESSAGE, signature.as_bytes(), &allowed("", key), now()).unwrap();
        assert_eq!(signer.principals, [Principal::new("kim")].into());
        let edited = verify(b"a waiver", signature.as_bytes(), &allowed("", key), now());
        assert!(matches!(edited, Err(AttestError::Mismatch(_))));
    }
}

#[test]
fn what_we_sign_we_believe() {
    let key = SigningKey::from_seed(&[7; 32]);
    let allowed = allowed("", &key.public_text().unwrap());
    let signature = sign(MESSAGE, &key).unwrap();
    assert_eq!(verify(MESSAGE, signature.as_bytes(), &allowed, now()).unwrap().key, key.fingerprint());
}

#[test]
fn attack_67_a_signature_for_something_else() {
    let found = by_kim(MESSAGE, include_str!("../vectors/ed25519-git.sig")).unwrap_err();
    assert_eq!(found, AttestError::Namespace("git".into()));
}

#[test]
fn attack_75_a_key_out_of_its_time_or_of_nobody() {
    let key = include_str!("../vectors/ed25519.pub");
    for options in ["valid-before=\"20260531Z\"", "valid-after=\"20260602Z\"", "namespaces=\"git\""] {
        let error = verify(MESSAGE, ED25519.as_bytes(), &allowed(options, key), now()).unwrap_err();
        assert!(matches!(error, AttestError::NotAllowed { .. }), "{options}: {error}");
    }
    let other = allowed("", include_str!("../vectors/ecdsa.pub"));
    assert!(matches!(verify(MESSAGE, ED25519.as_bytes(), &other, now()), Err(AttestError::UnknownKey(_))));
}

#[test]
fn each_bit_of_the_signature_counts() {
    let bytes = remove_armour(ED25519.as_bytes()).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(flipped));
        assert!(by_kim(MESSAGE, &text).is_err(), "bit {bit}");
    }
}

#[test]
fn attack_69_more_or_less_than_one_block() {
    let body: Vec<&str> = ED25519.lines().collect();
    let inner = body[1..body.len() - 1].concat();
    assert!(by_kim(MESSAGE, &format!("{BEGIN}\n{inner}\n{END}")).is_ok(), "on one line");
    assert!(by_kim(MESSAGE, &ED25519.replace('\n', "\r\n")).is_ok(), "as a checkout on Windows has it");
    let mut longer = STANDARD.decode(&inner).unwrap();
    longer.push(0);
    for bad in [
        String::new(),
        format!("{ED25519}{ED25519}"),
        format!("x\n{ED25519}"),
        format!("{ED25519}\nx"),
        format!("{ED25519}\n"),
        format!("{BEGIN}\n{}\n{END}", STANDARD.encode(longer)),
        format!("{BEGIN}\n{inner} \n{END}"),
        format!("{BEGIN}\n{inner}"),
        format!("{BEGIN}\n{END}"),
        BEGIN.to_string(),
        format!("{BEGIN}\n{}\n{END}", "A".repeat(LONGEST)),
    ] {
        assert!(matches!(by_kim(MESSAGE, &bad), Err(AttestError::Signature(_))), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(MESSAGE, &bytes, &kim(), now()).is_err());
        let text = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode([b"SSHSIG\0\0\0\x01", bytes.as_slice()].concat()));
        prop_assert!(by_kim(MESSAGE, &text).is_err());
    }
}

/// A device in software: what it signs says whether it was touched.
fn sign_in_hardware(application: &str, flags: u8, message: &[u8]) -> (String, String) {
    use ssh_key::private::Ed25519Keypair;
    use ssh_key::public::{KeyData, SkEd25519};
    use ssh_key::{Algorithm, HashAlg, LineEnding, PublicKey, Signature};
    let pair = Ed25519Keypair::from_seed(&[9; 32]);
    let key = PublicKey::from(KeyData::SkEd25519(SkEd25519::new(pair.public, application)));
    let data = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, message).unwrap();
    let trailer = [&[flags][..], &7_u32.to_be_bytes()].concat();
    let hash = |bytes: &[u8]| HashAlg::Sha256.digest(bytes);
    let signed = [hash(application.as_bytes()), trailer.clone(), hash(&data)].concat();
    let made = ed25519_dalek::Signer::sign(&ed25519_dalek::SigningKey::from_bytes(&[9; 32]), &signed);
    let made = [&made.to_bytes()[..], &trailer].concat();
    let made = Signature::new(Algorithm::SkEd25519, made).unwrap();
    let signature = SshSig::new(key.key_data().clone(), NAMESPACE, HashAlg::Sha512, made).unwrap();
    (key.to_openssh().unwrap(), signature.to_pem(LineEnding::LF).unwrap())
}

#[test]
fn a_key_in_hardware_that_someone_touched_signs() {
    let (key, signature) = sign_in_hardware("ssh:", 1, MESSAGE);
    let found = verify(MESSAGE, signature.as_bytes(), &allowed("", &key), now()).unwrap();
    assert_eq!(found.principals, [Principal::new("kim")].into());
    let edited = verify(b"a waiver", signature.as_bytes(), &allowed("", &key), now());
    assert!(matches!(edited, Err(AttestError::Mismatch(_))));
}

#[test]
fn attack_a_program_signs_with_a_key_in_hardware_that_no_one_touched() {
    for flags in [0, 4] {
        let (key, signature) = sign_in_hardware("ssh:", flags, MESSAGE);
        let found = verify(MESSAGE, signature.as_bytes(), &allowed("", &key), now());
        assert!(matches!(found, Err(AttestError::Mismatch(_))), "{flags}");
    }
}

#[test]
fn attack_a_key_in_hardware_that_signs_for_web_sites() {
    let (key, signature) = sign_in_hardware("https://example.test", 1, MESSAGE);
    assert!(AllowedSigners::read(format!("kim {key}").as_bytes()).is_err());
    let (listed, _) = sign_in_hardware("ssh:", 1, MESSAGE);
    assert!(verify(MESSAGE, signature.as_bytes(), &allowed("", &listed), now()).is_err());
}

#[test]
fn attack_a_signature_of_a_key_in_a_file_for_one_in_hardware() {
    let (key, _) = sign_in_hardware("ssh:", 1, MESSAGE);
    let in_file = sign(MESSAGE, &SigningKey::from_seed(&[9; 32])).unwrap();
    assert!(matches!(
        verify(MESSAGE, in_file.as_bytes(), &allowed("", &key), now()),
        Err(AttestError::UnknownKey(_))
    ));
}
