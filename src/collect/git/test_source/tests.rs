//! Real-looking samples of each language.
