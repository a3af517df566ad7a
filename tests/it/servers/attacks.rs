//! Ways round the hook, each with its honest twin.
