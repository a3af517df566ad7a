//! Dealing out people to roles so that no one fills two.
//!
//! A person who fits only one role is dealt to it. For the others every way is tried, up to
//! [`TRIALS`] ways: that is enough for twelve people who each fit two roles.

/// How many ways are tried at most.
pub(super) const TRIALS: usize = 4096;

/// What a role needs.
pub(super) struct Seats {
    /// This many people.
    pub people: usize,
    /// For each of these demands of CODEOWNERS, by place, this many people who own its files.
    pub owners: Vec<(usize, usize)>,
}

/// Someone to deal out.
pub(super) struct Assignee {
    /// The roles that they fit, by place.
    pub roles: Vec<usize>,
    /// The demands of CODEOWNERS whose owners they are among, by place.
    pub owns: Vec<usize>,
}

/// How the dealing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Every role has what it needs.
    Yes,
    /// There is no way.
    No,
    /// There were too many ways to try.
    GaveUp,
}

/// Deals out people.
pub(super) fn assign_people(people: &[Assignee], seats: &[Seats]) -> Filled {
    let mut dealing = Dealing { seats, dealt: seats.iter().map(|_| Vec::new()).collect(), trials: 0 };
    let (single, several): (Vec<_>, Vec<_>) =
        people.iter().filter(|person| !person.roles.is_empty()).partition(|person| person.roles.len() == 1);
    dealing.deal(&single.into_iter().chain(several).collect::<Vec<_>>())
}

struct Dealing<'a> {
    seats: &'a [Seats],
    /// For each role the people dealt to it.
    dealt: Vec<Vec<&'a Assignee>>,
    trials: usize,
}

impl<'a> Dealing<'a> {
    fn deal(&mut self, rest: &[&'a Assignee]) -> Filled {
        let Some((person, rest)) = rest.split_first() else { return self.check() };
        let mut filled = Filled::No;
        for role in &person.roles {
            filled = self.with(*role, person, rest);
            if filled != Filled::No {
                break;
            }
        }
        filled
    }

    fn with(&mut self, role: usize, person: &'a Assignee, rest: &[&'a Assignee]) -> Filled {
        self.dealt.get_mut(role).into_iter().for_each(|dealt| dealt.push(person));
        let filled = self.deal(rest);
        self.dealt.get_mut(role).into_iter().for_each(|dealt| {
            dealt.pop();
        });
        filled
    }

    fn check(&mut self) -> Filled {
        self.trials += 1;
        match self.seats.iter().zip(&self.dealt).all(|(seats, people)| seats.are_filled(people)) {
            true => Filled::Yes,
            false if self.trials > TRIALS => Filled::GaveUp,
            false => Filled::No,
        }
    }
}

impl Seats {
    fn are_filled(&self, people: &[&Assignee]) -> bool {
        let owners = |place| people.iter().filter(|person| person.owns.contains(place)).count();
        people.len() >= self.people && self.owners.iter().all(|(place, needed)| owners(place) >= *needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(roles: &[usize], owns: &[usize]) -> Assignee {
        Assignee { roles: roles.to_vec(), owns: owns.to_vec() }
    }

    fn seats(people: usize, owned: &[usize]) -> Seats {
        Seats { people, owners: owned.iter().map(|place| (*place, 1)).collect() }
    }

    #[test]
    fn nobody_fills_two_roles() {
        let both = || person(&[0, 1], &[]);
        let wanted = [seats(1, &[]), seats(1, &[])];
        assert_eq!(assign_people(&[both()], &wanted), Filled::No);
        assert_eq!(assign_people(&[both(), both()], &wanted), Filled::Yes);
        assert_eq!(assign_people(&[both(), person(&[0], &[])], &wanted), Filled::Yes);
        assert_eq!(assign_people(&[both(), person(&[], &[])], &wanted), Filled::No);
        assert_eq!(assign_people(&[], &[]), Filled::Yes);
    }

    #[test]
    fn an_owner_needed_elsewhere_does_not_cover_the_file() {
        let owner = || person(&[0, 1], &[3]);
        let wanted = [seats(1, &[3]), seats(1, &[])];
        assert_eq!(assign_people(&[owner(), person(&[0], &[])], &wanted), Filled::No);
        assert_eq!(assign_people(&[owner(), person(&[1], &[])], &wanted), Filled::Yes);
        assert_eq!(
            assign_people(&[person(&[0], &[3]), person(&[0], &[4])], &[seats(1, &[3, 4])]),
            Filled::Yes
        );
    }

    #[test]
    fn a_demand_of_two_owners_needs_both_in_the_role() {
        let wanted = |needed| [Seats { people: 1, owners: vec![(3, needed)] }];
        let owner = || person(&[0], &[3]);
        assert_eq!(assign_people(&[owner(), person(&[0], &[])], &wanted(2)), Filled::No);
        assert_eq!(assign_people(&[owner(), owner()], &wanted(2)), Filled::Yes);
    }

    #[test]
    fn giving_up_is_not_success() {
        let people: Vec<_> = (0..13).map(|_| person(&[0, 1], &[])).collect();
        assert_eq!(assign_people(&people, &[seats(7, &[]), seats(7, &[])]), Filled::GaveUp);
        assert_eq!(assign_people(&people[..11], &[seats(6, &[]), seats(6, &[])]), Filled::No);
    }

    proptest! {
        #[test]
        fn yes_is_only_said_with_a_way_to_show(
            fits in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 3), 0..6),
            wanted in proptest::collection::vec(0usize..3, 3),
        ) {
            let roles = |fit: &Vec<bool>| (0..3).filter(|r| fit[*r]).collect::<Vec<_>>();
            let people: Vec<_> = fits.iter().map(|fit| person(&roles(fit), &[])).collect();
            let seats: Vec<_> = wanted.iter().map(|n| seats(*n, &[])).collect();
            // Hall's theorem: a dealing exists when every set of roles has as many people that fit
            // any of them.
            let hall = (0..8usize).all(|set| {
                let within = |role: usize| set & (1 << role) != 0;
                let needed: usize = (0..3).filter(|r| within(*r)).map(|r| wanted[r]).sum();
                people.iter().filter(|p| p.roles.iter().any(|r| within(*r))).count() >= needed
            });
            prop_assert_eq!(assign_people(&people, &seats) == Filled::Yes, hall);
        }
    }
}
