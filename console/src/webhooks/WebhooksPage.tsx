/** Who is told of which events, and making another webhook. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { WebhookView } from "../api/act";
import { createWebhook, listWebhooks } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Secret } from "./Secret";
import { emptyForm, WebhookForm } from "./WebhookForm";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export default function WebhooksPage() {
  const { t } = useI18n();
  const place = usePlace();
  const mayChange = useMay("operator");
  const [making, setMaking] = useState(0);
  const list = useQuery({ queryKey: ["webhooks"], queryFn: listWebhooks, refetchInterval: 5_000 });
  return (
    <Page
      title={t("nav.webhooks")}
      about={t("webhooks.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(making + 1)}>
            {t("webhooks.create")}
          </Button>
        )
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.isSuccess && <All webhooks={list.data.webhooks} place={place} />}
      {making > 0 && <Create key={making} />}
    </Page>
  );
}

function All({ webhooks, place }: { webhooks: readonly WebhookView[]; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  if (webhooks.length === 0)
    return (
      <div className="panel empty">
        <h2>{t("webhooks.none")}</h2>
        <p>{t("webhooks.noneText")}</p>
      </div>
    );
  return (
    <section className="panel people" aria-label={t("nav.webhooks")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("webhooks.url")}</th>
            <th scope="col">{t("webhooks.events")}</th>
            <th scope="col">{t("offers.status")}</th>
            {(["waiting", "delivered", "dead"] as const).map((state) => (
              <th scope="col" className="people-figure" key={state}>
                {t(`webhooks.${state}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {webhooks.map((one) => (
            <tr key={one.webhook_id} data-webhook={one.webhook_id}>
              <th scope="row">
                <div className="person-names segment-name">
                  <Link to={`/webhooks/${one.webhook_id}`}>{one.url}</Link>
                  <small>{one.description === "" ? one.webhook_id : one.description}</small>
                </div>
              </th>
              <td>{one.events.join(", ")}</td>
              <td>
                <State webhook={one} />
              </td>
              <td className="people-figure">{format.count(one.deliveries.waiting)}</td>
              <td className="people-figure">{format.count(one.deliveries.delivered)}</td>
              <td className="people-figure">{format.count(one.deliveries.dead)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function State({ webhook }: { webhook: WebhookView }) {
  const { t } = useI18n();
  const { paused } = webhook;
  if (paused == null) return <span className="pill status-live">{t("webhooks.on")}</span>;
  return <span className="pill status-busy">{t(paused.why === "gone" ? "webhooks.gone" : "webhooks.paused")}</span>;
}

function Create() {
  const { t } = useI18n();
  const client = useQueryClient();
  const [open, setOpen] = useState(true);
  const [form, setForm] = useState(emptyForm);
  const create = useMutation({
    mutationFn: () => createWebhook(form),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  const made = create.data;
  return (
    <Modal
      open={open}
      width={620}
      title={t("webhooks.create")}
      okText={made === undefined ? t("webhooks.createAction") : t("webhooks.done")}
      okButtonProps={{ disabled: form.url.trim() === "" || form.events.length === 0, loading: create.isPending }}
      onOk={() => (made === undefined ? create.mutate() : setOpen(false))}
      onCancel={() => setOpen(false)}
      cancelButtonProps={made === undefined ? {} : { style: { display: "none" } }}
    >
      {made === undefined ? (
        <div className="stack">
          <WebhookForm form={form} onChange={setForm} />
          {create.isError && <Alert type="error" showIcon title={problemText(create.error, t)} />}
        </div>
      ) : (
        <Secret secret={made.secret} />
      )}
    </Modal>
  );
}
