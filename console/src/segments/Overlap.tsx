/** How segments overlap, each with each; a cell leads to those in both. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { Fragment } from "react";
import { Link, useSearchParams } from "react-router";
import { compareSegments } from "../api/calls";
import type { SegmentOverlap } from "../api/types";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { Failed, Loading, Panel } from "../ui/Page";
import { useSegments } from "./SegmentsPage";
import { newSegmentPath, segmentPath } from "./segment";

const most = 20;
const usual = 8;

export function Overlap({ place }: { place: Place }) {
  const { t } = useI18n();
  const list = useSegments();
  const [params, setParams] = useSearchParams();
  const segments = list.data?.segments ?? [];
  const known = (id: string) => segments.some((segment) => segment.id === id);
  const asked = params.get("ids")?.split(",").filter(known);
  const largest = [...segments].sort((a, b) => b.people - a.people).slice(0, usual);
  const ids = asked ?? largest.map((segment) => segment.id);
  const overlap = useQuery({
    queryKey: ["segments", "overlap", ids],
    queryFn: () => compareSegments(ids),
    enabled: ids.length >= 2,
    placeholderData: keepPreviousData,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  if (segments.length < 2)
    return (
      <div className="panel empty">
        <h2>{t("overlap.tooFew")}</h2>
        <p>{t("overlap.tooFewText")}</p>
        <Link to="/segments?tab=ready">{t("segments.ready")}</Link>
      </div>
    );
  return (
    <div className="stack">
      <Select
        mode="multiple"
        aria-label={t("overlap.choose")}
        placeholder={t("overlap.choose")}
        maxCount={most}
        value={ids}
        options={segments.map((segment) => ({ value: segment.id, label: segment.name }))}
        showSearch={{ optionFilterProp: "label" }}
        onChange={(chosen: string[]) => setParams({ tab: "overlap", ids: chosen.join(",") }, { replace: true })}
      />
      {ids.length < 2 && <p className="nothing">{t("overlap.chooseTwo")}</p>}
      {overlap.isError && <Failed error={overlap.error} retry={() => overlap.refetch()} />}
      {ids.length >= 2 && overlap.isPending && <Loading />}
      {ids.length >= 2 && overlap.data && <Matrix overlap={overlap.data} place={place} />}
    </div>
  );
}

function Matrix({ overlap, place }: { overlap: SegmentOverlap; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const { segments, overlaps } = overlap;
  return (
    <Panel
      label={t("segments.overlap")}
      title={t("segments.overlap")}
      tools={<span className="faint">{t("overlap.about")}</span>}
    >
      <div className="overlap-holder">
        <table className="overlap">
          <caption className="sr-only">{t("overlap.about")}</caption>
          <thead>
            <tr>
              <td />
              {segments.map((segment) => (
                <th key={segment.id} scope="col" title={segment.name}>
                  <span>{segment.name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {segments.map((row, i) => (
              <tr key={row.id}>
                <th scope="row">
                  <Link to={segmentPath(row.id)}>{row.name}</Link>
                  <small>{format.count(row.people)}</small>
                </th>
                {segments.map((column, j) => {
                  const cell = overlaps[i]?.[j];
                  if (cell === undefined) return <td key={column.id} />;
                  if (i === j) return <td key={column.id} className="overlap-self" />;
                  const share = cell.left === 0 ? 0 : cell.both / cell.left;
                  const words = t("overlap.cell", {
                    both: format.count(cell.both),
                    share: format.percent(share),
                    left: row.name,
                    right: column.name,
                    jaccard: cell.jaccard.toFixed(2),
                  });
                  const shown = (
                    <Fragment>
                      <strong>{format.count(cell.both)}</strong>
                      <small>{format.percent(share)}</small>
                    </Fragment>
                  );
                  return (
                    <td
                      key={column.id}
                      style={{ "--strength": `${Math.round(share * 62)}%` } as React.CSSProperties}
                      title={words}
                    >
                      {cell.both === 0 ? (
                        <span>{shown}</span>
                      ) : (
                        <Link
                          aria-label={words}
                          to={newSegmentPath(
                            { all: [{ segment: row.id }, { segment: column.id }] },
                            `${row.name} ∩ ${column.name}`,
                          )}
                        >
                          {shown}
                        </Link>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
