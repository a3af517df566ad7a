//! The order in which git looks at the keys of a table.
//!
//! Where several files would do as well as each other, git takes the one it comes across first, and
//! some of what it looks at stands in hash tables (`hashmap.c`, `strmap.c`): a key's FNV-1 hash
//! says in which row it stands, the newest in front; with more than four fifths of the rows' number
//! of keys the rows become four times as many.

const ROWS: usize = 64;

/// Keys, given in the order in which they came, in the order in which git finds them.
pub fn as_git_finds_them<T>(keys: Vec<(Vec<u8>, T)>) -> Vec<(Vec<u8>, T)> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); ROWS];
    let hashes: Vec<usize> = keys.iter().map(|(key, _)| hash_key(key)).collect();
    for number in 0..keys.len() {
        insert_key(&mut rows, &hashes, number);
        if number + 1 > rows.len() * 4 / 5 {
            rows = widen_rows(&rows, &hashes);
        }
    }
    let mut keys: Vec<Option<(Vec<u8>, T)>> = keys.into_iter().map(Some).collect();
    keys_in_order(&rows).filter_map(|number| keys.get_mut(number)?.take()).collect()
}

fn insert_key(rows: &mut [Vec<usize>], hashes: &[usize], number: usize) {
    let row = hashes[number] & (rows.len() - 1);
    rows[row].push(number);
}

fn widen_rows(rows: &[Vec<usize>], hashes: &[usize]) -> Vec<Vec<usize>> {
    let mut wider = vec![Vec::new(); rows.len() * 4];
    keys_in_order(rows).for_each(|number| insert_key(&mut wider, hashes, number));
    wider
}

/// The newest of a row is its last here.
fn keys_in_order(rows: &[Vec<usize>]) -> impl Iterator<Item = usize> {
    rows.iter().flat_map(|row| row.iter().rev().copied())
}

fn hash_key(key: &[u8]) -> usize {
    let step = |hash: u32, byte: &u8| hash.wrapping_mul(0x0100_0193) ^ u32::from(*byte);
    key.iter().fold(0x811c_9dc5, step) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_lost_and_the_order_hangs_on_names_and_on_who_came_first() {
        let keys: Vec<(Vec<u8>, usize)> = (0..500).map(|n| (format!("key {n}").into_bytes(), n)).collect();
        let mut found: Vec<usize> = as_git_finds_them(keys.clone()).into_iter().map(|(_, n)| n).collect();
        assert_ne!(found, (0..500).collect::<Vec<_>>());
        found.sort_unstable();
        assert_eq!(found, (0..500).collect::<Vec<_>>());
        let twice = vec![(b"a".to_vec(), 1), (b"a".to_vec(), 2)];
        assert_eq!(as_git_finds_them(twice)[0].1, 2);
    }
}
