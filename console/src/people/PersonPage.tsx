/** One person: what they are like, what they did, and why they are taken to be one. */
import { useQuery } from "@tanstack/react-query";
import { Switch, Tabs } from "antd";
import { useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { readPerson } from "../api/calls";
import { ApiError } from "../api/client";
import type { PersonDetail } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { Failed, Loading, Page } from "../ui/Page";
import { PersonHead } from "./Head";
import { IdentityTab } from "./Identity";
import { Outlook } from "./Outlook";
import { Profile } from "./Profile";
import { nameOf } from "./person";
import { Said } from "./Said";
import { Tags } from "./Tags";
import { Timeline } from "./Timeline";
import { type Place, usePlace } from "./usePlace";
import "./people.css";
import "./person.css";

export default function PersonPage() {
  const { t } = useI18n();
  const { key = "" } = useParams();
  const place = usePlace();
  const person = useQuery({
    queryKey: ["person", key],
    queryFn: () => readPerson(key),
    refetchInterval: (query) => (query.state.status === "error" ? false : 15_000),
  });
  const back = <Link to="/people">← {t("person.back")}</Link>;
  if (person.isError && person.data === undefined) {
    const gone = person.error instanceof ApiError && person.error.status === 404;
    return (
      <Page title={gone ? t("person.unknown") : key} tools={back}>
        {gone ? (
          <div className="panel empty">
            <p>{t("person.unknownText", { key })}</p>
            {back}
          </div>
        ) : (
          <Failed error={person.error} retry={() => person.refetch()} />
        )}
      </Page>
    );
  }
  if (person.isPending)
    return (
      <Page title={key} tools={back}>
        <Loading />
      </Page>
    );
  const title = nameOf(person.data, key);
  return (
    <Page title={title} tools={back}>
      <PersonHead key={person.data.person_id} person={person.data} shopperKey={key} name={title} place={place} />
      <Sections key={key} person={person.data} shopperKey={key} place={place} />
    </Page>
  );
}

const reasonsKey = "fanvine.people.reasons";
const tabs = ["profile", "timeline", "identity"] as const;

function Sections({ person, shopperKey, place }: { person: PersonDetail; shopperKey: string; place: Place }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const [reasons, setReasons] = useState(() => localStorage.getItem(reasonsKey) === "shown");
  const asked = tabs.find((tab) => tab === params.get("tab")) ?? "profile";
  const content = {
    profile: (
      <div className="person-board">
        <Outlook shopperKey={shopperKey} place={place} />
        <Tags tags={person.tags} reasons={reasons} place={place} />
        <Profile computed={person.computed} reasons={reasons} place={place} />
        <Said traits={person.traits} place={place} />
      </div>
    ),
    timeline: <Timeline shopperKey={shopperKey} keys={person.shopper_ids} place={place} />,
    identity: <IdentityTab person={person} shopperKey={shopperKey} place={place} />,
  };
  return (
    <Tabs
      activeKey={asked}
      destroyOnHidden
      onChange={(tab) => setParams(tab === "profile" ? {} : { tab }, { replace: true })}
      tabBarExtraContent={
        asked === "profile" && (
          <span className="reasons">
            {t("person.reasons")}
            <Switch
              size="small"
              aria-label={t("person.reasons")}
              checked={reasons}
              onChange={(shown) => {
                localStorage.setItem(reasonsKey, shown ? "shown" : "hidden");
                setReasons(shown);
              }}
            />
          </span>
        )
      }
      items={tabs.map((tab) => ({ key: tab, label: t(`person.${tab}`), children: content[tab] }))}
    />
  );
}
