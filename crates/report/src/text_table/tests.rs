use super::*;

fn rows(text: &str, dialect: &Dialect) -> Result<Vec<(u64, Vec<String>)>, String> {
    let mut table = Table::begin(text, dialect).map_err(|fault| fault.to_string())?;
    let mut rows = vec![(table.header_line, table.columns.clone())];
    let mut row = Row::default();
    while table.advance(&mut row).map_err(|fault| fault.to_string())? {
        rows.push((
            row.line,
            row.cells.iter().map(|cell| cell.to_string()).collect(),
        ));
    }
    Ok(rows)
}

fn cells_of(text: &str, dialect: &Dialect) -> Vec<Vec<String>> {
    let rows = rows(text, dialect).unwrap();
    rows.into_iter().map(|(_, cells)| cells).collect()
}

fn dialect(separator: Separator) -> Dialect {
    Dialect {
        separator,
        ..Dialect::default()
    }
}

#[test]
fn line_ends_are_the_same_everywhere() {
    let wanted = [["t", "v"], ["0", "1"], ["1", "2"]];
    for end in ["\n", "\r\n", "\r"] {
        let text = ["t,v", "0,1", "1,2"].join(end);
        for tail in ["", end, &end.repeat(3)] {
            let text = format!("{text}{tail}");
            assert_eq!(cells_of(&text, &Dialect::default()), wanted, "{text:?}");
        }
        let gap = ["t,v", "0,1", "", "1,2"].join(end);
        assert_eq!(
            rows(&gap, &Dialect::default()).unwrap_err(),
            "line 3 is empty; a table may have no gaps"
        );
    }
}

#[test]
fn cells_lose_blanks_and_quotes_around_them() {
    let text = " t , \"a, \"\"b\"\"\" ,'c' \n 1 ,\" x \", 'it''s' \n";
    assert_eq!(
        cells_of(text, &Dialect::default()),
        [["t", "a, \"b\"", "c"], ["1", "x", "it's"]]
    );
    // An apostrophe is no quote where it does not begin a cell.
    assert_eq!(
        cells_of("t\nit's\n", &Dialect::default()),
        [["t"], ["it's"]]
    );
}

#[test]
fn every_separator() {
    let wanted = [["t", "v w"], ["0", ""], ["1", "2"]];
    assert_eq!(
        cells_of("t;v w\n0;\n1;2", &dialect(Separator::Semicolon)),
        wanted
    );
    assert_eq!(
        cells_of("t\tv w\n0\t\n1\t 2", &dialect(Separator::Tab)),
        wanted
    );
    assert_eq!(
        cells_of(
            "  t  \"v w\" \n0\t \t1 \n 1 2\n",
            &dialect(Separator::Blank)
        ),
        [["t", "v w"], ["0", "1"], ["1", "2"]]
    );
}

#[test]
fn no_line_is_ever_swallowed() {
    for (text, message) in [
        (
            "v\n1\n\"2\n3\n4\n",
            "line 3 opens a quote (\") and does not close it; a quoted cell must end in its line",
        ),
        (
            "v\n1\n'2\n3\n",
            "line 3 opens a quote (') and does not close it; a quoted cell must end in its line",
        ),
        (
            "v\n1\n2\"\n3\n",
            "line 3 has a quote (\") inside a cell; quote the whole cell, or double the quote inside a quoted one",
        ),
        (
            "v\n\"1\"2\n3\n",
            "line 2 has a quote (\") inside a cell; quote the whole cell, or double the quote inside a quoted one",
        ),
        (
            "t,v\n0,1\n0,1,2\n",
            "line 3 has 3 cells, but the header has 2",
        ),
        ("t,v\n0\n", "line 2 has 1 cell, but the header has 2"),
        (
            "",
            "the file has no header line with the names of its columns",
        ),
        (
            "\n \n",
            "the file has no header line with the names of its columns",
        ),
    ] {
        assert_eq!(
            rows(text, &Dialect::default()).unwrap_err(),
            message,
            "{text:?}"
        );
    }
    let blank = dialect(Separator::Blank);
    assert!(
        rows("a b\n\"1\"2 3\n", &blank)
            .unwrap_err()
            .contains("inside a cell")
    );
}

#[test]
fn what_stands_around_the_rows_is_left_out() {
    let text = "Instrument, 3\nanything \" at all\n\n# made today\nt,v\n# units\nms,mV\n0,1\n  # pause\n1,2\n#\n\n";
    let dialect = Dialect {
        skip_lines: 2,
        comment: Some("#".into()),
        units_row: true,
        ..Dialect::default()
    };
    let rows = rows(text, &dialect).unwrap();
    let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [5, 8, 10]);
    // Where there are no units, a row of samples would vanish.
    for (units, fault) in [
        (
            "0,994",
            "line 2 holds numbers and no units, and units_row = true would pass over them; leave units_row out",
        ),
        ("ms,", ""),
        ("1,mV", ""),
    ] {
        let dialect = Dialect {
            units_row: true,
            ..Dialect::default()
        };
        let text = format!("t,v\n{units}\n1,2\n");
        let said = Table::begin(&text, &dialect).err();
        assert_eq!(said.map_or(String::new(), |fault| fault.to_string()), fault);
    }
    // More lines to skip than there are.
    let dialect = Dialect {
        skip_lines: 1000,
        ..Dialect::default()
    };
    assert!(Table::begin(text, &dialect).is_err());
}

#[test]
fn a_foreign_dialect_is_recognised() {
    let way = |text: &str, dialect: &Dialect| {
        let other = sniff(text, "signal", dialect)?;
        dialect.way_to(&other, "target").map(|way| way.to_string())
    };
    let plain = Dialect::default();
    for (text, said) in [
        (
            "time;signal\n0;0,3\n1;0,4\n",
            "its columns look separated by ';': set target.separator = \";\" and target.decimal = \",\"",
        ),
        (
            "time\tsignal\n0\t0.3\n",
            "its columns look separated by tabs: set target.separator = \"tab\"",
        ),
        (
            "time   signal\n0      3\n",
            "its columns look separated by blanks: set target.separator = \"blank\"",
        ),
        (
            "time,signal\nms,mV\n0,0.3\n",
            "the line after its header looks to hold units: set target.units_row = true",
        ),
        (
            "#Scope\n#Today\n\ntime,signal\n0,1\n",
            "its header looks to follow comments: set target.comment = \"#\"",
        ),
        (
            "Scope\nthe signal of today\n\ntime,signal\n0,1\n",
            "its header looks to be in line 4: set target.skip_lines = 3",
        ),
        (
            "\"Spike2\"\n\n\"time\";\"signal\"\n\"s\";\"mV\"\n0;0,3\n",
            "its columns look separated by ';': set target.separator = \";\" and target.decimal = \",\" and target.skip_lines = 2 and target.units_row = true",
        ),
    ] {
        assert_eq!(way(text, &plain).as_deref(), Some(said), "{text:?}");
    }
    // Nothing to say of a text that is in the dialect, or in none.
    assert_eq!(way("time,signal\n0,0.3\n", &plain), None);
    assert_eq!(way("time,signal\n0,x\n1,y\n", &plain), None);
    assert_eq!(way("a;b\n1;2\n", &plain), None);
    let semicolons = dialect(Separator::Semicolon);
    assert_eq!(
        way("time;signal\n0;0,3\n", &semicolons).as_deref(),
        Some("its numbers look written with ',': set target.decimal = \",\"")
    );
    assert_eq!(sniff_separator("a;b"), Some(Separator::Semicolon));
    assert_eq!(sniff_separator("a b"), None);
}
