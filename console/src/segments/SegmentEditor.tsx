/** Making a segment, or changing one: the rule as a tree and as text, with who it takes, while it is edited. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Form, Input } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import {
  changeSegment,
  createSegment,
  listLists,
  listTags,
  previewRule,
  readRfm,
  readSegment,
  readShop,
} from "../api/calls";
import type { SegmentDetail } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { dateIn } from "../overview/range";
import { personPath } from "../people/person";
import { type Place, usePlace } from "../people/usePlace";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { type Known, KnownProvider } from "./builder/known";
import { RuleBuilder } from "./builder/RuleBuilder";
import type { Rule } from "./rule";
import { useSegments } from "./SegmentsPage";
import { ruleFrom, segmentPath } from "./segment";
import { Unknown } from "./Unknown";
import { type EditedRule, useRule, useSettled } from "./useRule";
import "../people/people.css";
import "./segments.css";

const firstRule: Rule = {
  all: [{ event: { of: { names: ["Order Completed"] }, measure: { count: { ge: 1 } }, window: { last: "30 days" } } }],
};

export default function SegmentEditor() {
  const { t } = useI18n();
  const { id } = useParams();
  const [params] = useSearchParams();
  const segment = useQuery({
    queryKey: ["segments", id],
    queryFn: () => readSegment(id ?? ""),
    enabled: id !== undefined,
  });
  const known = useKnownHere(id);
  const given = ruleFrom(params.get("rule"));
  const title = id === undefined ? t("segments.create") : t("editor.change");
  const back =
    id === undefined ? (
      <Link to="/segments">← {t("segments.back")}</Link>
    ) : (
      <Link to={segmentPath(id)}>← {segment.data?.name ?? id}</Link>
    );
  if (segment.isError)
    return (
      <Page title={title} tools={back}>
        <Failed error={segment.error} retry={() => segment.refetch()} />
      </Page>
    );
  if (known === null || (id !== undefined && segment.data === undefined))
    return (
      <Page title={title} tools={back}>
        <Loading />
      </Page>
    );
  return (
    <Page title={title} tools={back}>
      <KnownProvider value={known}>
        <Editor
          segment={segment.data}
          first={given ?? segment.data?.rule ?? firstRule}
          name={segment.data?.name ?? params.get("name") ?? ""}
        />
      </KnownProvider>
    </Page>
  );
}

/** What rules may name here: all but the segment itself. */
function useKnownHere(id: string | undefined): Known | null {
  const { locale } = useI18n();
  const segments = useSegments();
  const lists = useQuery({ queryKey: ["segments", "lists"], queryFn: listLists });
  const tags = useQuery({ queryKey: ["tags"], queryFn: listTags });
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  // A shop that names no currency has that of most orders; one without orders may have any.
  const rfm = useQuery({
    queryKey: ["rfm", {}],
    queryFn: () => readRfm({ as_of: undefined }),
    enabled: shop.data?.currency === null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (rfm.isLoading) return null;
  if (!segments.data || !lists.data || !tags.data || !shop.data) return null;
  return {
    segments: segments.data.segments.filter((one) => one.id !== id).map(({ id, name }) => ({ id, name })),
    lists: lists.data.lists.map(({ id, name }) => ({ id, name })),
    tags: tags.data.tags.map((tag) => ({ id: tag.id, name: locale === "en" ? tag.en : tag.zh })),
    currency: shop.data.currency ?? rfm.data?.currency ?? "CNY",
    today: dateIn(shop.data.time_zone, new Date()),
  };
}

function Editor({
  segment,
  first,
  name: firstName,
}: {
  segment: SegmentDetail | undefined;
  first: Rule;
  name: string;
}) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const place = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(firstName);
  const [description, setDescription] = useState(segment?.description ?? "");
  const [announce, setAnnounce] = useState(false);
  const edited = useRule(first, segment?.id, place.language);
  const save = useMutation({
    mutationFn: () => {
      const form = { name, description, rule: edited.rule, announce_existing: announce };
      return segment === undefined ? createSegment(form) : changeSegment(segment.id, form);
    },
    onSuccess: async (saved) => {
      message.success(t("editor.saved", { name: saved.name }));
      await client.invalidateQueries({ queryKey: ["segments"] });
      navigate(segmentPath(saved.id));
    },
  });
  return (
    <div className="editor">
      <div className="stack">
        <section className="panel editor-words" aria-label={t("editor.words")}>
          <Form layout="vertical" className="editor-fields">
            <Form.Item label={t("segments.name")}>
              <Input
                aria-label={t("segments.name")}
                value={name}
                maxLength={200}
                placeholder={t("editor.namePlaceholder")}
                onChange={(change) => setName(change.target.value)}
              />
            </Form.Item>
            <Form.Item label={t("editor.description")}>
              <Input
                aria-label={t("editor.description")}
                value={description}
                maxLength={2000}
                placeholder={t("editor.descriptionPlaceholder")}
                onChange={(change) => setDescription(change.target.value)}
              />
            </Form.Item>
          </Form>
        </section>
        <Panel label={t("segment.rule")} title={t("editor.who")}>
          <div className="editor-rule">
            <RuleBuilder root={edited.root} paths={edited.paths} faults={edited.faults} onChange={edited.setRoot} />
          </div>
        </Panel>
        <TextForm edited={edited} />
      </div>
      <aside className="stack editor-side">
        <Preview edited={edited} place={place} />
        <section className="panel editor-save">
          <Checkbox checked={announce} onChange={(change) => setAnnounce(change.target.checked)}>
            {t("editor.announce")}
          </Checkbox>
          {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
          {edited.error != null && <Alert type="error" showIcon title={problemText(edited.error, t)} />}
          <Button
            type="primary"
            block
            loading={save.isPending}
            disabled={name.trim() === "" || !edited.sound}
            onClick={() => save.mutate()}
          >
            {t("form.save")}
          </Button>
          {name.trim() === "" && <p className="faint">{t("editor.needsName")}</p>}
        </section>
      </aside>
    </div>
  );
}

/** The rule as text: follows the tree, and the tree follows it. */
function TextForm({ edited }: { edited: EditedRule }) {
  const { t } = useI18n();
  return (
    <Panel
      label={t("editor.text")}
      title={t("editor.text")}
      tools={<span className="faint">{t("editor.textAbout")}</span>}
    >
      <div className="editor-text">
        <Input.TextArea
          aria-label={t("editor.text")}
          className="mono"
          autoSize={{ minRows: 2, maxRows: 10 }}
          spellCheck={false}
          status={edited.textFault === null ? "" : "error"}
          value={edited.text}
          onChange={(change) => edited.setText(change.target.value)}
        />
        {edited.textFault !== null && (
          <p className="rule-faults" role="alert">
            {edited.textFault}
          </p>
        )}
      </div>
    </Panel>
  );
}

/** How many the rule takes at this moment, and some of them. */
function Preview({ edited, place }: { edited: EditedRule; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const written = JSON.stringify(edited.rule);
  const asked = useSettled(written);
  const preview = useQuery({
    queryKey: ["segments", "preview", asked],
    queryFn: ({ signal }) => previewRule(JSON.parse(asked) as Rule, signal),
    enabled: edited.sound && asked === written,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  const fresh = preview.data !== undefined && !preview.isPlaceholderData && asked === written && edited.sound;
  const { data } = preview;
  return (
    <section className="panel preview" aria-label={t("preview.title")} aria-busy={!fresh}>
      <h2>{t("preview.title")}</h2>
      <p className={fresh ? "preview-count" : "preview-count preview-stale"} data-figure="preview" data-fresh={fresh}>
        {data === undefined ? "—" : format.count(data.people)}
      </p>
      <p className="faint">
        {edited.faults.length > 0
          ? t("preview.faults")
          : data === undefined
            ? t("preview.counting")
            : t("preview.of", {
                share: format.percent(data.of_shopper_keys === 0 ? null : data.shopper_keys / data.of_shopper_keys),
              })}
      </p>
      {fresh && data !== undefined && <Unknown of={data} />}
      {preview.isError && edited.sound && <Alert type="error" showIcon title={problemText(preview.error, t)} />}
      {data !== undefined && data.sample.length > 0 && (
        <>
          <h3>{t("preview.some")}</h3>
          <ul className="preview-some">
            {data.sample.map((member) => (
              <li key={member.person_id}>
                <Link to={personPath(member.shopper_id)} className="mono">
                  {member.shopper_id}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
