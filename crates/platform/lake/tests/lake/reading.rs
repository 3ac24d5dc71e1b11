//! Any Parquet file as plain cells.

use fanvine_kernel::Timestamp;
use fanvine_lake::{Cell, ParquetRows, RowsError, parquet_rows};

use crate::shop::{MARCH, event, give, open};

#[tokio::test]
async fn a_file_reads_as_plain_cells_and_from_any_row_on() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path()).await;
    give(&lake, (0..10).map(|n| event(&format!("m{n}"), "Product Viewed", Some("ann"), n)).collect());
    lake.flush().await.unwrap();
    let path = std::fs::read_dir(folder.path().join("events")).unwrap().next().unwrap().unwrap().path();
    let rows = parquet_rows(&path).unwrap();
    assert_eq!(rows.total_rows(), 10);
    let columns = rows.columns();
    let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let all: Vec<_> = rows.flat_map(|batch| batch.unwrap()).collect();
    assert_eq!(all[3][place("message_id")], Cell::Text("m3".into()));
    assert_eq!(all[3][place("at_s")], Cell::Int(MARCH + 3));
    assert_eq!(all[3][place("revenue_minor")], Cell::Null);
    let rest: Vec<_> = ParquetRows::open(&path, 7).unwrap().flat_map(|batch| batch.unwrap()).collect();
    assert_eq!(rest, all[7..]);
}

#[test]
fn what_is_not_parquet_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    assert!(matches!(parquet_rows(&path), Err(RowsError::Open { .. })));
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    assert!(parquet_rows(&path).err().unwrap().to_string().ends_with("orders.csv as Parquet"));
}

#[test]
fn cells_have_the_shortest_text_that_reads_back_the_same() {
    assert_eq!(Cell::Float(0.1 + 0.2).to_text().as_deref(), Some("0.30000000000000004"));
    assert_eq!(Cell::Float(1e21).to_text().as_deref(), Some("1000000000000000000000"));
    assert_eq!(Cell::Time(Timestamp::from_seconds(0)).to_text().as_deref(), Some("1970-01-01T00:00:00Z"));
    assert_eq!(Cell::Null.to_text(), None);
}
