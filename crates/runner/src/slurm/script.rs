//! Job scripts, and how shards become tasks of arrays.

use super::SlurmError;
use super::time_limit::TimeLimit;
use super::word::{Options, Word};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What a task may use, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// Processors of a task.
    pub cpus: u16,
    /// Time limit of a task; without one the partition's holds.
    pub time: Option<TimeLimit>,
    /// Partition; without one the cluster's default.
    pub partition: Option<Word>,
    /// More options of sbatch, a line each, as written.
    pub options: Vec<Options>,
}

/// What tasks are to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Division {
    /// Into how many shards the study is divided.
    pub of: usize,
    /// Runs again that failed.
    pub retry_failed: bool,
    /// Even if the tables there are another study's.
    pub replace: bool,
}

/// Which shard a command computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// That of the task, on its processors: the shell of a script knows.
    OfTask,
    /// This one.
    Numbered {
        /// The shard, counted from 1.
        shard: usize,
        /// Threads.
        threads: u16,
    },
}

/// Absolute paths that scripts name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// This program.
    program: Word,
    /// The result folder.
    folder: Word,
}

impl Paths {
    /// Of this program and a result folder.
    ///
    /// # Errors
    /// A path that a script cannot hold.
    pub fn new(program: &Path, folder: &Path) -> Result<Self, SlurmError> {
        Ok(Self {
            program: scriptable(program)?,
            folder: scriptable(folder)?,
        })
    }

    /// The study that tasks compute.
    pub fn study(&self) -> PathBuf {
        Path::new(self.folder.as_str()).join("study.toml")
    }

    /// The folder of scripts, logs and the list of jobs.
    pub fn slurm(&self) -> PathBuf {
        Path::new(self.folder.as_str()).join("slurm")
    }

    /// The script of a task.
    pub fn shards_script(&self) -> PathBuf {
        self.slurm().join("shards.sh")
    }

    /// The script that merges.
    pub fn merge_script(&self) -> PathBuf {
        self.slurm().join("merge.sh")
    }

    /// The folder of logs.
    pub fn logs(&self) -> PathBuf {
        self.slurm().join("log")
    }

    /// Where Slurm writes logs; `name` may have Slurm's symbols, the folder has none.
    fn log(&self, name: &'static str) -> Word {
        self.folder.without_symbols().with("/slurm/log/").with(name)
    }

    /// A command for a shell that computes a shard.
    pub fn shard_command(&self, division: Division, which: Which) -> String {
        let Division {
            of,
            retry_failed,
            replace,
        } = division;
        let (shard, threads) = match which {
            Which::OfTask => (
                "\"$shard\"".to_owned(),
                "\"$SLURM_CPUS_PER_TASK\"".to_owned(),
            ),
            Which::Numbered { shard, threads } => (shard.to_string(), threads.to_string()),
        };
        format!(
            "{} run {} --out {} --shard {shard}/{of} -j {threads} --quiet{}{}",
            self.program.for_shell(),
            self.folder.with("/study.toml").for_shell(),
            self.folder.for_shell(),
            if retry_failed { " --retry-failed" } else { "" },
            if replace { " --replace" } else { "" },
        )
    }

    /// A command for a shell that merges.
    pub fn merge_command(&self) -> String {
        format!(
            "{} merge {}",
            self.program.for_shell(),
            self.folder.for_shell()
        )
    }
}

fn scriptable(path: &Path) -> Result<Word, SlurmError> {
    let word = path.to_str().and_then(|text| text.parse().ok());
    word.ok_or_else(|| SlurmError::Path {
        path: path.to_owned(),
    })
}

/// The script of a task of an array: computes the shard whose number is that of the task plus the
/// script's argument.
pub fn shards_script(
    paths: &Paths,
    name: &Word,
    division: Division,
    resources: &Resources,
) -> String {
    let mut text = String::from(
        "#!/bin/bash\n\
         # Written by `runner submit`. Each task of the array computes a shard of the study; its number is\n\
         # that of the task plus this script's argument, because an array may be too short for all.\n",
    );
    directives(&mut text, paths, name, "%A_%a.out", resources);
    // A task that its node lost, or that was cut off, loses only the runs in flight.
    text += "#SBATCH --requeue\n";
    let command = paths.shard_command(division, Which::OfTask);
    let _ = write!(
        text,
        "\nset -euo pipefail\nshard=$((SLURM_ARRAY_TASK_ID + ${{1:-0}}))\nexec {command}\n"
    );
    text
}

/// The script of the job that merges.
pub fn merge_script(paths: &Paths, name: &Word, resources: &Resources) -> String {
    let mut text = String::from(
        "#!/bin/bash\n\
         # Written by `runner submit`. When all shards are done, or given up: tables and report.\n",
    );
    directives(
        &mut text,
        paths,
        &merge_name(name),
        "merge_%j.out",
        resources,
    );
    let _ = write!(
        text,
        "\nset -euo pipefail\nexec {}\n",
        paths.merge_command()
    );
    text
}

/// What the merging job is called.
pub fn merge_name(name: &Word) -> Word {
    name.with("-merge")
}

fn directives(
    text: &mut String,
    paths: &Paths,
    name: &Word,
    log: &'static str,
    resources: &Resources,
) {
    let mut directive = |option: &str, value: &str| {
        let _ = writeln!(text, "#SBATCH --{option}={value}");
    };
    directive("job-name", &name.for_sbatch());
    directive("output", &paths.log(log).for_sbatch());
    directive("open-mode", "append");
    directive("ntasks", "1");
    directive("cpus-per-task", &resources.cpus.to_string());
    if let Some(time) = &resources.time {
        directive("time", &time.to_string());
    }
    if let Some(partition) = &resources.partition {
        directive("partition", &partition.for_sbatch());
    }
    for options in &resources.options {
        let _ = writeln!(text, "#SBATCH {options}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        Paths::new(
            Path::new("/opt/runner"),
            Path::new("/scratch/my results/tiny"),
        )
        .unwrap()
    }

    fn resources() -> Resources {
        Resources {
            cpus: 4,
            time: Some("1:00:00".parse().unwrap()),
            partition: Some("short".parse().unwrap()),
            options: vec!["--account=lab --mem-per-cpu=2G".parse().unwrap()],
        }
    }

    #[test]
    fn the_script_of_the_tasks() {
        let division = Division {
            of: 1200,
            retry_failed: true,
            replace: true,
        };
        assert_eq!(
            shards_script(&paths(), &"tiny".parse().unwrap(), division, &resources()),
            r#"#!/bin/bash
# Written by `runner submit`. Each task of the array computes a shard of the study; its number is
# that of the task plus this script's argument, because an array may be too short for all.
#SBATCH --job-name=tiny
#SBATCH --output="/scratch/my results/tiny/slurm/log/%A_%a.out"
#SBATCH --open-mode=append
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time=1:00:00
#SBATCH --partition=short
#SBATCH --account=lab --mem-per-cpu=2G
#SBATCH --requeue

set -euo pipefail
shard=$((SLURM_ARRAY_TASK_ID + ${1:-0}))
exec /opt/runner run '/scratch/my results/tiny/study.toml' --out '/scratch/my results/tiny' --shard "$shard"/1200 -j "$SLURM_CPUS_PER_TASK" --quiet --retry-failed --replace
"#
        );
    }

    #[test]
    fn the_script_that_merges() {
        let bare = Resources {
            cpus: 1,
            time: None,
            partition: None,
            options: Vec::new(),
        };
        assert_eq!(
            merge_script(&paths(), &"tiny".parse().unwrap(), &bare),
            r#"#!/bin/bash
# Written by `runner submit`. When all shards are done, or given up: tables and report.
#SBATCH --job-name=tiny-merge
#SBATCH --output="/scratch/my results/tiny/slurm/log/merge_%j.out"
#SBATCH --open-mode=append
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1

set -euo pipefail
exec /opt/runner merge '/scratch/my results/tiny'
"#
        );
    }

    #[test]
    fn any_path_survives_shell_and_sbatch() {
        let folder = Path::new("/50% off");
        let paths = Paths::new(Path::new("/r"), folder).unwrap();
        let script = merge_script(&paths, &"x".parse().unwrap(), &resources());
        assert!(
            script.contains("--output=\"/50%% off/slurm/log/merge_%j.out\""),
            "{script}"
        );
        assert!(script.contains("exec /r merge '/50% off'"), "{script}");
        let broken = Paths::new(Path::new("/r"), Path::new("/two\nlines"));
        assert!(
            broken
                .unwrap_err()
                .to_string()
                .starts_with("\"/two\\nlines\": a job script")
        );
    }

    #[test]
    fn a_command_for_a_person() {
        let division = Division {
            of: 3,
            retry_failed: false,
            replace: false,
        };
        let which = Which::Numbered {
            shard: 2,
            threads: 4,
        };
        assert_eq!(
            paths().shard_command(division, which),
            "/opt/runner run '/scratch/my results/tiny/study.toml' --out '/scratch/my results/tiny' --shard 2/3 -j 4 --quiet"
        );
    }
}
