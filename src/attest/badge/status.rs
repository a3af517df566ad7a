//! Was a credential taken back? A bitstring status list (W3C Bitstring Status List 1.0) is a
//! credential of the same issuer that holds one bit for each of its credentials. It comes from a
//! file, has to be signed, and may not be older than its reader allows.

use super::credential::{Credential, each};
use super::{BadgeRefusal, BadgeTrust, open_credential, unproven};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use libdeflater::Decompressor;
use serde_json::Value;

/// The fewest bits of a list: with fewer, looking one up would tell whose badge is looked at.
const FEWEST: usize = 131_072;

/// The largest list, in bytes.
const LARGEST_LIST: usize = 16 * 1024 * 1024;

const ENTRY: &str = "BitstringStatusListEntry";
const LIST: &str = "BitstringStatusListCredential";

/// Looks up one entry. Purposes that say nothing about validity are passed over.
pub(super) fn check_entry(entry: &Value, issuer: &str, trust: BadgeTrust<'_>) -> Result<(), BadgeRefusal> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("type") != ENTRY {
        return unproven(format!("its status is of the type `{}`, and {ENTRY} is read", text("type")));
    }
    let purpose = text("statusPurpose");
    if matches!(purpose, "message" | "refresh") {
        return Ok(());
    }
    let is_plain = entry.get("statusSize").is_none_or(|size| size.as_u64() == Some(1));
    let index = text("statusListIndex").parse::<usize>();
    let (Ok(index), true) = (index, is_plain) else {
        return unproven("its place in the status list is not a number of one bit");
    };
    let name = text("statusListCredential");
    if name.is_empty() {
        return unproven("its entry names no status list");
    }
    for list in find_lists(name, issuer, trust)? {
        match (purpose, is_set(&list, purpose, index)?) {
            (_, false) => {}
            ("revocation", true) => {
                return Err(BadgeRefusal::Revoked("its issuer has revoked it".to_string()));
            }
            (_, true) => return unproven(format!("its issuer has set its status `{purpose}`")),
        }
    }
    Ok(())
}

/// The newest list of this name among the files, signed by the same issuer and young enough; all of
/// them where several are of one moment. Never empty.
fn find_lists(name: &str, issuer: &str, trust: BadgeTrust<'_>) -> Result<Vec<Credential>, BadgeRefusal> {
    let (mut lists, mut refusals) = (Vec::<Credential>::new(), Vec::new());
    for bytes in trust.status_lists {
        match open_credential(bytes, trust) {
            Ok((by, list)) if by == issuer && list.id == name && list.is_a(LIST) => {
                lists.push(list);
            }
            Ok(_) => {}
            Err(why) => refusals.push(why.to_string()),
        }
    }
    if let Some(newest) = lists.iter().map(|list| list.from).max() {
        check_age(newest, trust)?;
        lists.retain(|list| list.from == newest);
        return Ok(lists);
    }
    let why = refusals.first().map(|why| format!(" (of another file: {why})")).unwrap_or_default();
    unproven(format!("its status list `{name}` is not among the files of `--status-list`{why}"))
}

fn check_age(of: Timestamp, trust: BadgeTrust<'_>) -> Result<(), BadgeRefusal> {
    if trust.at.duration_since(of) > trust.longest_age {
        let days = trust.longest_age.as_hours() / 24;
        return unproven(format!("its status list is of {of}, older than {days} days"));
    }
    Ok(())
}

fn is_set(list: &Credential, purpose: &str, index: usize) -> Result<bool, BadgeRefusal> {
    let subject = list.subject()?;
    let purposes = each(subject.get("statusPurpose"));
    if !purposes.iter().any(|one| one.as_str() == Some(purpose)) {
        return unproven(format!("its status list is not about `{purpose}`"));
    }
    let encoded = subject.get("encodedList").and_then(Value::as_str).unwrap_or_default();
    let bits = inflate(encoded)?;
    if bits.len() * 8 < FEWEST {
        return unproven(format!("its status list has fewer than {FEWEST} entries"));
    }
    match bits.get(index / 8) {
        // The first entry is the highest bit of the first byte.
        Some(byte) => Ok(byte & (0x80 >> (index % 8)) != 0),
        None => unproven("its place lies behind the end of the status list"),
    }
}

fn inflate(encoded: &str) -> Result<Vec<u8>, BadgeRefusal> {
    let packed = encoded.strip_prefix('u').and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let Some(packed) = packed else { return unproven("its status list is not base64url behind a `u`") };
    // A gzip file ends with the size of what it holds (RFC 1952, ISIZE).
    let size = packed.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    if size > LARGEST_LIST {
        return unproven(format!("its status list has more than {LARGEST_LIST} bytes"));
    }
    let mut bits = vec![0; size];
    match Decompressor::new().gzip_decompress(&packed, &mut bits) {
        Ok(written) if written == size => Ok(bits),
        _ => unproven("its status list is not packed with gzip"),
    }
}
