/** Webhooks of the shop's platform: which it is, the secret it signs with and, of one not known by name, what they mean. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Popconfirm, Select } from "antd";
import { useState } from "react";
import { previewShopHook, readShopHook, removeShopHook, setShopHook } from "../api/calls";
import type { CustomWebhook, ShopPlatform, ShopWebhook, Source } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { CopyButton } from "../ui/CopyButton";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";

const platforms: readonly ShopPlatform[] = ["shopify", "woocommerce", "custom"];
const brands = { shopify: "Shopify", woocommerce: "WooCommerce" } as const;

/** Where a mapping begins: an order that was paid. */
const example = {
  signature: { header: "X-Signature", encoding: "hex", prefix: "sha256=" },
  events: [
    {
      when: { "$.event": ["order.paid"] },
      name: "Order Completed",
      message_id: ["$.order.id", "paid"],
      user_id: "$.order.customer_id",
      timestamp: { path: "$.paid_at", unix: "s" },
      properties: {
        order_id: "$.order.id",
        currency: "CNY",
        total: { path: "$.order.amount", divide: 100 },
        products: {
          each: "$.order.items",
          properties: { product_id: "$.sku", quantity: "$.quantity", price: { path: "$.price", divide: 100 } },
        },
      },
    },
  ],
};
const sampleBody = {
  event: "order.paid",
  paid_at: 1767225600,
  order: { id: "E1", customer_id: "u-1", amount: 1999, items: [{ sku: "tea", quantity: 2, price: 500 }] },
};

const written = (value: unknown) => JSON.stringify(value, null, 2);

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function ShopHook({ source }: { source: Source }) {
  const hook = useQuery({
    queryKey: ["sources", source.id, "webhook", source.webhook],
    queryFn: () => (source.webhook == null ? null : readShopHook(source.id)),
  });
  if (hook.isPending) return <Loading />;
  if (hook.isError) return <Failed error={hook.error} retry={() => hook.refetch()} />;
  return <HookForm key={hook.data?.platform ?? ""} source={source} hook={hook.data} />;
}

function HookForm({ source, hook }: { source: Source; hook: ShopWebhook | null }) {
  const { t, locale } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const mayChange = useMay("owner");
  const [platform, setPlatform] = useState<ShopPlatform>(hook?.platform ?? "custom");
  const [secret, setSecret] = useState("");
  const [mapping, setMapping] = useState(written(hook?.custom ?? example));
  const [sample, setSample] = useState(written(sampleBody));
  const refresh = () => client.invalidateQueries({ queryKey: ["sources"] });
  const complain = (error: unknown) => message.error(problemText(error, t));
  const custom = platform === "custom" ? (read(mapping) as CustomWebhook | undefined) : undefined;
  const body = read(sample);
  const save = useMutation({
    mutationFn: () =>
      setShopHook(source.id, {
        platform,
        ...(secret === "" ? {} : { secret }),
        ...(custom === undefined ? {} : { custom }),
      }),
    onSuccess: () => {
      setSecret("");
      message.success(t("hook.saved"));
      return refresh();
    },
    onError: complain,
  });
  const remove = useMutation({ mutationFn: () => removeShopHook(source.id), onSuccess: refresh, onError: complain });
  const preview = useMutation({
    mutationFn: () => previewShopHook(source.id, custom as CustomWebhook, body),
    onError: complain,
  });
  // What is kept is the secret of one platform.
  const hasSecret = hook !== null && hook.platform === platform;
  const address = `${window.location.origin}${hook?.path ?? `/webhooks/${source.write_key}`}`;
  return (
    <Form layout="vertical" className="stack" onFinish={() => save.mutate()}>
      <p>
        {t("hook.about")} <code className="mono">{address}</code>
        <CopyButton text={address} label={t("hook.copy")} />
      </p>
      <Form.Item label={t("hook.platform")}>
        <Select
          aria-label={t("hook.platform")}
          value={platform}
          options={platforms.map((value) => ({ value, label: value === "custom" ? t("hook.custom") : brands[value] }))}
          onChange={setPlatform}
        />
      </Form.Item>
      {platform === "custom" && (
        <>
          <Form.Item label={t("hook.mapping")} {...(custom === undefined ? { help: t("hook.notJson") } : {})}>
            <Input.TextArea
              aria-label={t("hook.mapping")}
              className="mono"
              autoSize={{ minRows: 8, maxRows: 24 }}
              value={mapping}
              onChange={(event) => setMapping(event.target.value)}
            />
          </Form.Item>
          <Form.Item label={t("hook.sample")} {...(body === undefined ? { help: t("hook.notJson") } : {})}>
            <Input.TextArea
              aria-label={t("hook.sample")}
              className="mono"
              autoSize={{ minRows: 4, maxRows: 16 }}
              value={sample}
              onChange={(event) => setSample(event.target.value)}
            />
          </Form.Item>
          <Button
            disabled={custom === undefined || body === undefined}
            loading={preview.isPending}
            onClick={() => preview.mutate()}
          >
            {t("hook.try")}
          </Button>
          {preview.data !== undefined && (
            <section aria-label={t("hook.told")} className="stack">
              {preview.data.events.length === 0 && <Alert type="warning" showIcon title={t("hook.nothing")} />}
              {preview.data.missing.length > 0 && (
                <Alert type="warning" showIcon title={t("hook.missing", { paths: preview.data.missing.join(" ") })} />
              )}
              {preview.data.events.map((event, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: an answer has one order
                <div key={place}>
                  {event.reason != null && (
                    <Alert
                      type="error"
                      showIcon
                      title={(locale === "zh-CN" ? event.reason_zh : null) ?? event.reason}
                    />
                  )}
                  <pre className="code-block">{written(event.message)}</pre>
                </div>
              ))}
            </section>
          )}
        </>
      )}
      <Form.Item label={t("hook.secret")} extra={hasSecret ? t("hook.secretKept") : undefined}>
        <Input.Password
          aria-label={t("hook.secret")}
          autoComplete="off"
          minLength={8}
          maxLength={200}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
      </Form.Item>
      <p className="people-bar">
        <Button
          type="primary"
          htmlType="submit"
          disabled={
            !mayChange ||
            (secret.length < 8 && !(hasSecret && secret === "")) ||
            (platform === "custom" && custom === undefined)
          }
          loading={save.isPending}
        >
          {t("hook.save")}
        </Button>
        {hook !== null && mayChange && (
          <Popconfirm title={t("hook.removeTitle")} okButtonProps={{ danger: true }} onConfirm={() => remove.mutate()}>
            <Button danger>{t("hook.remove")}</Button>
          </Popconfirm>
        )}
      </p>
    </Form>
  );
}
