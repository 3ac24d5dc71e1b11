/** One tag: what it says and by which formula, how it spreads over people, who has it most, and what it was before. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { useMemo } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { deleteTag, readSpread, readTag, restoreTag } from "../api/calls";
import type { TagDetail, TagSpread } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { reasonText, wordFor } from "../people/person";
import { type Place, usePlace } from "../people/usePlace";
import { newSegmentPath } from "../segments/segment";
import { useMay } from "../session/session";
import { Facts } from "../ui/Facts";
import { DeleteOutlined, EditOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { weightsOption } from "./options";
import { TaggedPeople } from "./TaggedPeople";
import { makingOf, ruleOfTenth, ruleOfTerm } from "./tag";
import { tagPath } from "./tagPath";
import "../charts/charts.css";
import "../people/people.css";
import "../people/person.css";
import "./tags.css";

export default function TagPage() {
  const { t } = useI18n();
  const { id = "" } = useParams();
  const place = usePlace();
  const tag = useQuery({ queryKey: ["tags", id], queryFn: () => readTag(id) });
  const definition = tag.data?.definition;
  const spread = useQuery({
    queryKey: ["tags", id, "spread", tag.data?.version],
    queryFn: () => readSpread(id),
    enabled: definition != null,
  });
  const back = <Link to="/tags">← {t("tag.back")}</Link>;
  if (tag.isPending)
    return (
      <Page title={id} tools={back}>
        <Loading />
      </Page>
    );
  if (tag.isError)
    return (
      <Page title={id} tools={back}>
        <Failed error={tag.error} retry={() => tag.refetch()} />
      </Page>
    );
  return (
    <Page
      title={definition == null ? id : place.language === "en" ? definition.en : definition.zh}
      about={<code className="mono">{id}</code>}
      tools={
        <>
          {back}
          <Tools id={id} tag={tag.data} />
        </>
      }
    >
      <div className={`stack tag-${definition?.family ?? "basic"}`}>
        {definition == null ? (
          <div className="panel empty">
            <h2>{t("tag.deleted")}</h2>
            <p>{t("tag.deletedText")}</p>
          </div>
        ) : (
          <Definition tag={tag.data} place={place} />
        )}
        {spread.isError && <Failed error={spread.error} retry={() => spread.refetch()} />}
        {definition != null && spread.isPending && <Loading />}
        {spread.data && <Spread id={id} spread={spread.data} place={place} />}
        <Versions id={id} tag={tag.data} place={place} />
      </div>
    </Page>
  );
}

function Tools({ id, tag }: { id: string; tag: TagDetail }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const onError = (error: unknown) => message.error(problemText(error, t));
  const onSuccess = () => client.invalidateQueries({ queryKey: ["tags"] });
  const restore = useMutation({ mutationFn: () => restoreTag(id), onSuccess, onError });
  const remove = useMutation({ mutationFn: () => deleteTag(id), onSuccess, onError });
  if (!mayChange) return null;
  return (
    <>
      {tag.builtin && (tag.changed || tag.definition == null) && (
        <Popconfirm title={t("tag.restoreTitle")} onConfirm={() => restore.mutate()}>
          <Button loading={restore.isPending}>{t("catalogue.restore")}</Button>
        </Popconfirm>
      )}
      {tag.definition != null && (
        <>
          <Button type="primary" icon={<EditOutlined />} onClick={() => navigate(tagPath(id, "/edit"))}>
            {t("segment.edit")}
          </Button>
          <Popconfirm title={t("tag.deleteTitle")} description={t("tag.deleteText")} onConfirm={() => remove.mutate()}>
            <Button aria-label={t("tag.delete")} title={t("tag.delete")} icon={<DeleteOutlined />} />
          </Popconfirm>
        </>
      )}
    </>
  );
}

function Definition({ tag, place }: { tag: TagDetail; place: Place }) {
  const { t } = useI18n();
  const { definition, about, model } = tag;
  if (definition == null) return null;
  return (
    <Panel
      label={t("tag.formula")}
      title={t("tag.formula")}
      tools={
        <span className="panel-tools">
          <span className="pill">{t(`family.${definition.family}`)}</span>
          <span className="pill">{t(`making.${makingOf(definition.kind)}`)}</span>
        </span>
      }
    >
      <p className="tag-about">{reasonText(about?.[place.language] ?? "", place.nameOfSource)}</p>
      {model != null && (
        <p className="panel-foot">
          {t("tag.model", {
            model: model.model,
            version: model.version,
            weights: place.format.count(model.weights),
            time: place.format.dateTime(model.made_at),
          })}
        </p>
      )}
    </Panel>
  );
}

function Spread({ id, spread, place }: { id: string; spread: TagSpread; place: Place }) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const navigate = useNavigate();
  const { format } = place;
  const option = useMemo(() => weightsOption({ spread, format, palette, t }), [spread, format, palette, t]);
  const lead = (tenth: number) => navigate(newSegmentPath(ruleOfTenth(id, tenth)));
  const most = Math.max(1, ...spread.terms.map((term) => term.people));
  return (
    <>
      <Facts
        label={t("buyers.figures")}
        facts={[
          {
            name: t("tag.people"),
            value: <span data-figure="tagged">{format.count(spread.people)}</span>,
            note: t("catalogue.ofAll", { share: format.percent(spread.share) }),
          },
          { name: t("tag.meanWeight"), value: spread.mean_weight.toFixed(2) },
          {
            name: t("tag.looked"),
            value: format.count(spread.basis.looked_at),
            note: t("tag.lookedOf", { persons: format.count(spread.basis.persons) }),
          },
        ]}
      />
      <div className={spread.terms.length > 0 ? "tag-pair" : "stack"}>
        <ChartPanel
          title={t("tag.weights")}
          label={t("tag.weightsChart")}
          option={option}
          height={260}
          head={[t("tag.weight"), t("tag.people")]}
          rows={spread.histogram.map((people, tenth) => ({
            key: String(tenth),
            name: `${(tenth / 10).toFixed(1)} – ${((tenth + 1) / 10).toFixed(1)}`,
            cells: [
              people === 0 ? (
                "0"
              ) : (
                <button key="people" type="button" className="link-button" onClick={() => lead(tenth)}>
                  {format.count(people)}
                </button>
              ),
            ],
          }))}
          onPick={({ dataIndex }) => lead(dataIndex)}
          foot={t("tag.weightsAbout")}
        />
        {spread.terms.length > 0 && (
          <Panel label={t("tag.terms")} title={t("tag.terms")}>
            <ul className="terms">
              {spread.terms.slice(0, 12).map(({ term, people }) => (
                <li key={term}>
                  <Link to={newSegmentPath(ruleOfTerm(id, term))}>{wordFor(t, "term", term)}</Link>
                  <span className="terms-track" aria-hidden="true">
                    <i style={{ width: `${(people / most) * 100}%` }} />
                  </span>
                  <b>{format.count(people)}</b>
                </li>
              ))}
            </ul>
          </Panel>
        )}
      </div>
      <Panel label={t("tag.most")} title={t("tag.most")}>
        <TaggedPeople people={spread.sample} place={place} />
      </Panel>
    </>
  );
}

function Versions({ id, tag, place }: { id: string; tag: TagDetail; place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  return (
    <Panel label={t("tag.history")} title={t("tag.history")}>
      {tag.versions.length === 0 && <p className="nothing">{t("tag.noHistory")}</p>}
      <ul className="entries">
        {tag.versions.map((version, index) => (
          <li key={version.version} className="entry-decided">
            <p className="entry-line">
              <span className="pill">{t("segment.versionOf", { number: version.version })}</span>
              <strong>{wordFor(t, "tagChange", version.change)}</strong>
              <span className="faint">
                {version.changed_by} · {place.format.dateTime(version.changed_at)}
              </span>
            </p>
            {mayChange && index > 0 && version.definition != null && (
              <Link to={tagPath(id, `/edit?version=${version.version}`)}>{t("tag.goBack")}</Link>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
