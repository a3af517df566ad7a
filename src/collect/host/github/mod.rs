//! GitHub and GitHub Enterprise Server over REST.
