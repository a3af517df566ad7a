//! A GitHub in memory: a small repository host whose answers have the form that GitHub documents.
