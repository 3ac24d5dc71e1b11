/** The buyers of a group, or of a cell of the matrix, those who spent most first. */
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { App, Button, Drawer, Segmented } from "antd";
import { Link } from "react-router";
import { listRfmGroup, rfmGroupCsv, type StandingQuestion } from "../api/calls";
import type { RfmReport } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { PersonCell } from "../people/PersonCell";
import type { Place } from "../people/usePlace";
import type { Rule } from "../segments/rule";
import { newSegmentPath } from "../segments/segment";
import { saveFile } from "../ui/download";
import { DownloadOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";
import { groupsIn, quarterOf, type RfmGroupCode } from "./rfm";

export interface Shown {
  group: RfmGroupCode;
  /** Only those of this score. */
  recency: number | null;
  frequency: number | null;
}

interface Props {
  report: RfmReport;
  question: StandingQuestion;
  shown: Shown | null;
  place: Place;
  onShow: (shown: Shown) => void;
  onClose: () => void;
}

export function RfmPeople({ report, question, shown, place, onShow, onClose }: Props) {
  const { t } = useI18n();
  const title =
    shown === null
      ? ""
      : shown.recency === null || shown.frequency === null
        ? t(`rfm.${shown.group}`)
        : `R${shown.recency} F${shown.frequency}`;
  return (
    <Drawer
      open={shown !== null}
      title={title}
      size={780}
      destroyOnHidden
      onClose={onClose}
      extra={
        shown !== null && (
          <span className="drawer-tools">
            {shown.recency === null && <ToSegment shown={shown} />}
            <Csv shown={shown} question={question} />
          </span>
        )
      }
    >
      {shown !== null && <Members report={report} question={question} shown={shown} place={place} onShow={onShow} />}
    </Drawer>
  );
}

/** The group as it is kept up from now on: by fifths of the buyers, as of now. */
function ToSegment({ shown }: { shown: Shown }) {
  const { t } = useI18n();
  const rule: Rule = { computed: { name: "rfm_group", is: { eq: shown.group } } };
  return <Link to={newSegmentPath(rule, t(`rfm.${shown.group}`))}>{t("rfm.toSegment")}</Link>;
}

function Csv({ shown, question }: { shown: Shown; question: StandingQuestion }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const csv = useMutation({
    mutationFn: () => rfmGroupCsv(shown.group, { ...question, ...scoresOf(shown) }),
    onSuccess: (file) => saveFile(`fanvine-${shown.group}.csv`, file),
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <Button icon={<DownloadOutlined />} loading={csv.isPending} onClick={() => csv.mutate()}>
      {t("sql.csv")}
    </Button>
  );
}

function scoresOf({ recency, frequency }: Shown) {
  return { recency: recency ?? undefined, frequency: frequency ?? undefined };
}

function Members({ report, question, shown, place, onShow }: Omit<Props, "onClose" | "shown"> & { shown: Shown }) {
  const { t } = useI18n();
  const { format } = place;
  const asked = { ...question, ...scoresOf(shown) };
  const list = useInfiniteQuery({
    queryKey: ["rfm", "members", shown.group, asked],
    queryFn: ({ pageParam }) =>
      listRfmGroup(shown.group, { ...asked, ...(pageParam === "" ? {} : { after: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const members = list.data?.pages.flatMap((page) => page.members) ?? [];
  const { recency, frequency } = shown;
  const groups = recency === null || frequency === null ? null : groupsIn(quarterOf({ recency, frequency }, report));
  return (
    <div className="stack">
      {groups !== null && (
        <Segmented
          block
          aria-label={t("rfm.groups")}
          value={shown.group}
          options={groups.map((group) => ({ value: group, label: t(`rfm.${group}`) }))}
          onChange={(group) => onShow({ ...shown, group })}
        />
      )}
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && (
        <p className="faint" role="status">
          {t("rfm.found", { count: format.count(list.data.pages[0]?.buyers) })}
        </p>
      )}
      {members.length > 0 && (
        <section className="panel people" aria-label={t("people.list")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("people.person")}</th>
                <th scope="col">{t("value.last_order")}</th>
                <th scope="col" className="people-figure">
                  {t("figure.orders")}
                </th>
                <th scope="col" className="people-figure">
                  {t("people.spend")}
                </th>
                <th scope="col" className="people-figure">
                  RFM
                </th>
              </tr>
            </thead>
            <tbody>
              {members.map((member) => (
                <tr key={member.person_id}>
                  <th scope="row">
                    <PersonCell personId={member.person_id} shopperKey={member.shopper_id} />
                  </th>
                  <td title={format.dateTime(member.last_order_at)}>{format.date(member.last_order)}</td>
                  <td className="people-figure">{format.count(member.orders)}</td>
                  <td className="people-figure">{format.money(member.spend_minor, report.currency)}</td>
                  <td className="people-figure mono">
                    {member.recency} {member.frequency} {member.monetary}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </section>
      )}
    </div>
  );
}
