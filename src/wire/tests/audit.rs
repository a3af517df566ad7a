//! Audits that were written once are still read, and nothing may be missing from them, be there
//! twice or be there besides.

use super::{Validator, json, members_of, without};
use crate::audit::v1::{NotAnAudit, read_audit, write_audit};
use crate::schema::find;

const KEPT: &str = include_str!("../audit/kept/v1.json");

#[test]
fn an_audit_that_was_written_once_is_read_and_written_alike() {
    let audit = read_audit(KEPT.as_bytes()).unwrap();
    assert_eq!(write_audit(&audit).unwrap(), KEPT);
    assert!(Validator::new(find("audit").unwrap()).accepts(&json(KEPT)));
}

#[test]
fn an_audit_with_a_member_less_or_more_is_refused() {
    let kept = json(KEPT);
    for member in members_of(&kept).into_iter().filter(|member| member != "/schema") {
        let less = without(&kept, &member).to_string();
        assert!(read_audit(less.as_bytes()).is_err(), "{member} is missing");
    }
    let mut more = kept.clone();
    more["landings"][0]["then"]["findings"][0]["other"] = json!(1);
    assert!(read_audit(more.to_string().as_bytes()).is_err());
    let twice = KEPT.replacen("{", "{\"outcome\": \"no-exceptions\",", 1);
    assert!(matches!(read_audit(twice.as_bytes()), Err(NotAnAudit::Form(_))));
    let mut later = kept;
    later["schema"] = json!(2);
    assert_eq!(read_audit(later.to_string().as_bytes()), Err(NotAnAudit::Version(2)));
}
