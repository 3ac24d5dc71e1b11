/** Tiles on a grid of twelve columns. Pure: tiles in, tiles out. */
import type { DashboardTile } from "../api/reporting";

export const narrowest = 3;
export const columns = 12;
export const highest = 6;

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);

/** The tiles with one so much wider and higher, as far as the grid allows. */
export function resized(tiles: DashboardTile[], id: string, wider: number, higher: number): DashboardTile[] {
  return tiles.map((tile) =>
    tile.insight_id === id
      ? {
          ...tile,
          width: clamp(tile.width + wider, narrowest, columns),
          height: clamp(tile.height + higher, 1, highest),
        }
      : tile,
  );
}

/** The tiles with one so many places further on, or back. */
export function moved(tiles: DashboardTile[], id: string, by: number): DashboardTile[] {
  const from = tiles.findIndex((tile) => tile.insight_id === id);
  const tile = tiles[from];
  if (tile === undefined) return tiles;
  const rest = tiles.filter((one) => one !== tile);
  rest.splice(clamp(from + by, 0, rest.length), 0, tile);
  return rest;
}

/** The tiles with one where another stands. */
export function putAt(tiles: DashboardTile[], id: string, where: string): DashboardTile[] {
  const [from, to] = [id, where].map((wanted) => tiles.findIndex((tile) => tile.insight_id === wanted));
  return from === undefined || to === undefined || from < 0 || to < 0 ? tiles : moved(tiles, id, to - from);
}
