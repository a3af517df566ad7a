//! Policy and facts to a decision: the file that an auditor reads first.
