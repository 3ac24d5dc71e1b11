//! Dashboards: saved insights beside one another, in the order in which they stand, each so wide and so high. The grid has
//! twelve columns; a tile stands where there is room after the one before, so no two can ever lie over one another.

pub mod adopt_template;
pub mod delete_dashboard;
pub mod duplicate_dashboard;
pub mod list_dashboards;
pub mod list_templates;
pub mod put_dashboard;
pub mod routes;
pub mod save_dashboard;
pub mod share;
pub mod share_dashboard;
pub mod shared;
pub mod show_dashboard;
pub mod store;
pub mod templates;

use std::collections::BTreeSet;

use fanvine_kernel::ids::{DashboardId, InsightId};
use fanvine_kernel::{Code, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::reporting::{Ownership, wrong};

/// The most tiles of a dashboard.
const MOST_TILES: usize = 40;
/// The columns of the grid, and how narrow a tile may be.
const COLUMNS: u32 = 12;
const NARROWEST: u32 = 3;
/// The most rows that a tile is high.
const HIGHEST: u32 = 6;

/// An insight on a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DashboardTile)]
#[serde(deny_unknown_fields)]
pub struct Tile {
    /// Which.
    #[schema(value_type = String)]
    pub insight_id: InsightId,
    /// How many of twelve columns it is wide, 3 to 12.
    pub width: u32,
    /// How many rows it is high, 1 to 6.
    pub height: u32,
}

/// Saved insights beside one another.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// Its identifier.
    pub id: DashboardId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whose it is.
    pub ownership: Ownership,
    /// In the order in which they stand.
    pub tiles: Vec<Tile>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Whether the tiles can stand on a dashboard.
pub(crate) fn check(tiles: &[Tile]) -> Result<(), Problem> {
    if tiles.len() > MOST_TILES {
        return Err(wrong(format!("a dashboard has at most {MOST_TILES} tiles, not {}", tiles.len()), "tiles"));
    }
    let mut seen = BTreeSet::new();
    for (place, tile) in tiles.iter().enumerate() {
        let Tile { insight_id, width, height } = tile;
        if !(NARROWEST..=COLUMNS).contains(width) {
            let text = format!("`width` is {width}; a tile is {NARROWEST} to {COLUMNS} columns wide");
            return Err(wrong(text, format!("tiles.{place}.width")));
        }
        if !(1..=HIGHEST).contains(height) {
            let text = format!("`height` is {height}; a tile is 1 to {HIGHEST} rows high");
            return Err(wrong(text, format!("tiles.{place}.height")));
        }
        if !seen.insert(insight_id) {
            return Err(wrong(format!("insight {insight_id} stands there twice"), format!("tiles.{place}.insight_id")));
        }
    }
    Ok(())
}

/// That there is no such dashboard, or none that the caller sees.
pub(crate) fn no_dashboard(id: &DashboardId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no dashboard {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(id: &str, width: u32, height: u32) -> Tile {
        Tile { insight_id: id.parse().unwrap(), width, height }
    }

    #[test]
    fn tiles_are_as_wide_and_high_as_the_grid_allows_and_each_stands_once() {
        let said = |tiles: &[Tile]| check(tiles).unwrap_err().detail;
        assert!(check(&[tile("ins_1", 3, 1), tile("ins_2", 12, 6)]).is_ok());
        assert_eq!(said(&[tile("ins_1", 2, 1)]), "`width` is 2; a tile is 3 to 12 columns wide");
        assert_eq!(said(&[tile("ins_1", 3, 7)]), "`height` is 7; a tile is 1 to 6 rows high");
        assert_eq!(said(&[tile("ins_1", 3, 1), tile("ins_1", 4, 1)]), "insight ins_1 stands there twice");
        assert!(said(&vec![tile("ins_1", 3, 1); 41]).contains("at most 40"));
    }
}
