/** The catalogue of tags, family by family, with how many people have each and how strongly. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, InputNumber, Modal } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { listTags, putBehaviours, restoreTag } from "../api/calls";
import type { TagBehaviours, TagList, TagSummary } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { reasonText } from "../people/person";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Histogram } from "./Histogram";
import { byFamily, deeds, makingOf } from "./tag";
import { tagPath } from "./tagPath";
import "../people/people.css";
import "../people/person.css";
import "./tags.css";

export default function TagsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const [weighing, setWeighing] = useState(false);
  const list = useQuery({
    queryKey: ["tags"],
    queryFn: listTags,
    refetchInterval: (query) => (query.state.data?.recount == null ? 60_000 : 2_000),
  });
  return (
    <Page
      title={t("nav.tags")}
      about={t("catalogue.about")}
      tools={
        mayChange && (
          <>
            <Button disabled={list.data === undefined} onClick={() => setWeighing(true)}>
              {t("catalogue.behaviours")}
            </Button>
            <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate("/tags/new")}>
              {t("catalogue.create")}
            </Button>
          </>
        )
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && (
        <div className="stack">
          <Catalogue list={list.data} place={place} mayChange={mayChange} />
          <BehavioursDialog
            key={String(weighing)}
            open={weighing}
            list={list.data}
            onClose={() => setWeighing(false)}
          />
        </div>
      )}
    </Page>
  );
}

function Catalogue({ list, place, mayChange }: { list: TagList; place: Place; mayChange: boolean }) {
  const { t } = useI18n();
  const { format } = place;
  const { basis, recount, deleted } = list;
  return (
    <>
      {recount != null && (
        <Alert
          type="info"
          showIcon
          title={t("catalogue.recount", {
            share: format.percent(recount.of === 0 ? null : recount.counted / recount.of),
          })}
        />
      )}
      <p className="faint" role="status">
        {t("catalogue.basis", {
          looked: format.count(basis.looked_at),
          persons: format.count(basis.persons),
          time: format.dateTime(basis.counted_at),
        })}
      </p>
      {byFamily(list.tags).map(([family, tags]) => {
        const name = t(`family.${family}`);
        return (
          <Panel key={family} label={name} title={name} className={`catalogue-family tag-${family}`}>
            {tags.length === 0 ? (
              <p className="nothing">{t("catalogue.noneOfFamily")}</p>
            ) : (
              <ul className="catalogue">
                {tags.map((tag) => (
                  <TagRow key={tag.id} tag={tag} place={place} />
                ))}
              </ul>
            )}
          </Panel>
        );
      })}
      {deleted.length > 0 && <Deleted deleted={deleted} mayChange={mayChange} />}
    </>
  );
}

function TagRow({ tag, place }: { tag: TagSummary; place: Place }) {
  const { t } = useI18n();
  const { format, language, nameOfSource } = place;
  const about = reasonText(tag.about[language], nameOfSource);
  return (
    <li data-tag={tag.id}>
      <div className="catalogue-name">
        <Link to={tagPath(tag.id)}>{language === "en" ? tag.en : tag.zh}</Link>
        <small>
          {t(`making.${makingOf(tag.kind)}`)}
          {!tag.builtin && <span className="pill">{t("catalogue.own")}</span>}
          {tag.changed && <span className="pill">{t("catalogue.changed")}</span>}
        </small>
      </div>
      <p className="catalogue-about" title={about}>
        {about}
      </p>
      <Histogram counts={tag.histogram} label={t("catalogue.histogram")} />
      <div className="catalogue-figure">
        <b>{format.count(tag.people)}</b>
        <small>{t("catalogue.ofAll", { share: format.percent(tag.share) })}</small>
      </div>
    </li>
  );
}

function Deleted({ deleted, mayChange }: { deleted: string[]; mayChange: boolean }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: restoreTag,
    onSuccess: () => client.invalidateQueries({ queryKey: ["tags"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <Panel label={t("catalogue.deleted")} title={t("catalogue.deleted")}>
      <ul className="entries">
        {deleted.map((id) => (
          <li key={id} className="entry-decided">
            <Link to={tagPath(id)} className="mono">
              {id}
            </Link>
            {mayChange && (
              <Button size="small" loading={restore.isPending} onClick={() => restore.mutate(id)}>
                {t("catalogue.restore")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function BehavioursDialog({ open, list, onClose }: { open: boolean; list: TagList; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [weights, setWeights] = useState<TagBehaviours>(list.behaviours);
  const [version] = useState(list.version);
  const save = useMutation({
    mutationFn: () => putBehaviours(weights, version),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["tags"] });
      onClose();
    },
  });
  return (
    <Modal
      open={open}
      title={t("catalogue.behaviours")}
      okText={t("form.save")}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <p className="dialog-about">{t("catalogue.behavioursAbout")}</p>
      <Form layout="horizontal" labelCol={{ span: 10 }}>
        <BehavioursInput weights={weights} onChange={setWeights} />
      </Form>
      {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
    </Modal>
  );
}

export function BehavioursInput({
  weights,
  onChange,
}: {
  weights: TagBehaviours;
  onChange: (weights: TagBehaviours) => void;
}) {
  const { t } = useI18n();
  return (
    <>
      {deeds.map((deed) => (
        <Form.Item key={deed} label={t(`deed.${deed}`)} className="behaviour">
          <InputNumber
            aria-label={t(`deed.${deed}`)}
            min={0}
            max={1000}
            value={weights[deed]}
            onChange={(value) => onChange({ ...weights, [deed]: value ?? 0 })}
          />
        </Form.Item>
      ))}
    </>
  );
}
