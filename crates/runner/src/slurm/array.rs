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

/// Whether [`ranges`] may have written this of numbers from 1 to `most`. Nothing is counted out: a file
/// may name any numbers.
pub fn are_ranges(text: &str, most: usize) -> bool {
    let mut before = 0;
    text.split(',').all(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) else {
            return false;
        };
        let ascending = before < first && first <= last && last <= most;
        before = last;
        ascending
    })
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
    fn ranges_are_written_and_known() {
        for (numbers, text) in [
            (&[1, 2, 3, 7][..], "1-3,7"),
            (&[5], "5"),
            (&[1, 3, 5, 6], "1,3,5-6"),
        ] {
            assert_eq!(ranges(numbers), text);
            assert!(are_ranges(text, 7));
        }
        for text in [
            "",
            "1-x",
            "0",
            "3-2",
            "1-8",
            "2,1",
            "1-3,3",
            "1-18446744073709551615",
            "-1",
            "1,",
        ] {
            assert!(!are_ranges(text, 7), "{text}");
        }
    }
}
