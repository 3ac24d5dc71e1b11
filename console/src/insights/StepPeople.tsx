/** Who got to a step and no further; at the last, who took them all. */
import { useQuery } from "@tanstack/react-query";
import { Drawer } from "antd";
import { Link } from "react-router";
import { askFunnel } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import type { DateRange } from "../overview/range";
import { personPath } from "../people/person";
import { usePlace } from "../people/usePlace";
import { UserOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";
import { type FunnelAsked, funnelBody } from "./question";

interface Props {
  asked: FunnelAsked;
  view: DateRange;
  /** Which step, counted from 1; none while the drawer is closed. */
  at: number | null;
  onClose: () => void;
}

export function StepPeople({ asked, view, at, onClose }: Props) {
  const { t } = useI18n();
  const number = at ?? 0;
  const title =
    number === asked.steps.length
      ? t("funnelling.peopleCompleted", { number })
      : t("funnelling.peopleStopped", { number });
  return (
    <Drawer open={at !== null} title={title} size={520} destroyOnHidden onClose={onClose}>
      {at !== null && <People body={{ ...funnelBody(asked, view), people_at: at }} />}
    </Drawer>
  );
}

/** The most the program lists. */
const mostListed = 1_000;

function People({ body }: { body: object }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const answer = useQuery({
    queryKey: ["insights", "funnel", body],
    queryFn: ({ signal }) => askFunnel(body, signal),
  });
  if (answer.isPending) return <Loading />;
  if (answer.isError) return <Failed error={answer.error} retry={() => answer.refetch()} />;
  const { people } = answer.data;
  if (people.length === 0) return <p className="faint">{t("funnelling.nobodyHere")}</p>;
  return (
    <div className="stack">
      <p className="faint" role="status">
        {people.length < mostListed
          ? t("funnelling.people", { count: format.count(people.length) })
          : t("funnelling.peopleMost")}
      </p>
      <ul className="step-people">
        {people.map((key) => (
          <li key={key}>
            <span className="person-mark person-mark-0" aria-hidden="true">
              <UserOutlined />
            </span>
            <Link to={personPath(key)} className="mono">
              {key}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
