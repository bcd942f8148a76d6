//! How shards become tasks of arrays.

/// An array to submit: shard = task + offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    /// What is added to the number of a task.
    pub offset: usize,
    /// Its shards, ascending; they count from 1.
    pub shards: Vec<usize>,
}

impl Array {
    /// Its tasks, as `--array` has them.
    pub fn tasks(&self) -> String {
        let tasks: Vec<usize> = self
            .shards
            .iter()
            .map(|shard| shard - self.offset)
            .collect();
        ranges(&tasks)
    }
}

/// Distributes shards (ascending) over arrays whose task numbers stay below `max_array_size`, as
/// Slurm demands. As long as one array can hold all, task and shard have the same number.
pub fn arrays(shards: &[usize], max_array_size: usize) -> Vec<Array> {
    shards
        .chunk_by(|a, b| a / max_array_size == b / max_array_size)
        .map(|shards| Array {
            offset: shards[0] / max_array_size * max_array_size,
            shards: shards.to_vec(),
        })
        .collect()
}

/// Ascending numbers as `1-3,7`.
pub fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let texts: Vec<String> = runs
        .map(|run| match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}-{last}"),
            [] => String::new(),
        })
        .collect();
    texts.join(",")
}

/// Reads what [`ranges`] wrote.
pub fn from_ranges(text: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        numbers.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_fill_arrays_below_the_limit() {
        let all: Vec<usize> = (1..=8).collect();
        let one = arrays(&all, 1001);
        assert_eq!(one.len(), 1);
        assert_eq!((one[0].offset, one[0].tasks().as_str()), (0, "1-8"));
        // A limit of 4: task numbers 0 to 3.
        let three = arrays(&all, 4);
        let seen: Vec<(usize, String)> = three.iter().map(|a| (a.offset, a.tasks())).collect();
        let expected = [(0, "1-3"), (4, "0-3"), (8, "0")];
        assert_eq!(
            seen,
            expected.map(|(offset, tasks)| (offset, tasks.to_owned()))
        );
        let sparse = arrays(&[2, 5, 6, 9], 4);
        let seen: Vec<(usize, String)> = sparse.iter().map(|a| (a.offset, a.tasks())).collect();
        let expected = [(0, "2"), (4, "1-2"), (8, "1")];
        assert_eq!(
            seen,
            expected.map(|(offset, tasks)| (offset, tasks.to_owned()))
        );
        assert!(arrays(&[], 4).is_empty());
        // Even a limit of 1 leaves task 0 of each array.
        assert_eq!(
            arrays(&[1, 2], 1)[1],
            Array {
                offset: 2,
                shards: vec![2]
            }
        );
    }

    #[test]
    fn ranges_and_back() {
        for (numbers, text) in [
            (&[1, 2, 3, 7][..], "1-3,7"),
            (&[5], "5"),
            (&[1, 3, 5, 6], "1,3,5-6"),
        ] {
            assert_eq!(ranges(numbers), text);
            assert_eq!(from_ranges(text).unwrap(), numbers);
        }
        assert_eq!(from_ranges("1-x"), None);
    }
}
