//! The judge, asked again with something changed. Nothing here decides: what comes out is a
//! rehearsal, a simulation, a test of a policy or a piece of advice, and its types say so.
//!
//! | module | what is changed |
//! | --- | --- |
//! | `landings`, `telling` | the policy: what would it have said of the past? |
//! | `variant` | one setting of a policy |
//! | `action`, `suite` | the facts: someone approves, a suite passes, the host imposes a rule |
//! | `simulation` | the facts, by actions that someone names |
//! | `case` | the facts, by what a test of a policy describes |
//! | `remedy` | what the host imposes, by the fewest rules that meet the policy |
//! | `help` | the facts, by the fewest actions that lead to *allowed* |

pub mod action;
pub mod case;
pub mod help;
pub mod landings;
pub mod remedy;
pub mod simulation;
mod suite;
mod telling;
pub mod variant;
