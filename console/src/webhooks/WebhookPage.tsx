/** One webhook: what was sent, what waits, what was given up; sending again, trying, changing, deleting. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Modal, Popconfirm, Segmented } from "antd";
import { Fragment, useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { DeliveryState, WebhookChange, WebhookDelivery, WebhookView } from "../api/act";
import {
  changeWebhook,
  deleteWebhook,
  listDeliveries,
  readWebhook,
  replayDeadLetters,
  replayDelivery,
  rotateWebhookSecret,
  testWebhook,
} from "../api/act";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { unknown } from "../ui/format";
import { Failed, Loading, Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { useNow } from "../ui/useNow";
import { Secret } from "./Secret";
import { WebhookForm } from "./WebhookForm";
import { State } from "./WebhooksPage";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export default function WebhookPage() {
  const { id = "" } = useParams();
  const { t } = useI18n();
  const place = usePlace();
  const webhook = useQuery({ queryKey: ["webhooks", id], queryFn: () => readWebhook(id), refetchInterval: 5_000 });
  if (webhook.isSuccess) return <Shown webhook={webhook.data} place={place} />;
  return (
    <Page title={t("nav.webhooks")}>
      {webhook.isPending ? <Loading /> : <Failed error={webhook.error} retry={() => webhook.refetch()} />}
    </Page>
  );
}

function Shown({ webhook, place }: { webhook: WebhookView; place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  return (
    <Page
      title={webhook.description === "" ? webhook.url : webhook.description}
      about={
        <>
          <State webhook={webhook} /> <span className="mono">{webhook.url}</span> · {webhook.events.join(", ")}
          {webhook.clients_too && ` · ${t("webhooks.clientsToo")}`}
        </>
      }
      tools={mayChange && <Tools webhook={webhook} />}
    >
      <Deliveries webhook={webhook} place={place} mayChange={mayChange} />
    </Page>
  );
}

function Tools({ webhook }: { webhook: WebhookView }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const id = webhook.webhook_id;
  const renew = () => client.invalidateQueries({ queryKey: ["webhooks"] });
  const onError = (error: unknown) => message.error(problemText(error, t));
  const [editing, setEditing] = useState(false);
  const [form, setForm] = useState<WebhookChange>({});
  const tryOut = useMutation({ mutationFn: () => testWebhook(id), onError });
  const rotate = useMutation({ mutationFn: () => rotateWebhookSecret(id), onSuccess: renew, onError });
  const pause = useMutation({
    mutationFn: () => changeWebhook(id, { paused: webhook.paused == null }),
    onSuccess: renew,
    onError,
  });
  const change = useMutation({
    mutationFn: () => changeWebhook(id, form),
    onSuccess: () => {
      setEditing(false);
      return renew();
    },
  });
  const remove = useMutation({
    mutationFn: () => deleteWebhook(id),
    onSuccess: async () => {
      navigate("/webhooks");
      await renew();
    },
    onError,
  });
  const edit = () => {
    const { url, events, description, clients_too } = webhook;
    setForm({ url, events, description, clients_too });
    setEditing(true);
  };
  const fields = {
    url: form.url ?? "",
    events: form.events ?? [],
    description: form.description ?? "",
    clients_too: form.clients_too ?? false,
  };
  return (
    <>
      <Button type="primary" loading={tryOut.isPending} onClick={() => tryOut.mutate()}>
        {t("webhooks.test")}
      </Button>
      <Button onClick={edit}>{t("webhooks.change")}</Button>
      <Button loading={pause.isPending} onClick={() => pause.mutate()}>
        {t(webhook.paused == null ? "webhooks.pause" : "webhooks.resume")}
      </Button>
      <Popconfirm title={t("webhooks.rotateTitle")} onConfirm={() => rotate.mutate()}>
        <Button loading={rotate.isPending}>{t("webhooks.rotate")}</Button>
      </Popconfirm>
      <Popconfirm title={t("webhooks.deleteTitle")} onConfirm={() => remove.mutate()}>
        <Button danger loading={remove.isPending}>
          {t("webhooks.delete")}
        </Button>
      </Popconfirm>
      <Modal
        open={tryOut.isSuccess}
        title={t("webhooks.test")}
        okText={t("webhooks.done")}
        cancelButtonProps={{ style: { display: "none" } }}
        onOk={() => tryOut.reset()}
        onCancel={() => tryOut.reset()}
      >
        {tryOut.data !== undefined && (
          <Alert
            type={tryOut.data.delivered ? "success" : "warning"}
            showIcon
            title={
              tryOut.data.status == null
                ? t("webhooks.noAnswer")
                : t("webhooks.answered", { status: tryOut.data.status, ms: tryOut.data.took_ms })
            }
            description={tryOut.data.text === "" ? undefined : <span className="mono">{tryOut.data.text}</span>}
          />
        )}
      </Modal>
      <Modal
        open={rotate.isSuccess}
        title={t("webhooks.rotate")}
        okText={t("webhooks.done")}
        cancelButtonProps={{ style: { display: "none" } }}
        onOk={() => rotate.reset()}
        onCancel={() => rotate.reset()}
      >
        {rotate.data !== undefined && <Secret secret={rotate.data.secret} />}
      </Modal>
      <Modal
        open={editing}
        width={620}
        title={t("webhooks.change")}
        okText={t("webhooks.save")}
        okButtonProps={{ loading: change.isPending }}
        onOk={() => change.mutate()}
        onCancel={() => setEditing(false)}
      >
        <WebhookForm form={fields} onChange={setForm} />
        {change.isError && <Alert type="error" showIcon title={problemText(change.error, t)} />}
      </Modal>
    </>
  );
}

const states = ["all", "waiting", "delivered", "dead"] as const;
type Chosen = (typeof states)[number];

interface DeliveriesProps {
  webhook: WebhookView;
  place: Place;
  mayChange: boolean;
}

function Deliveries({ webhook, place, mayChange }: DeliveriesProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<Chosen>("all");
  const id = webhook.webhook_id;
  const { format } = place;
  const list = useInfiniteQuery({
    queryKey: ["webhooks", id, "deliveries", chosen],
    queryFn: ({ pageParam }) =>
      listDeliveries(id, { state: chosen === "all" ? undefined : chosen, before: pageParam, limit: 50 }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  const replay = useMutation({
    mutationFn: () => replayDeadLetters(id),
    onSuccess: ({ replayed }) => {
      message.success(t("webhooks.replayed", { count: format.count(replayed) }));
      return client.invalidateQueries({ queryKey: ["webhooks"] });
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  const counts = { ...webhook.deliveries, all: null };
  const label = (state: Chosen) =>
    counts[state] === null ? t(`webhooks.${state}`) : `${t(`webhooks.${state}`)} ${format.count(counts[state])}`;
  const deliveries = list.data?.pages.flatMap((page) => page.deliveries) ?? [];
  return (
    <div className="stack">
      <div className="people-bar">
        <Segmented
          value={chosen}
          onChange={(state: Chosen) => setChosen(state)}
          options={states.map((state) => ({ value: state, label: label(state) }))}
        />
        {mayChange && webhook.deliveries.dead > 0 && (
          <Button loading={replay.isPending} onClick={() => replay.mutate()}>
            {t("webhooks.replayAll", { count: format.count(webhook.deliveries.dead) })}
          </Button>
        )}
      </div>
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.isSuccess && deliveries.length === 0 && (
        <div className="panel empty">
          <h2>{t("webhooks.noDeliveries")}</h2>
          <p>{t("webhooks.noDeliveriesText")}</p>
        </div>
      )}
      {deliveries.length > 0 && (
        <section className="panel people" aria-label={t("webhooks.deliveries")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("webhooks.event")}</th>
                <th scope="col">{t("offers.status")}</th>
                <th scope="col" className="people-figure">
                  {t("webhooks.attempts")}
                </th>
                <th scope="col">{t("webhooks.last")}</th>
                <th scope="col">{t("webhooks.madeAt")}</th>
                <th scope="col">
                  <span className="sr-only">{t("webhooks.tools")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((one) => (
                <Row key={one.delivery_id} webhook={id} delivery={one} place={place} mayChange={mayChange} />
              ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </section>
      )}
    </div>
  );
}

interface RowProps {
  webhook: string;
  delivery: WebhookDelivery;
  place: Place;
  mayChange: boolean;
}

function Row({ webhook, delivery, place, mayChange }: RowProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const now = useNow(5_000);
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const { format } = place;
  const replay = useMutation({
    mutationFn: () => replayDelivery(webhook, delivery.delivery_id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  const { last } = delivery;
  return (
    <Fragment>
      <tr data-delivery={delivery.delivery_id}>
        <th scope="row">
          <div className="person-names">
            <button type="button" className="link-like" aria-expanded={open} onClick={() => setOpen(!open)}>
              {delivery.event}
            </button>
            <small className="mono">{delivery.message_id}</small>
          </div>
        </th>
        <td>
          <span className={`pill ${toneOf(delivery.state)}`}>{t(`webhooks.${delivery.state}`)}</span>
        </td>
        <td className="people-figure">{format.count(delivery.attempts)}</td>
        <td className="delivery-answer">
          {last == null ? unknown : (last.error ?? t("webhooks.took", { status: last.status ?? 0, ms: last.took_ms }))}
        </td>
        <td title={format.dateTime(delivery.made_at)}>
          {format.relative(delivery.made_at, now)}
          {delivery.next_at != null && delivery.attempts > 0 && (
            <small className="faint"> {t("webhooks.next", { at: format.relative(delivery.next_at, now) })}</small>
          )}
        </td>
        <td className="people-figure">
          {mayChange && (
            <Button size="small" loading={replay.isPending} onClick={() => replay.mutate()}>
              {t("webhooks.again")}
            </Button>
          )}
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={6}>
            <pre className="mono rule-shown">{JSON.stringify(JSON.parse(delivery.body), null, 2)}</pre>
          </td>
        </tr>
      )}
    </Fragment>
  );
}

function toneOf(state: DeliveryState): string {
  if (state === "delivered") return "status-live";
  return state === "waiting" ? "status-busy" : "status-bad";
}
