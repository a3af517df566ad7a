//! Do these approvals fill these roles, with a different person in each?
