//! Which process something belongs to, and whether that process is provably gone.
//!
//! A number of a process says nothing alone: every pod of Kubernetes is process 1, and numbers are used
//! again. So an owner is a number, the time at which the process started, and the *machine*: host name,
//! boot, and name space of process numbers. Only a process of the same machine can be known to be gone;
//! of any other one, and where the operating system does not say enough, the answer is "unknown".

use sha2::{Digest, Sha256};
use std::fmt;
use std::fs;
use std::str::FromStr;

/// A process, as other processes see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// A hash of host name, boot and name space; 0 if unknown.
    machine: u64,
    process: u32,
    /// When it started, in ticks since the boot; 0 if unknown.
    started: u64,
}

/// Whether a process still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Runs,
    /// It has ended.
    Gone,
    /// It is of another machine or of an earlier boot, or this system does not tell.
    Unknown,
}

impl Owner {
    /// This process.
    pub fn this() -> Self {
        let process = std::process::id();
        Self {
            machine: machine().unwrap_or(0),
            process,
            started: started(process).unwrap_or(0),
        }
    }

    /// Whether it still runs. In doubt, the answer is unknown.
    pub fn life(self) -> Life {
        let Some(machine) = machine().filter(|_| self.machine != 0 && self.started != 0) else {
            return Life::Unknown;
        };
        if machine != self.machine {
            return Life::Unknown;
        }
        match fs::metadata(format!("/proc/{}", self.process)) {
            // The number was given to a later process.
            Ok(_) if started(self.process).is_some_and(|now| now != self.started) => Life::Gone,
            Ok(_) => Life::Runs,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Life::Gone,
            Err(_) => Life::Unknown,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            machine,
            process,
            started,
        } = self;
        write!(f, "{machine:016x}-{process:x}-{started:x}")
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('-');
        let mut next = || u64::from_str_radix(parts.next()?, 16).ok();
        let owner = (|| {
            let (machine, process, started) = (next()?, next()?, next()?);
            Some(Self {
                machine,
                process: process.try_into().ok()?,
                started,
            })
        })();
        // Only what this program writes: "+5" and upper case are not.
        owner.filter(|owner| owner.to_string() == text).ok_or(())
    }
}

/// Host, boot and name space of process numbers; none where `/proc` does not tell them, or tells those of
/// another name space, or hides the processes of other users.
fn machine() -> Option<u64> {
    let own = std::process::id().to_string();
    if fs::read_link("/proc/self").ok()?.to_str()? != own {
        return None;
    }
    let hides = |line: &str| {
        let mut words = line.split(' ').skip(1);
        words.next() == Some("/proc") && line.contains("hidepid=")
    };
    if fs::read_to_string("/proc/mounts").ok()?.lines().any(hides) {
        return None;
    }
    let boot = fs::read("/proc/sys/kernel/random/boot_id").ok()?;
    let host = fs::read("/proc/sys/kernel/hostname").ok()?;
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    let mut hash = Sha256::new();
    for part in [&boot[..], &host, space.as_os_str().as_encoded_bytes()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    // 0 means unknown.
    let hash = hash.finalize();
    Some(u64::from_le_bytes(*hash.first_chunk()?).max(1))
}

/// When a process of this machine started, in ticks since the boot.
fn started(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; the start is field 22, 20th after it.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_come_back_from_their_text_and_nothing_else_does() {
        let this = Owner::this();
        assert_eq!(this.to_string().parse(), Ok(this));
        for other in [
            "",
            "1-2-3",
            "0000000000000001-2",
            "0000000000000001-2-3-4",
            "0000000000000001-+2-3",
            "000000000000000A-2-3",
            "0000000000000001-fffffffff-3",
        ] {
            assert_eq!(other.parse::<Owner>(), Err(()), "{other}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_process_of_this_machine_and_boot_is_known_to_be_gone() {
        let this = Owner::this();
        if this.machine == 0 {
            eprintln!("skipped: /proc does not tell enough here");
            return;
        }
        assert_eq!(this.life(), Life::Runs);
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        let other = Owner {
            process: child.id(),
            started: started(child.id()).unwrap(),
            ..this
        };
        assert_eq!(other.life(), Life::Runs);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(other.life(), Life::Gone);
        // The same number, of a process that started at another time.
        let earlier = Owner {
            started: this.started + 1,
            ..this
        };
        assert_eq!(earlier.life(), Life::Gone);
        let elsewhere = Owner {
            machine: this.machine ^ 2,
            ..other
        };
        assert_eq!(elsewhere.life(), Life::Unknown);
        for unknown in [
            Owner {
                machine: 0,
                ..other
            },
            Owner {
                started: 0,
                ..other
            },
        ] {
            assert_eq!(unknown.life(), Life::Unknown);
        }
    }
}
