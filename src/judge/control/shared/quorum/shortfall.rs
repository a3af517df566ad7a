//! What is lacking where a demand does not hold, in words.

/// What is lacking.
pub(super) enum Shortfall {
    /// People altogether.
    People { present: usize, needed: usize, spare: usize },
    /// People of a role.
    Role { name: String, present: usize, needed: usize, spare: usize },
    /// Owners; one sentence.
    Owners(String),
    /// No one may fill two roles, and then they are too few.
    Dealing,
    /// There are too many ways to deal out people to try them all.
    TooMany,
}

impl Shortfall {
    /// Does it show that the demand does not hold?
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Shortfall::TooMany)
    }

    /// What to do; with the command that signs a review where only signed reviews count, and no
    /// host says who may write.
    /// Each of the unknown people of the commits may be an approver, so that as many more are
    /// asked.
    pub(super) fn remedy(&self, command: Option<&str>, unknown: usize) -> String {
        let how = command.map(|command| format!(" with `{command}`")).unwrap_or_default();
        let ask = |present: usize, needed: usize, whom: &str| {
            let lacking = needed.saturating_sub(present);
            let ask = format!(
                "Ask {} {whom} who took no part in the change to approve its head{how}",
                more_people(lacking.saturating_add(unknown))
            );
            match unknown {
                0 => format!("{ask}."),
                _ => format!(
                    "{ask}; or add the unknown addresses of the commits to `[[people]]` in the policy, and ask {}.",
                    more_people(lacking)
                ),
            }
        };
        match self {
            Shortfall::People { present, needed, .. } if command.is_some() => {
                ask(*present, *needed, "of the allowed signers")
            }
            Shortfall::People { present, needed, .. } => ask(*present, *needed, "with write access"),
            Shortfall::Role { name, present, needed, .. } => {
                ask(*present, *needed, &format!("of role `{name}`"))
            }
            Shortfall::Owners(_) => {
                "Ask an owner of each named file to approve, and give each file an owner in CODEOWNERS on the base branch."
                    .to_string()
            }
            Shortfall::Dealing => "Ask different people to approve for each role.".to_string(),
            Shortfall::TooMany => "Give the roles fewer people in common.".to_string(),
        }
    }
}

impl std::fmt::Display for Shortfall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shortfall::People { present, needed, spare } => {
                write!(f, "{present} of {needed} required independent approvals{}", in_place_of(*spare))
            }
            Shortfall::Role { name, present, needed, spare } => {
                write!(
                    f,
                    "{present} of {needed} required independent approvals by role `{name}`{}",
                    in_place_of(*spare)
                )
            }
            Shortfall::Owners(sentence) => f.write_str(sentence),
            Shortfall::Dealing => f.write_str("one person would have to fill two roles"),
            Shortfall::TooMany => f.write_str("too many people hold several roles to try every assignment"),
        }
    }
}

fn in_place_of(spare: usize) -> String {
    match spare {
        0 => String::new(),
        spare => format!(" ({spare} of them because the commits name an unknown person)"),
    }
}

fn more_people(number: usize) -> String {
    if number == 1 { "1 more person".to_string() } else { format!("{number} more people") }
}
