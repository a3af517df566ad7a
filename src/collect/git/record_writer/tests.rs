//! The steps of the writer one by one.
