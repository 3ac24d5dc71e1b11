/** The tiles of a dashboard. In a changing dashboard they are dragged, or moved and resized with buttons. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { type PointerEvent, useRef, useState } from "react";
import type { DashboardTile, InsightAnswer } from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { formatFor } from "../ui/format";
import { CloseOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";
import { TileAnswer } from "./TileAnswer";
import { moved, putAt, resized } from "./tiles";

export interface Shown {
  insight_id: string;
  name: string;
  description: string;
}

interface Props {
  tiles: DashboardTile[];
  insights: Shown[];
  timeZone: string;
  /** Names what is asked, with the days. */
  asked: string;
  ask: (insight: string, signal: AbortSignal) => Promise<InsightAnswer>;
  /** Given while the dashboard is being changed. */
  change?: (tiles: DashboardTile[]) => void;
}

const rowHeight = 150;

export function Grid({ tiles, insights, change, ...asking }: Props) {
  const [dragged, setDragged] = useState<string | null>(null);
  return (
    <div className="dashboard-grid">
      {tiles.map((tile) => {
        const insight = insights.find((one) => one.insight_id === tile.insight_id);
        if (insight === undefined) return null;
        const id = tile.insight_id;
        return (
          <section
            key={id}
            className={`panel tile${dragged === id ? " tile-dragged" : ""}`}
            style={{ gridColumn: `span ${tile.width}`, gridRow: `span ${tile.height}` }}
            aria-label={insight.name}
            data-size={`${tile.width}x${tile.height}`}
            draggable={change !== undefined}
            onDragStart={() => setDragged(id)}
            onDragEnd={() => setDragged(null)}
            onDragOver={(event) => dragged !== null && event.preventDefault()}
            onDrop={() => dragged !== null && change?.(putAt(tiles, dragged, id))}
          >
            <TileHead insight={insight} tile={tile} tiles={tiles} change={change} />
            <Tile insight={insight} height={tile.height * rowHeight - 86} {...asking} />
            {change !== undefined && <Corner tile={tile} resize={(w, h) => change(resized(tiles, id, w, h))} />}
          </section>
        );
      })}
    </div>
  );
}

interface HeadProps {
  insight: Shown;
  tile: DashboardTile;
  tiles: DashboardTile[];
  change: Props["change"];
}

function TileHead({ insight, tile, tiles, change }: HeadProps) {
  const { t } = useI18n();
  const { name } = insight;
  const id = tile.insight_id;
  return (
    <div className="tile-head">
      <h2 title={insight.description}>{name}</h2>
      {change !== undefined && (
        <span className="tile-tools">
          <Button size="small" aria-label={t("tile.back", { name })} onClick={() => change(moved(tiles, id, -1))}>
            ←
          </Button>
          <Button size="small" aria-label={t("tile.on", { name })} onClick={() => change(moved(tiles, id, 1))}>
            →
          </Button>
          <Button
            size="small"
            aria-label={t("tile.narrower", { name })}
            onClick={() => change(resized(tiles, id, -1, 0))}
          >
            −
          </Button>
          <Button size="small" aria-label={t("tile.wider", { name })} onClick={() => change(resized(tiles, id, 1, 0))}>
            +
          </Button>
          <Button
            size="small"
            aria-label={t("tile.remove", { name })}
            icon={<CloseOutlined />}
            onClick={() => change(tiles.filter((one) => one !== tile))}
          />
        </span>
      )}
    </div>
  );
}

/** The corner by which a tile is drawn wider and higher. */
function Corner({ tile, resize }: { tile: DashboardTile; resize: (wider: number, higher: number) => void }) {
  const from = useRef<{ x: number; y: number; column: number } | null>(null);
  const start = (event: PointerEvent<HTMLSpanElement>) => {
    const width = event.currentTarget.parentElement?.clientWidth ?? 0;
    from.current = { x: event.clientX, y: event.clientY, column: width / tile.width };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const end = (event: PointerEvent<HTMLSpanElement>) => {
    if (from.current === null) return;
    const { x, y, column } = from.current;
    from.current = null;
    resize(Math.round((event.clientX - x) / column), Math.round((event.clientY - y) / rowHeight));
  };
  return <span className="tile-corner" aria-hidden="true" onPointerDown={start} onPointerUp={end} />;
}

interface TileProps extends Pick<Props, "timeZone" | "asked" | "ask"> {
  insight: Shown;
  height: number;
}

function Tile({ insight, height, timeZone, asked, ask }: TileProps) {
  const { locale, t } = useI18n();
  const answer = useQuery({
    queryKey: ["insight-answer", asked, insight.insight_id],
    queryFn: ({ signal }) => ask(insight.insight_id, signal),
  });
  if (answer.isPending) return <Loading />;
  if (answer.isError) return <Failed error={answer.error} retry={() => answer.refetch()} />;
  const format = formatFor(locale, timeZone);
  const { from, to, computed_at } = answer.data;
  return (
    <>
      <div className="tile-body">
        <TileAnswer name={insight.name} said={answer.data} timeZone={timeZone} height={Math.max(height, 90)} />
      </div>
      <small className="faint">
        {format.range(from, to)} · {t("tile.computed", { time: format.time(computed_at) })}
      </small>
    </>
  );
}
