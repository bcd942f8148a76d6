//! Signals of users: every example of docs/data.md is read as it says, and what cannot be read as meant is
//! refused with a message that helps.

mod signal_place;

use signal_place::place::Place;
use signal_place::{SIGNAL, column, of_file, plan, refused, run, said, spec};
use std::fs;
use std::path::Path;

/// The fenced blocks of docs/data.md: what stands after the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data.md");
    let text = fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    for (at, part) in text.split("```").enumerate() {
        if at % 2 == 1 {
            let (info, block) = part.split_once('\n').unwrap();
            blocks.push((info.to_owned(), block.to_owned()));
        }
    }
    blocks
}

#[test]
fn the_examples_of_the_documentation_are_read_as_it_says() {
    let blocks = blocks();
    let files: Vec<(&str, &str)> = blocks
        .iter()
        .filter_map(|(info, block)| Some((info.strip_prefix("csv ")?, block.as_str())))
        .collect();
    assert_eq!(files.len(), 6);
    let mut read = 0;
    for (at, (_, target)) in blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.0 == "toml")
    {
        let place = Place::new(&spec(target, ""));
        for (name, content) in &files {
            fs::write(place.path(name), content).unwrap();
        }
        if target.contains("# refused") {
            assert!(refused(&place, &[]).contains("frame.csv"), "{target}");
            continue;
        }
        read += 1;
        let (stdout, stderr) = plan(&place, &[]);
        let (info, line) = &blocks[at + 1];
        assert_eq!(info, "text");
        assert!(stdout.contains(line.trim_end()), "{line}\nbut:\n{stdout}");
        assert_eq!(stderr, "");
        let output = run(&place, "out", &[]);
        let (stdout, stderr) = said(&output);
        assert!(output.status.success(), "{stderr}");
        assert!(stdout.starts_with(line.trim_end()), "{stdout}");
        // The folder's own study reads the same.
        let verified = place.runner(&["verify", "out"]).output().unwrap();
        assert!(verified.status.success(), "{}", said(&verified).1);
    }
    assert_eq!(read, 6);
}

#[test]
fn no_line_of_a_signal_is_swallowed() {
    for (content, wanted) in [
        (
            "signal\n1\n\"2\n3\n4\n5\n",
            "line 3 opens a quote (\") and does not close it",
        ),
        (
            "signal\n1\n2\"\n3\n\"4\n5\n",
            "line 3 has a quote (\") inside a cell",
        ),
        (
            "signal\n1\n\n3\n",
            "line 3 is empty; a table may have no gaps",
        ),
        (
            "t,signal\n0,1\n1,2,3\n",
            "line 3 has 3 cells, but the header has 2",
        ),
        (
            "signal\n1\n1e-400\n",
            "line 3 holds \"1e-400\", which becomes 0 as a 64-bit number",
        ),
        (
            "signal\n1\n1e400\n",
            "line 3 holds \"1e400\", which becomes infinite as a 64-bit number",
        ),
    ] {
        let said = refused(&of_file(content, SIGNAL), &[]);
        assert!(
            said.starts_with("study.toml:") && said.contains(wanted),
            "{said}"
        );
    }
}

#[test]
fn line_ends_and_wrapping_make_no_difference() {
    let lines = ["time,signal", "0,1", "1,3", "2,2", ""];
    let place = of_file(lines.join("\n"), SIGNAL);
    assert!(run(&place, "plain", &[]).status.success());
    let ids = column(&place, "plain/runs.csv", "run_id");
    // gzip of `printf 'time,signal\n0,1\n1,3\n2,2\n'`, stored.
    let text = lines.join("\n");
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    let n = text.len() as u16;
    gzip.extend(n.to_le_bytes());
    gzip.extend((!n).to_le_bytes());
    gzip.extend(text.as_bytes());
    gzip.extend(crc32(text.as_bytes()).to_le_bytes());
    gzip.extend(u32::from(n).to_le_bytes());
    let bom = format!("\u{feff}{text}");
    for (out, content) in [
        ("crlf", lines.join("\r\n").into_bytes()),
        ("cr", lines.join("\r").into_bytes()),
        ("bom", bom.into_bytes()),
        ("gzip", gzip),
        (
            "quoted",
            b"\"time\", \"signal\"\n0, 1.0\n1 ,\"3\"\n2,2e0".to_vec(),
        ),
    ] {
        fs::write(place.path("s.csv"), content).unwrap();
        let output = run(&place, out, &[]);
        assert!(output.status.success(), "{out}: {}", said(&output).1);
        assert_eq!(
            column(&place, &format!("{out}/runs.csv"), "run_id"),
            ids,
            "{out}"
        );
    }
}

/// CRC-32 as gzip has it.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| {
        if crc & 1 == 1 {
            (crc >> 1) ^ 0xedb8_8320
        } else {
            crc >> 1
        }
    };
    !bytes
        .iter()
        .fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn a_foreign_dialect_is_refused_with_the_fields_to_set() {
    for (content, wanted) in [
        (
            "time;signal\n0;0,3\n1;0,4\n",
            "its columns look separated by ';': set target.separator = \";\" and target.decimal = \",\"",
        ),
        (
            "time\tsignal\n0\t0.3\n1\t0.4\n",
            "its columns look separated by tabs: set target.separator = \"tab\"",
        ),
        (
            "#Scope\n#Today\n\nTime (s),signal\n0,0.3\n1,0.4\n",
            "its header looks to follow comments: set target.comment = \"#\"",
        ),
        (
            "time,signal\nms,mV\n0,0.3\n1,0.4\n",
            "the line after its header looks to hold units: set target.units_row = true",
        ),
    ] {
        let place = of_file(content, SIGNAL);
        let said = refused(&place, &[]);
        assert!(said.contains(wanted), "{said}");
        // What the message says is enough.
        let sets: Vec<&str> = wanted
            .split(": set ")
            .nth(1)
            .unwrap()
            .split(" and ")
            .collect();
        let output = run(&place, "set", &sets);
        assert!(output.status.success(), "{}", signal_place::said(&output).1);
    }
}

#[test]
fn times_are_looked_at() {
    let timed = "column = \"signal\"\ntime_column = \"t\"\ntime_unit = \"ms\"";
    let place = of_file("t,signal\n0,1\n2,3\n4,2\n", timed);
    let (stdout, _) = plan(&place, &[]);
    assert!(
        stdout.contains("3 samples, 2 ms apart, 6 ms long"),
        "{stdout}"
    );
    let said = refused(&place, &["target.sample_ms=1"]);
    assert!(
        said.contains("target.sample_ms = 1: the column of times has 2 ms between two samples"),
        "{said}"
    );
    // Agreeing is no other study.
    assert!(run(&place, "a", &[]).status.success());
    assert!(run(&place, "b", &["target.sample_ms=2"]).status.success());
    let ids = |out: &str| column(&place, &format!("{out}/runs.csv"), "run_id");
    assert_eq!(ids("a"), ids("b"));
    for (content, wanted) in [
        (
            "t,signal\n0,1\n1,3\n1,2\n",
            "line 4: 1 ms is the time of line 3, too",
        ),
        (
            "t,signal\n0,1\n1,3\n-2,2\n",
            "line 4: -2 ms is before 1 ms in line 3; times must ascend",
        ),
        (
            "t,signal\n0,1\n1.0,3\n3,2\n4,2\n5,2\n",
            "line 4: 3 ms is 2 ms after line 3, where the middle step is 1 ms",
        ),
        ("t,signal\n0,1\n1,3\n?,2\n", "line 4: \"?\" is not a number"),
    ] {
        let said = refused(&of_file(content, timed), &[]);
        assert!(said.contains(wanted), "{said}");
    }
    let said = refused(&of_file("t,signal\n0,1\n1,2\n", "column = \"signal\""), &[]);
    assert!(
        said.contains(
            "target.sample_ms: missing; must be a number > 0, unless time_column is written"
        ),
        "{said}"
    );
    let said = refused(
        &of_file(
            "t,signal\n0,1\n1,2\n",
            "column = \"signal\"\ntime_column = \"t\"",
        ),
        &[],
    );
    assert!(
        said.contains("target.time_column: its unit is not written: set target.time_unit"),
        "{said}"
    );
}

#[test]
fn what_cannot_be_standardised_is_refused() {
    let standardised =
        |sample_ms| format!("column = \"signal\"\nsample_ms = {sample_ms}\nstandardise = true");
    let rows = |values: &[&str]| format!("signal\n{}\n", values.repeat(20).join("\n"));
    for (content, sample_ms, wanted) in [
        (rows(&["0", "1"]), "0.5", "it must vary at them"),
        (
            rows(&["1e160", "-2e160"]),
            "1",
            "the variance of the signal overflows",
        ),
        (
            rows(&["1e-170", "-2e-170"]),
            "1",
            "the variance of the signal underflows",
        ),
        (
            rows(&["0.5"]),
            "1",
            "the signal is 0.5 at all 20 time steps of the network",
        ),
    ] {
        for resample in ["target.resample=lowpass", "target.resample=linear"] {
            let said = refused(&of_file(&content, &standardised(sample_ms)), &[resample]);
            // Every other sample is all that the low-pass would have to keep.
            let nothing_left = sample_ms == "0.5" && resample.ends_with("lowpass");
            let wanted = match nothing_left {
                true => "the low-pass leaves ",
                false => wanted,
            };
            assert!(said.contains(wanted), "{said}");
            assert!(
                said.contains("target.path = \"s.csv\", target.column = \"signal\": "),
                "{said}"
            );
        }
    }
}

#[test]
fn what_is_faster_than_the_steps_is_filtered_out() {
    // A slow sine of amplitude 1 and one of 1 kHz, as strong, at 20 samples per ms: at every 20th sample
    // the fast one is a constant.
    let tau = std::f64::consts::TAU;
    let value = |j: usize| {
        let t = j as f64 / 20.0;
        (tau * t / 60.0).sin() + (tau * t + 0.7).sin()
    };
    let rows: Vec<String> = (0..1200).map(|j| format!("{:.9}", value(j))).collect();
    let content = format!("signal\n{}\n", rows.join("\n"));
    let place = of_file(content, "column = \"signal\"\nsample_ms = 0.05");
    let (stdout, _) = plan(&place, &[]);
    assert!(
        stdout.contains("read at 60 time steps of 1 ms after a low-pass that leaves 50.0 % of the variance: a target from -1 to 1"),
        "{stdout}"
    );
    let (stdout, _) = plan(&place, &["target.resample=linear"]);
    assert!(
        stdout.contains("read at 60 time steps of 1 ms: a target from -0.3558 to 1.644"),
        "{stdout}"
    );
    // Another signal is another run; where nothing is left out, the word changes nothing.
    let ids = |out: &str, sets: &[&str]| {
        assert!(run(&place, out, sets).status.success());
        column(&place, &format!("{out}/runs.csv"), "run_id")
    };
    let fine = "network.dt_ms=0.05";
    assert_ne!(ids("a", &[]), ids("b", &["target.resample=linear"]));
    assert_eq!(
        ids("c", &[fine]),
        ids("d", &[fine, "target.resample=linear"])
    );
}

#[test]
fn fill_values_and_spikes_are_warned_of() {
    let mut rows: Vec<String> = (0..60)
        .map(|i| format!("{:.4}", (f64::from(i) * 0.3).sin()))
        .collect();
    rows[5] = "-9999".into();
    rows[9] = "9.96921e36".into();
    rows[20] = "25".into();
    let place = of_file(format!("signal\n{}\n", rows.join("\n")), SIGNAL);
    let wanted = "warning: s.csv (column signal): line 7 holds the fill value -9999, which often stands for a missing measurement\n\
                  warning: s.csv (column signal): line 11 holds the fill value 9.969209968386869e36, which often stands for a missing measurement\n\
                  warning: s.csv (column signal): line 22 is more than 8 standard deviations away from the mean of the other samples\n";
    assert_eq!(plan(&place, &[]).1, wanted);
    assert!(said(&run(&place, "out", &[])).1.starts_with(wanted));
}
