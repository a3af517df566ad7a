//! Messages of an exchange and plans for engines that were written once.

use super::{Validator, json, refuses_every_change};
use crate::engine_plan::v1::{read_engine_plan, write_engine_plan};
use crate::exchange::v1::{read_exchange, write_exchange};
use crate::schema::find;

const MESSAGE: &str = include_str!("../exchange/kept/v1.json");
const PLAN: &str = include_str!("../engine_plan/kept/v1.json");

#[test]
fn what_was_written_once_conforms_and_is_read_and_written_to_the_byte() {
    assert!(Validator::new(find("exchange").unwrap()).accepts(&json(MESSAGE)));
    let message = read_exchange(MESSAGE.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(write_exchange(&message).unwrap()).unwrap(), MESSAGE);
    assert!(Validator::new(find("engine-plan").unwrap()).accepts(&json(PLAN)));
    let plan = read_engine_plan(PLAN.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(write_engine_plan(&plan).unwrap()).unwrap(), PLAN);
}

#[test]
fn a_member_that_is_not_known_or_there_twice_is_refused() {
    refuses_every_change(&Validator::new(find("exchange").unwrap()), &json(MESSAGE), |_| false);
    for (text, member) in [(MESSAGE, "\"round\""), (PLAN, "\"bound\"")] {
        for more in ["\"more\": 1, ", &format!("{member}: 1, ")] {
            let changed = text.replacen(member, &format!("{more}{member}"), 1);
            assert!(
                read_exchange(changed.as_bytes()).is_err() && read_engine_plan(changed.as_bytes()).is_err()
            );
        }
    }
}
