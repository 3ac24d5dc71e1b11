/** Uploaded lists of people, and uploading one. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Upload } from "antd";
import { useState } from "react";
import { deleteList, listLists, uploadList } from "../api/calls";
import type { ListDetail, ListUploaded } from "../api/types";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { useMay } from "../session/session";
import { DeleteOutlined, InboxOutlined, UploadOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";
import { useNow } from "../ui/useNow";
import { listIdOf } from "./segment";

const shownUnknown = 20;

export function Lists({ place }: { place: Place }) {
  const { t } = useI18n();
  const now = useNow(10_000);
  const mayChange = useMay("operator");
  const [uploading, setUploading] = useState<{ list: ListDetail | null } | null>(null);
  const list = useQuery({ queryKey: ["segments", "lists"], queryFn: listLists });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { lists } = list.data;
  const upload = mayChange && (
    <Button icon={<UploadOutlined />} onClick={() => setUploading({ list: null })}>
      {t("lists.upload")}
    </Button>
  );
  return (
    <div className="stack">
      {lists.length === 0 ? (
        <div className="panel empty">
          <h2>{t("lists.none")}</h2>
          <p>{t("lists.noneText")}</p>
          {upload}
        </div>
      ) : (
        <>
          <div className="people-bar">
            <span className="faint">{t("lists.about")}</span>
            {upload}
          </div>
          <section className="panel people" aria-label={t("segments.lists")}>
            <table className="people-table">
              <thead>
                <tr>
                  <th scope="col">{t("segments.name")}</th>
                  <th scope="col" className="people-figure">
                    {t("lists.ids")}
                  </th>
                  <th scope="col" className="people-figure">
                    {t("lists.people")}
                  </th>
                  <th scope="col" className="people-figure">
                    {t("lists.unknown")}
                  </th>
                  <th scope="col" className="people-first">
                    {t("lists.updated")}
                  </th>
                  <th scope="col">
                    <span className="sr-only">{t("lists.tools")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {lists.map((one) => (
                  <Row
                    key={one.id}
                    list={one}
                    place={place}
                    now={now}
                    mayChange={mayChange}
                    onReplace={() => setUploading({ list: one })}
                  />
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
      <UploadDialog
        key={uploading === null ? "closed" : (uploading.list?.id ?? "new")}
        open={uploading !== null}
        replacing={uploading?.list ?? null}
        taken={lists.map((one) => one.id)}
        place={place}
        onClose={() => setUploading(null)}
      />
    </div>
  );
}

interface RowProps {
  list: ListDetail;
  place: Place;
  now: number;
  mayChange: boolean;
  onReplace: () => void;
}

function Row({ list, place, now, mayChange, onReplace }: RowProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { format } = place;
  const remove = useMutation({
    mutationFn: () => deleteList(list.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["segments"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <tr>
      <th scope="row">
        <div className="person-names segment-name">
          <span>{list.name}</span>
          <small className="mono">{list.id}</small>
        </div>
      </th>
      <td className="people-figure">{format.count(list.ids)}</td>
      <td className="people-figure">{format.count(list.people)}</td>
      <td className="people-figure">{format.count(list.unknown)}</td>
      <td className="people-first" title={format.dateTime(list.updated_at)}>
        {format.relative(list.updated_at, now)}
      </td>
      <td className="people-figure">
        {mayChange && (
          <span className="row-tools">
            <Button size="small" onClick={onReplace}>
              {t("lists.replace")}
            </Button>
            <Popconfirm title={t("lists.deleteTitle", { name: list.name })} onConfirm={() => remove.mutate()}>
              <Button
                size="small"
                type="text"
                aria-label={t("lists.delete", { name: list.name })}
                icon={<DeleteOutlined />}
              />
            </Popconfirm>
          </span>
        )}
      </td>
    </tr>
  );
}

interface DialogProps {
  open: boolean;
  replacing: ListDetail | null;
  taken: string[];
  place: Place;
  onClose: () => void;
}

function UploadDialog({ open, replacing, taken, place, onClose }: DialogProps) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [name, setName] = useState(replacing?.name ?? "");
  const [file, setFile] = useState<{ name: string; text: string } | null>(null);
  const upload = useMutation({
    mutationFn: (content: string) => uploadList(replacing?.id ?? listIdOf(name, taken), name.trim(), content),
    onSuccess: () => client.invalidateQueries({ queryKey: ["segments"] }),
  });
  const done = upload.data;
  return (
    <Modal
      open={open}
      title={replacing === null ? t("lists.upload") : t("lists.replaceTitle", { name: replacing.name })}
      okText={done === undefined ? t("lists.upload") : t("lists.done")}
      okButtonProps={{
        disabled: done === undefined && (file === null || name.trim() === ""),
        loading: upload.isPending,
      }}
      onOk={() => (done === undefined ? file !== null && upload.mutate(file.text) : onClose())}
      onCancel={onClose}
      cancelButtonProps={done === undefined ? {} : { style: { display: "none" } }}
    >
      {done === undefined ? (
        <Form layout="vertical">
          <Form.Item label={t("segments.name")}>
            <Input aria-label={t("segments.name")} value={name} onChange={(change) => setName(change.target.value)} />
          </Form.Item>
          <Upload.Dragger
            accept=".csv,.txt,text/csv,text/plain"
            maxCount={1}
            showUploadList={false}
            beforeUpload={(chosen) => {
              chosen.text().then((text) => {
                setFile({ name: chosen.name, text });
                if (name.trim() === "") setName(chosen.name.replace(/\.[^.]+$/, ""));
              });
              return false;
            }}
          >
            <p className="ant-upload-drag-icon">
              <InboxOutlined />
            </p>
            <p>{file === null ? t("lists.drop") : file.name}</p>
            <p className="faint">{t("lists.form")}</p>
          </Upload.Dragger>
          {upload.isError && (
            <Alert className="dialog-alert" type="error" showIcon title={problemText(upload.error, t)} />
          )}
        </Form>
      ) : (
        <Uploaded uploaded={done} place={place} />
      )}
    </Modal>
  );
}

function Uploaded({ uploaded, place }: { uploaded: ListUploaded; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const { unknown_ids } = uploaded;
  return (
    <div className="stack">
      <Alert
        type="success"
        showIcon
        title={t("lists.uploaded", { ids: format.count(uploaded.ids), people: format.count(uploaded.people) })}
      />
      {uploaded.repeated > 0 && (
        <p className="faint">{t("lists.repeated", { count: format.count(uploaded.repeated) })}</p>
      )}
      {unknown_ids.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={t("lists.unknownIds", { count: format.count(uploaded.unknown) })}
          description={
            <p className="mono unknown-ids">
              {unknown_ids.slice(0, shownUnknown).join(", ")}
              {unknown_ids.length > shownUnknown && " …"}
            </p>
          }
        />
      )}
    </div>
  );
}
