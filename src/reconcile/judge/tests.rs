//! Answers that prove something, and answers that do not.
