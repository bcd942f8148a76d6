//! Tables as Parquet: the same columns under the same names, empty cells as nulls.
//!
//! A row group at a time is in memory, whatever the table's length. Doubles are stored as they are: no
//! decimal form, no rounding. Snappy, since every reader knows it.

use super::ExportError;
use super::columns::{Cells, Column, ColumnType, Kind, Parameters};
use super::pending::Pending;
use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use synapse_report::ReportError;
use synapse_report::tables::{CURVES, RUNS, TRACES, TableForm, TableReader};

/// Rows of a row group: some tens of MB in memory, and few enough groups that readers stay fast.
const GROUP_ROWS: usize = 1 << 16;

/// Writes all tables of a result folder.
pub(super) fn write(results: &Path, target: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let parameters = Parameters::read(results)?;
    let mut pending = Pending::new(target)?;
    for (form, name) in [
        (RUNS, "runs.parquet"),
        (CURVES, "curves.parquet"),
        (TRACES, "traces.parquet"),
    ] {
        if let Some(table) = TableReader::open(results, form.file)? {
            let file = pending.create(name)?;
            convert(table, form, &parameters, file, GROUP_ROWS)
                .map_err(|error| error.of_file(&target.join(name)))?;
        }
    }
    pending.commit()
}

/// What goes wrong within a table.
#[derive(Debug)]
enum ConvertError {
    Table(ReportError),
    Parquet(ParquetError),
}

impl From<ReportError> for ConvertError {
    fn from(error: ReportError) -> Self {
        Self::Table(error)
    }
}

impl From<ParquetError> for ConvertError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl ConvertError {
    fn of_file(self, path: &Path) -> ExportError {
        match self {
            Self::Table(error) => error.into(),
            Self::Parquet(error) => ExportError::Parquet {
                path: path.to_owned(),
                error,
            },
        }
    }
}

/// Writes one table.
fn convert(
    mut table: TableReader,
    form: TableForm,
    parameters: &Parameters,
    file: File,
    group_rows: usize,
) -> Result<(), ConvertError> {
    table.parameters(form.columns)?;
    let types = parameters.types(&table);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let schema = schema(&table.header, &types)?;
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let mut columns: Vec<Column> = types.into_iter().map(Column::new).collect();
    let mut rows = 0;
    while table.advance()? {
        for (at, column) in columns.iter_mut().enumerate() {
            column.push(&table, at)?;
        }
        rows += 1;
        if rows == group_rows {
            write_group(&mut writer, &mut columns)?;
            rows = 0;
        }
    }
    if rows > 0 {
        write_group(&mut writer, &mut columns)?;
    }
    writer.close()?;
    Ok(())
}

/// The columns in the order of the table.
fn schema(names: &[String], types: &[ColumnType]) -> Result<TypePtr, ParquetError> {
    let fields = names
        .iter()
        .zip(types)
        .map(|(name, column)| {
            let (physical, logical) = match column.kind {
                Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
                Kind::Whole => (PhysicalType::INT64, None),
                Kind::Number => (PhysicalType::DOUBLE, None),
            };
            Type::primitive_type_builder(name, physical)
                .with_logical_type(logical)
                .with_repetition(match column.nullable {
                    true => Repetition::OPTIONAL,
                    false => Repetition::REQUIRED,
                })
                .build()
                .map(Arc::new)
        })
        .collect::<Result<_, _>>()?;
    Type::group_type_builder("schema")
        .with_fields(fields)
        .build()
        .map(Arc::new)
}

/// Writes the rows and forgets them.
fn write_group(
    writer: &mut SerializedFileWriter<File>,
    columns: &mut [Column],
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    let mut columns = columns.iter_mut();
    while let (Some(mut chunk), Some(column)) = (group.next_column()?, columns.next()) {
        let levels = column.levels.as_deref();
        match &column.cells {
            Cells::Text(cells) => chunk
                .typed::<ByteArrayType>()
                .write_batch(cells, levels, None)?,
            Cells::Whole(cells) => chunk
                .typed::<Int64Type>()
                .write_batch(cells, levels, None)?,
            Cells::Number(cells) => chunk
                .typed::<DoubleType>()
                .write_batch(cells, levels, None)?,
        };
        chunk.close()?;
        column.clear();
    }
    group.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    use std::fmt::Write;

    /// A table of several row groups, the last of them shorter, reads back as one.
    #[test]
    fn row_groups_follow_each_other_without_a_seam() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = "run_id,rule.kind,network,target,trial,t_ms,v_tar,v\n".to_owned();
        let value = |i: usize| 1.0 / (i as f64 + 3.0);
        for i in 0..25 {
            writeln!(text, "a,force,0,0,5,{i},0,{:?}", value(i)).unwrap();
        }
        std::fs::write(folder.path().join("traces.csv"), text).unwrap();
        let runs = "run_id,rule.kind,network,target,status,diverged_trial,diverged_step,test_mse,\
                    tracking_mse,message,wall_s\na,force,0,0,ok,,,1,1,,1\n";
        std::fs::write(folder.path().join("runs.csv"), runs).unwrap();
        let parameters = Parameters::read(folder.path()).unwrap();
        let table = TableReader::open(folder.path(), "traces.csv")
            .unwrap()
            .unwrap();
        let path = folder.path().join("out.parquet");
        convert(table, TRACES, &parameters, File::create(&path).unwrap(), 10).unwrap();

        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(reader.num_row_groups(), 3);
        let mut rows = 0;
        for (i, row) in reader.get_row_iter(None).unwrap().enumerate() {
            let row = row.unwrap();
            let cells: Vec<&Field> = row.get_column_iter().map(|(_, cell)| cell).collect();
            assert_eq!(cells[0], &Field::Str("a".to_owned()));
            assert_eq!(cells[5], &Field::Double(i as f64));
            assert_eq!(cells[7], &Field::Double(value(i)));
            rows += 1;
        }
        assert_eq!(rows, 25);
    }
}
