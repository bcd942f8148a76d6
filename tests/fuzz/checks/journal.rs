//! Any bytes as a journal: it is refused, or what can be read is, however the bytes arrive; what is
//! torn can be cut off; and records come back to the bit.

use std::io::Read;
use std::path::PathBuf;
use synapse_runner::store::{JournalFile, Kept, Record, StoreError, parse_journal};

/// Checks the bytes as they are, and with the sums of all lines mended: nothing else gets past them.
pub fn check(bytes: &[u8]) {
    check_as_it_is(bytes);
    check_as_it_is(&mended(bytes));
}

fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut mended = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.get(9..).unwrap_or(content);
        mended.extend(format!("{:08x} ", crc32fast::hash(content)).into_bytes());
        mended.extend(content);
        mended.extend(line.ends_with(b"\n").then_some(b'\n'));
    }
    mended
}

fn record(json: &[u8]) -> Option<Record> {
    serde_json::from_slice(json).ok()
}

fn read(reader: impl Read) -> Result<JournalFile<Record>, StoreError> {
    parse_journal(reader, PathBuf::from("x.jsonl"), &record)
}

fn check_as_it_is(bytes: &[u8]) {
    let (whole, pieces) = (read(bytes), read(Pieces(bytes)));
    let (journal, pieces) = match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => (whole, pieces),
        (Err(whole), Err(pieces)) => {
            return assert_eq!(whole.to_string(), pieces.to_string());
        }
        (whole, pieces) => panic!("{whole:?} is not {pieces:?}"),
    };
    assert_same(&journal, &pieces);
    assert_eq!(journal.torn_at, pieces.torn_at);
    if let Some(at) = journal.torn_at {
        let mended = read(&bytes[..at as usize]).expect("it could be read with something torn");
        assert_same(&journal, &mended);
        assert_eq!(mended.torn_at, None);
    }
    for kept in &journal.records {
        let json = serde_json::to_vec(kept).expect("a record can be written");
        let again = record(&json).expect("what was written can be read");
        assert_eq!(&again, kept);
        assert!(again.same_result(kept));
    }
    let mut kept = Kept::default();
    let count = journal.records.len();
    for record in journal.records {
        kept.add(record);
    }
    assert!(kept.records.len() + kept.repeated + kept.conflicts.len() <= count);
}

fn assert_same(a: &JournalFile<Record>, b: &JournalFile<Record>) {
    assert_eq!(a.origin, b.origin);
    assert_eq!(a.records, b.records);
    assert_eq!(a.damaged, b.damaged);
}

/// Gives a few bytes at a time.
struct Pieces<'a>(&'a [u8]);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(7);
        self.0.read(&mut into[..most])
    }
}
