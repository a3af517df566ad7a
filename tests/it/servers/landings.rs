//! What lands after a review, on sshd and on gitolite.
