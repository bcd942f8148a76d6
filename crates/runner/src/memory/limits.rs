//! What the system says of the memory that is left, in bytes; none where it says nothing.

use std::path::{Path, PathBuf};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Where Linux has its control groups.
const CONTROL_GROUPS: &str = "/sys/fs/cgroup";

/// Of the machine: free, or taken by caches that can be dropped.
pub(super) fn of_machine() -> Option<u64> {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    // 0 is what it says where it cannot find out.
    Some(system.available_memory()).filter(|&bytes| bytes > 0)
}

/// Of this process's limits of address space and of data.
pub(super) fn of_process() -> (Option<u64>, Option<u64>) {
    let read = |name| std::fs::read_to_string(Path::new("/proc/self").join(name)).ok();
    let (Some(limits), Some(status)) = (read("limits"), read("status")) else {
        return (None, None);
    };
    let left = |limit, used| {
        let used = kilobytes(&status, used).unwrap_or(0);
        soft_limit(&limits, limit).map(|limit| limit.saturating_sub(used))
    };
    (
        left("Max address space", "VmSize"),
        left("Max data size", "VmData"),
    )
}

/// The soft limit in a line of `/proc/self/limits` such as `Max data size  1024  unlimited  bytes`.
fn soft_limit(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    // "unlimited" is no number.
    rest.split_whitespace().next()?.parse().ok()
}

/// A line of `/proc/self/status` such as `VmSize:  1234 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number = line.strip_prefix(':')?.trim().strip_suffix("kB")?;
    number.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Of the control group of this process and of those that it is in.
pub(super) fn of_control_group() -> Option<u64> {
    let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let read = |file: &Path| std::fs::read_to_string(file).ok();
    nearest_group(&own, Path::new(CONTROL_GROUPS), &read)
}

/// The files of a control group, by version.
struct Files {
    limit: &'static str,
    used: &'static str,
    /// The line of `memory.stat` with the pages of files that can be dropped.
    droppable: &'static str,
}

const VERSION_1: Files = Files {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    droppable: "total_inactive_file",
};
const VERSION_2: Files = Files {
    limit: "memory.max",
    used: "memory.current",
    droppable: "inactive_file",
};

/// The least that is left in any group from the process's own up to the root. `own` is the text of
/// `/proc/self/cgroup`: lines such as `4:memory:/a/b` (version 1) and `0::/a/b` (version 2).
fn nearest_group(own: &str, root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<u64> {
    let mut left = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (files, root) = if controllers.is_empty() {
            (&VERSION_2, root.to_owned())
        } else if controllers.split(',').any(|name| name == "memory") {
            (&VERSION_1, root.join("memory"))
        } else {
            continue;
        };
        // In a container the path may be the host's: then only the root is there.
        let group: PathBuf = root.join(path.trim_start_matches('/'));
        let up = group.ancestors().take_while(|path| path.starts_with(&root));
        left.extend(up.filter_map(|group| left_in(files, group, read)));
    }
    left.into_iter().min()
}

fn left_in(files: &Files, group: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<u64> {
    let number = |name| read(&group.join(name))?.trim().parse::<u64>().ok();
    // "max" is no number; version 1 writes about 2⁶³ for no limit.
    let limit = number(files.limit).filter(|&limit| limit < 1 << 62)?;
    let stat = read(&group.join("memory.stat")).unwrap_or_default();
    let droppable = stat.lines().find_map(|line| {
        let (name, value) = line.split_once(' ')?;
        (name == files.droppable).then(|| value.trim().parse::<u64>().ok())?
    });
    let used = number(files.used).unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(droppable.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn limits_of_a_process() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max data size             unlimited            unlimited            bytes     \n\
                    Max address space         716800000            unlimited            bytes     \n";
        assert_eq!(soft_limit(text, "Max address space"), Some(716_800_000));
        assert_eq!(soft_limit(text, "Max data size"), None);
        assert_eq!(soft_limit(text, "Max open files"), None);
        let text = "Name:\trunner\nVmSize:\t   12345 kB\nVmData:\t 99999999999999999999 kB\n";
        assert_eq!(kilobytes(text, "VmSize"), Some(12_345 * 1024));
        assert_eq!(kilobytes(text, "VmData"), None);
        assert_eq!(kilobytes(text, "VmRSS"), None);
    }

    /// What is left in the nearest group, with these files below `/g`.
    fn left(own: &str, files: &[(&str, &str)]) -> Option<u64> {
        let files: HashMap<PathBuf, &str> = files
            .iter()
            .map(|(path, text)| (Path::new("/g").join(path), *text))
            .collect();
        nearest_group(own, Path::new("/g"), &|path| {
            files.get(path).map(ToString::to_string)
        })
    }

    #[test]
    fn control_groups_of_version_2() {
        let own = "0::/slice/job\n";
        let job = [
            ("slice/job/memory.max", "1000\n"),
            ("slice/job/memory.current", "700\n"),
            (
                "slice/job/memory.stat",
                "anon 500\nactive_file 50\ninactive_file 150\n",
            ),
        ];
        assert_eq!(left(own, &job), Some(450));
        // The group around it has less left; one without limit has none to tell.
        let mut files = job.to_vec();
        files.extend([("slice/memory.max", "800"), ("slice/memory.current", "790")]);
        assert_eq!(left(own, &files), Some(10));
        files[3] = ("slice/memory.max", "max\n");
        assert_eq!(left(own, &files), Some(450));
        assert_eq!(left(own, &[]), None);
        // A container: the path is the host's, and its own group is mounted as the root.
        let root = [("memory.max", "64"), ("memory.current", "65")];
        assert_eq!(left("0::/kubepods/x\n", &root), Some(0));
    }

    #[test]
    fn control_groups_of_version_1() {
        let own = "9:name=systemd:/\n4:cpu,memory:/a/b\n3:cpuset:/\n0::/\n";
        let files = [
            ("memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/a/b/memory.usage_in_bytes", "10\n"),
            ("memory/a/memory.limit_in_bytes", "500\n"),
            ("memory/a/memory.usage_in_bytes", "400\n"),
            (
                "memory/a/memory.stat",
                "inactive_file 1\ntotal_inactive_file 30\n",
            ),
        ];
        assert_eq!(left(own, &files), Some(130));
        assert_eq!(left("4:memory", &files), None);
        assert_eq!(left("", &files), None);
    }
}
