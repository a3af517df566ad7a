//! The hook in a bare repository that is pushed to over its path: no server needed.
