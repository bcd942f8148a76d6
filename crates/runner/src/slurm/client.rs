//! Slurm's own programs, asked as a person would.

use super::array::Array;
use super::{SlurmError, State};
use std::io;
use std::path::Path;
use std::process::{Command, Output};
use synapse_report::shell;

/// The default of `MaxArraySize`.
pub const USUAL_MAX_ARRAY_SIZE: usize = 1001;

/// Task numbers of an array are below this.
///
/// # Errors
/// `scontrol` is absent, fails, or says nothing of it.
pub fn max_array_size() -> Result<usize, SlurmError> {
    let arguments = ["show", "config"].map(str::to_owned);
    let answer = ask("scontrol", &arguments)?;
    let value = answer.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "MaxArraySize").then(|| value.trim().parse().ok())?
    });
    match value {
        Some(0) => Err(SlurmError::NoArrays),
        Some(size) => Ok(size),
        None => Err(SlurmError::Unreadable {
            command: command_line("scontrol", &arguments),
            said: "no line MaxArraySize".to_owned(),
        }),
    }
}

/// The arguments of sbatch for an array.
pub fn array_arguments(script: &Path, array: &Array) -> Vec<String> {
    vec![
        "--parsable".to_owned(),
        format!("--array={}", array.tasks()),
        script.display().to_string(),
        array.offset.to_string(),
    ]
}

/// The arguments of sbatch for the job that merges after these jobs.
pub fn merge_arguments(script: &Path, after: &[String]) -> Vec<String> {
    let mut arguments = vec!["--parsable".to_owned()];
    if !after.is_empty() {
        // Whatever became of them: what is there can be counted, and what is missing named.
        arguments.push(format!("--dependency=afterany:{}", after.join(":")));
    }
    arguments.push(script.display().to_string());
    arguments
}

/// Submits a job; its id.
///
/// # Errors
/// `sbatch` is absent or refuses.
pub fn sbatch(arguments: &[String]) -> Result<u64, SlurmError> {
    let answer = ask("sbatch", arguments)?;
    // `id`, or `id;cluster` where there are several.
    let id = answer.lines().last().unwrap_or_default();
    let id = id.split(';').next().unwrap_or_default().trim();
    id.parse().map_err(|_| SlurmError::Unreadable {
        command: command_line("sbatch", arguments),
        said: answer.trim().to_owned(),
    })
}

/// Takes jobs out of the queue.
///
/// # Errors
/// `scancel` is absent or refuses.
pub fn scancel(job: u64) -> Result<(), SlurmError> {
    ask("scancel", &[job.to_string()]).map(|_| ())
}

/// A job or a task of an array, as squeue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The id of the job, for a task that of its array.
    pub job: u64,
    /// The number of a task.
    pub task: Option<usize>,
    /// Whether it waits or runs.
    pub state: State,
    /// Why it waits, or where it runs.
    pub detail: String,
    /// What the job is called.
    pub name: String,
}

/// Which of these jobs and their tasks wait or run. Jobs that Slurm has forgotten are neither.
///
/// # Errors
/// `squeue` is absent or fails.
pub fn squeue(jobs: &[u64]) -> Result<Vec<Queued>, SlurmError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let jobs: Vec<String> = jobs.iter().map(u64::to_string).collect();
    let arguments = [
        "--noheader".to_owned(),
        "--array".to_owned(),
        // The name comes last: it may hold anything.
        "--format=%F|%K|%T|%r|%N|%j".to_owned(),
        format!("--jobs={}", jobs.join(",")),
    ];
    let output = start("squeue", &arguments)?;
    if !output.status.success() && said(&output).contains("Invalid job id") {
        // Its answer if it knows none of one job.
        return Ok(Vec::new());
    }
    let answer = successful("squeue", &arguments, &output)?;
    answer
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            parsed(line).ok_or_else(|| SlurmError::Unreadable {
                command: command_line("squeue", &arguments),
                said: line.to_owned(),
            })
        })
        .collect()
}

fn parsed(line: &str) -> Option<Queued> {
    let mut cells = line.splitn(6, '|').map(str::trim);
    let mut cell = || cells.next();
    let (job, task, state, reason, node, name) =
        (cell()?, cell()?, cell()?, cell()?, cell()?, cell()?);
    let state = match state {
        // Its processes may still be there.
        "RUNNING" | "COMPLETING" | "CONFIGURING" | "SUSPENDED" | "STOPPED" | "SIGNALING"
        | "STAGE_OUT" => State::Running,
        _ => State::Pending,
    };
    let detail = match state {
        State::Running => node,
        State::Pending => reason,
    };
    Some(Queued {
        job: job.parse().ok()?,
        task: task.parse().ok(),
        state,
        detail: detail.to_owned(),
        name: name.to_owned(),
    })
}

/// Runs a program to its end; what it printed.
fn ask(program: &'static str, arguments: &[String]) -> Result<String, SlurmError> {
    let output = start(program, arguments)?;
    successful(program, arguments, &output)
}

fn start(program: &'static str, arguments: &[String]) -> Result<Output, SlurmError> {
    let output = Command::new(program).args(arguments).output();
    output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => SlurmError::Absent { program },
        _ => SlurmError::Start { program, error },
    })
}

fn successful(
    program: &'static str,
    arguments: &[String],
    output: &Output,
) -> Result<String, SlurmError> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(SlurmError::Refused {
        command: command_line(program, arguments),
        status: output.status.to_string(),
        said: said(output),
    })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

/// A command as one would type it.
pub fn command_line(program: &str, arguments: &[String]) -> String {
    let words = arguments.iter().map(shell::quoted);
    std::iter::once(program.to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_squeue() {
        let task = parsed("17|3|PENDING|Resources||eta_sweep").unwrap();
        assert_eq!((task.job, task.task), (17, Some(3)));
        assert_eq!(
            (task.state, task.detail.as_str()),
            (State::Pending, "Resources")
        );
        let merge = parsed("18|N/A|RUNNING|None|n1|a|b").unwrap();
        assert_eq!((merge.task, merge.state), (None, State::Running));
        assert_eq!((merge.detail.as_str(), merge.name.as_str()), ("n1", "a|b"));
        let ending = parsed("17|3|COMPLETING|None|n1|x").unwrap();
        assert_eq!(ending.state, State::Running);
        assert_eq!(parsed("hello"), None);
    }

    #[test]
    fn arguments_of_sbatch() {
        let array = Array {
            offset: 4,
            shards: vec![4, 5],
        };
        let script = Path::new("/my results/slurm/shards.sh");
        assert_eq!(
            command_line("sbatch", &array_arguments(script, &array)),
            "sbatch --parsable --array=0-1 '/my results/slurm/shards.sh' 4"
        );
        let after = ["17".to_owned(), "18".to_owned()];
        assert_eq!(
            command_line("sbatch", &merge_arguments(Path::new("/m.sh"), &after)),
            "sbatch --parsable --dependency=afterany:17:18 /m.sh"
        );
    }
}
