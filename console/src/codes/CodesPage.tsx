/** Coupon codes: making them by the million, looking at them, taking them along, looking one up. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input, Progress, Select } from "antd";
import { useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { codesCsv, listCodes, listOffers, makeCodes, readCode } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { offerPath } from "../offers/terms";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { saveFile } from "../ui/download";
import { unknown } from "../ui/format";
import { DownloadOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { portions } from "./portions";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export default function CodesPage() {
  const { t } = useI18n();
  const place = usePlace();
  const mayChange = useMay("operator");
  const [params, setParams] = useSearchParams();
  const offers = useQuery({ queryKey: ["offers", "taken"], queryFn: () => listOffers({ limit: 1_000 }) });
  const coupons = (offers.data?.offers ?? []).filter((offer) => offer.terms.claim === "coupon");
  const asked = params.get("offer");
  const offer = asked ?? coupons[0]?.offer_id ?? null;
  return (
    <Page title={t("nav.codes")} about={t("codes.about")}>
      <div className="stack">
        <LookUp place={place} />
        {offers.isPending && <Loading />}
        {offers.isError && <Failed error={offers.error} retry={() => offers.refetch()} />}
        {offers.isSuccess && offer === null && (
          <div className="panel empty">
            <h2>{t("codes.noOffer")}</h2>
            <p>{t("codes.noOfferText")}</p>
            <div className="empty-actions">
              <Link to="/offers/new">{t("offers.create")}</Link>
            </div>
          </div>
        )}
        {offers.isSuccess && offer !== null && (
          <>
            <div className="fields">
              <Field label={t("codes.offer")}>
                <Select
                  aria-label={t("codes.offer")}
                  className="benefit-kind"
                  showSearch={{ optionFilterProp: "label" }}
                  value={offer}
                  onChange={(chosen) => setParams({ offer: chosen }, { replace: true })}
                  options={coupons.map((one) => ({ value: one.offer_id, label: one.terms.name }))}
                />
              </Field>
              <Link to={offerPath(offer)}>{t("codes.toOffer")}</Link>
            </div>
            {mayChange && <Make key={`make/${offer}`} offer={offer} place={place} />}
            <Codes key={`codes/${offer}`} offer={offer} place={place} />
          </>
        )}
      </div>
    </Page>
  );
}

function LookUp({ place }: { place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const look = useMutation({ mutationFn: (code: string) => readCode(code) });
  const found = look.data;
  return (
    <Panel title={t("codes.lookUp")} label={t("codes.lookUp")}>
      <div className="panel-body stack">
        <Input.Search
          aria-label={t("codes.lookUp")}
          className="people-search mono"
          placeholder={t("codes.one")}
          enterButton={t("codes.lookUpAction")}
          loading={look.isPending}
          onSearch={(code) => code.trim() !== "" && look.mutate(code.trim())}
        />
        {look.isError && <Alert type="warning" showIcon title={problemText(look.error, t)} />}
        {found !== undefined && (
          <dl className="facts code-found" data-code={found.code}>
            <div>
              <dt>{t("codes.one")}</dt>
              <dd className="mono">{found.code}</dd>
            </div>
            <div>
              <dt>{t("codes.offer")}</dt>
              <dd>
                <Link to={offerPath(found.offer_id)}>{found.offer_id}</Link>
              </dd>
            </div>
            <div>
              <dt>{t("codes.mostUses")}</dt>
              <dd>{found.most_uses == null ? t("offers.noLimit") : format.count(found.most_uses)}</dd>
            </div>
            <div>
              <dt>{t("offers.redeemed")}</dt>
              <dd>{format.count(found.redeemed)}</dd>
            </div>
            <div>
              <dt>{t("offers.reserved")}</dt>
              <dd>{format.count(found.reserved)}</dd>
            </div>
          </dl>
        )}
      </div>
    </Panel>
  );
}

const most = 1_000_000;

function Make({ offer, place }: { offer: string; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const client = useQueryClient();
  const [sort, setSort] = useState<"unique" | "shared">("unique");
  const [count, setCount] = useState<number | null>(1_000);
  const [prefix, setPrefix] = useState("");
  const [code, setCode] = useState("");
  const [uses, setUses] = useState<number | null>(null);
  const [made, setMade] = useState<number | null>(null);
  // The same keys for another attempt: what was made before is not made again.
  const run = useRef<string | null>(null);
  const wanted = sort === "shared" ? 1 : (count ?? 0);
  const make = useMutation({
    mutationFn: async () => {
      run.current ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
      setMade(0);
      let done = 0;
      for (const [index, portion] of portions(wanted).entries()) {
        const form =
          sort === "shared"
            ? { code: code.trim(), most_uses: uses }
            : { count: portion, prefix: prefix.trim() || null, most_uses: uses };
        await makeCodes(offer, `console-${run.current}-${index}`, form);
        done += portion;
        setMade(done);
      }
      return done;
    },
    onSuccess: () => {
      run.current = null;
      client.invalidateQueries({ queryKey: ["codes", offer] });
    },
  });
  const change = <V,>(set: (value: V) => void) => {
    return (value: V) => {
      // Another request: it must have another key.
      run.current = null;
      set(value);
    };
  };
  const ready = sort === "shared" ? code.trim() !== "" : wanted >= 1 && wanted <= most;
  return (
    <Panel title={t("codes.make")} label={t("codes.make")}>
      <div className="panel-body stack">
        <div className="fields">
          <Field label={t("codes.sort")}>
            <Select
              aria-label={t("codes.sort")}
              value={sort}
              onChange={change(setSort)}
              options={[
                { value: "unique", label: t("codes.unique") },
                { value: "shared", label: t("codes.shared") },
              ]}
            />
          </Field>
          {sort === "unique" ? (
            <>
              <Field label={t("codes.count")}>
                <CountInput
                  label={t("codes.count")}
                  least={1}
                  value={count}
                  onChange={(many) => change(setCount)(many ?? null)}
                />
              </Field>
              <Field label={t("codes.prefix")}>
                <Input
                  aria-label={t("codes.prefix")}
                  className="mono"
                  maxLength={32}
                  value={prefix}
                  onChange={(typed) => change(setPrefix)(typed.target.value)}
                />
              </Field>
            </>
          ) : (
            <Field label={t("codes.one")}>
              <Input
                aria-label={t("codes.one")}
                className="mono"
                maxLength={64}
                value={code}
                onChange={(typed) => change(setCode)(typed.target.value)}
              />
            </Field>
          )}
          <Field label={t("codes.mostUses")}>
            <CountInput
              label={t("codes.mostUses")}
              least={1}
              placeholder={sort === "unique" ? "1" : t("offers.noLimit")}
              value={uses}
              onChange={(many) => change(setUses)(many ?? null)}
            />
          </Field>
          <Button type="primary" disabled={!ready} loading={make.isPending} onClick={() => make.mutate()}>
            {t("codes.makeAction", { count: format.count(wanted) })}
          </Button>
        </div>
        {made !== null && wanted > 0 && (
          <Progress
            percent={Math.floor((made / wanted) * 100)}
            status={make.isError ? "exception" : make.isPending ? "active" : "normal"}
            format={() => t("codes.madeOf", { made: format.count(made), wanted: format.count(wanted) })}
          />
        )}
        {make.isError && <Alert type="error" showIcon title={problemText(make.error, t)} />}
      </div>
    </Panel>
  );
}

function Codes({ offer, place }: { offer: string; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const list = useInfiniteQuery({
    queryKey: ["codes", offer],
    queryFn: ({ pageParam }) => listCodes(offer, { limit: 50, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const take = useMutation({
    mutationFn: () => codesCsv(offer),
    onSuccess: (file) => saveFile(`${offer}.csv`, file),
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const codes = list.data.pages.flatMap((page) => page.codes);
  const total = list.data.pages[0]?.total ?? 0;
  if (total === 0)
    return (
      <div className="panel empty">
        <h2>{t("codes.none")}</h2>
        <p>{t("codes.noneText")}</p>
      </div>
    );
  return (
    <Panel
      title={t("codes.total", { count: format.count(total) })}
      label={t("nav.codes")}
      tools={
        <Button icon={<DownloadOutlined />} loading={take.isPending} onClick={() => take.mutate()}>
          {t("codes.export")}
        </Button>
      }
    >
      {take.isError && <Alert type="error" showIcon title={problemText(take.error, t)} />}
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{t("codes.one")}</th>
            <th scope="col" className="people-figure">
              {t("codes.mostUses")}
            </th>
          </tr>
        </thead>
        <tbody>
          {codes.map((one) => (
            <tr key={one.code}>
              <td className="mono">{one.code}</td>
              <td className="people-figure">{one.most_uses == null ? unknown : format.count(one.most_uses)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </Panel>
  );
}
