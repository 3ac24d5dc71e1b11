/** Defining a tag, or changing one, with who would have it on real people before anything is saved. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Select, Switch } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { listTags, previewTag, putTag, readTag } from "../api/calls";
import type { TagBehaviours, TagDefinition } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { reasonText } from "../people/person";
import { type Place, usePlace } from "../people/usePlace";
import { useSettled } from "../segments/useRule";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Histogram } from "./Histogram";
import { KindInput } from "./KindInput";
import { TaggedPeople } from "./TaggedPeople";
import { BehavioursInput } from "./TagsPage";
import { families, formOf, idIn, newDefinition, numbersOf } from "./tag";
import { tagPath } from "./tagPath";
import "../people/people.css";
import "../people/person.css";
import "../segments/segments.css";
import "./tags.css";

export default function TagEditor() {
  const { t } = useI18n();
  const { id } = useParams();
  const [params] = useSearchParams();
  const tag = useQuery({ queryKey: ["tags", id], queryFn: () => readTag(id ?? ""), enabled: id !== undefined });
  const list = useQuery({ queryKey: ["tags"], queryFn: listTags });
  const title = id === undefined ? t("catalogue.create") : t("tagEditor.change");
  const back = id === undefined ? <Link to="/tags">← {t("tag.back")}</Link> : <Link to={tagPath(id)}>← {id}</Link>;
  const error = tag.error ?? list.error;
  if (error !== null)
    return (
      <Page title={title} tools={back}>
        <Failed error={error} />
      </Page>
    );
  if (list.data === undefined || (id !== undefined && tag.data === undefined))
    return (
      <Page title={title} tools={back}>
        <Loading />
      </Page>
    );
  const version = Number(params.get("version"));
  const past = tag.data?.versions.find((one) => one.version === version)?.definition;
  return (
    <Page title={title} tools={back}>
      <Editor
        first={past ?? tag.data?.definition ?? newDefinition()}
        isNew={id === undefined}
        basedOn={list.data.version}
        behaviours={list.data.behaviours}
      />
    </Page>
  );
}

interface EditorProps {
  first: TagDefinition;
  isNew: boolean;
  basedOn: number;
  behaviours: TagBehaviours;
}

function Editor({ first, isNew, basedOn, behaviours }: EditorProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const place = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [tag, setTag] = useState<TagDefinition>(first);
  // What somebody else saves meanwhile is not overwritten: the change is refused.
  const [version] = useState(basedOn);
  const put = (change: Partial<TagDefinition>) => setTag({ ...tag, ...change });
  const save = useMutation({
    mutationFn: () => putTag(tag.id, formOf(tag, version)),
    onSuccess: async () => {
      message.success(t("editor.saved", { name: place.language === "en" ? tag.en : tag.zh }));
      await client.invalidateQueries({ queryKey: ["tags"] });
      navigate(tagPath(tag.id));
    },
  });
  const named = tag.en.trim() !== "" && tag.zh.trim() !== "" && /\../.test(tag.id);
  return (
    <div className={`editor tag-${tag.family}`}>
      <div className="stack">
        <Panel label={t("tagEditor.what")} title={t("tagEditor.what")}>
          <Form layout="vertical" className="tag-form">
            <Form.Item label={t("tagEditor.family")}>
              <Select
                aria-label={t("tagEditor.family")}
                disabled={!isNew}
                value={tag.family}
                options={families.map((family) => ({ value: family, label: t(`family.${family}`) }))}
                onChange={(family) => put({ family, id: idIn(family, tag.id) })}
              />
            </Form.Item>
            <Form.Item label={t("tagEditor.id")}>
              <Input
                aria-label={t("tagEditor.id")}
                className="mono"
                disabled={!isNew}
                prefix={<span className="faint">{tag.family}.</span>}
                value={tag.id.slice(tag.family.length + 1)}
                onChange={(change) => put({ id: `${tag.family}.${change.target.value}` })}
              />
            </Form.Item>
            <Form.Item label={t("tagEditor.en")}>
              <Input
                aria-label={t("tagEditor.en")}
                value={tag.en}
                onChange={(change) => put({ en: change.target.value })}
              />
            </Form.Item>
            <Form.Item label={t("tagEditor.zh")}>
              <Input
                aria-label={t("tagEditor.zh")}
                value={tag.zh}
                onChange={(change) => put({ zh: change.target.value })}
              />
            </Form.Item>
          </Form>
        </Panel>
        <Panel label={t("tagEditor.how")} title={t("tagEditor.how")}>
          <Form layout="vertical" className="tag-form">
            <KindInput kind={tag.kind} onChange={(kind) => put({ kind })} />
            <Numbers tag={tag} onChange={put} />
          </Form>
          {"statistical" in tag.kind && "interest" in tag.kind.statistical && (
            <OwnBehaviours tag={tag} behaviours={behaviours} onChange={put} />
          )}
        </Panel>
      </div>
      <aside className="stack editor-side tag-side">
        <Preview tag={tag} place={place} />
        <section className="panel editor-save">
          {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
          <Button type="primary" block disabled={!named} loading={save.isPending} onClick={() => save.mutate()}>
            {t("form.save")}
          </Button>
          {!named && <p className="faint">{t("tagEditor.needsName")}</p>}
        </section>
      </aside>
    </div>
  );
}

type Put = (change: Partial<TagDefinition>) => void;

function Numbers({ tag, onChange }: { tag: TagDefinition; onChange: Put }) {
  const { t } = useI18n();
  const used = numbersOf(tag.kind);
  const number = (
    name: "half_life_days" | "half_at" | "evidence" | "top",
    limits: { min: number; max: number; step?: number },
  ) => (
    <Form.Item label={t(`tagEditor.${name}`)} extra={t(`tagEditor.${name}.about`)}>
      <InputNumber
        aria-label={t(`tagEditor.${name}`)}
        {...limits}
        value={tag[name] ?? null}
        onChange={(value) => onChange({ [name]: value ?? limits.min })}
      />
    </Form.Item>
  );
  return (
    <>
      {used.half_life && number("half_life_days", { min: 0.5, max: 36_500 })}
      {used.half_at && number("half_at", { min: 0, max: 1_000_000 })}
      {used.evidence && number("evidence", { min: 0, max: 1_000_000 })}
      {used.top && number("top", { min: 1, max: 50, step: 1 })}
    </>
  );
}

function OwnBehaviours({
  tag,
  behaviours,
  onChange,
}: {
  tag: TagDefinition;
  behaviours: TagBehaviours;
  onChange: Put;
}) {
  const { t } = useI18n();
  const own = tag.behaviours ?? null;
  return (
    <div className="tag-form own-behaviours">
      <p className="reasons">
        <Switch
          size="small"
          aria-label={t("tagEditor.ownBehaviours")}
          checked={own !== null}
          onChange={(wanted) => onChange({ behaviours: wanted ? behaviours : null })}
        />
        {t("tagEditor.ownBehaviours")}
      </p>
      {own !== null && (
        <Form layout="vertical" className="behaviours">
          <BehavioursInput weights={own} onChange={(behaviours) => onChange({ behaviours })} />
        </Form>
      )}
    </div>
  );
}

/** Who would have the tag, of real people, though nothing is saved. */
function Preview({ tag, place }: { tag: TagDefinition; place: Place }) {
  const { t } = useI18n();
  const { format, language } = place;
  // A name does not change who has it; until it has one it is tried under another.
  const tried = {
    ...tag,
    en: tag.en || "–",
    zh: tag.zh || "–",
    id: /\../.test(tag.id) ? tag.id : `${tag.family}.tried`,
  };
  const written = JSON.stringify(tried);
  const asked = useSettled(written);
  const preview = useQuery({
    queryKey: ["tags", "preview", asked],
    queryFn: ({ signal }) => previewTag(JSON.parse(asked) as TagDefinition, signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const { data } = preview;
  const fresh = data !== undefined && !preview.isPlaceholderData && !preview.isError && asked === written;
  return (
    <section className="panel preview" aria-label={t("tagEditor.preview")} aria-busy={!fresh}>
      <h2>{t("tagEditor.preview")}</h2>
      <p className={fresh ? "preview-count" : "preview-count preview-stale"} data-figure="preview" data-fresh={fresh}>
        {data === undefined ? "—" : format.count(data.people)}
      </p>
      {preview.isError && <Alert type="error" showIcon title={problemText(preview.error, t)} />}
      {data !== undefined && (
        <>
          <p className="faint">
            {t("tagEditor.previewOf", {
              share: format.percent(data.share),
              weight: data.mean_weight.toFixed(2),
            })}
          </p>
          {data.basis.looked_at < data.basis.persons && (
            <p className="faint">
              {t("tagEditor.looked", {
                looked: format.count(data.basis.looked_at),
                persons: format.count(data.basis.persons),
              })}
            </p>
          )}
          <Histogram counts={data.histogram} label={t("catalogue.histogram")} />
          <p className="tag-formula">{reasonText(data.about[language], place.nameOfSource)}</p>
          <div className="tag-sample">
            <TaggedPeople people={data.sample.slice(0, 8)} place={place} />
          </div>
        </>
      )}
    </section>
  );
}
