/** The keys with which other programs ask this one. A secret is seen once, when it is made. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Select, Table } from "antd";
import { useMemo, useState } from "react";
import { createKey, deleteKey, listKeys, readShop, rotateKey } from "../api/calls";
import type { Role, ServerKey } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { CopyButton } from "../ui/CopyButton";
import { formatFor, unknown } from "../ui/format";
import { DeleteOutlined, PlusOutlined, ReloadOutlined } from "../ui/icons";
import { Failed, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { useRoleOptions } from "./roles";

export function ServerKeys() {
  const { t, locale } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const keys = useQuery({ queryKey: ["keys"], queryFn: listKeys });
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const format = useMemo(() => formatFor(locale, shop.data?.time_zone), [locale, shop.data?.time_zone]);
  const [creating, setCreating] = useState(false);
  const remove = useMutation({
    mutationFn: deleteKey,
    onSettled: () => client.invalidateQueries({ queryKey: ["keys"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  const rotate = useMutation({
    mutationFn: rotateKey,
    onSettled: () => client.invalidateQueries({ queryKey: ["keys"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  const title = t("keys.title");
  return (
    <Panel
      label={title}
      title={title}
      tools={
        <Button icon={<PlusOutlined />} onClick={() => setCreating(true)}>
          {t("keys.create")}
        </Button>
      }
    >
      <p className="settings-about">{t("keys.about")}</p>
      {keys.isError && <Failed error={keys.error} retry={() => keys.refetch()} />}
      <Table<ServerKey>
        rowKey="id"
        className="settings-table"
        loading={keys.isPending}
        dataSource={keys.data?.keys ?? []}
        pagination={false}
        locale={{ emptyText: t("keys.none") }}
        columns={[
          {
            title: t("keys.name"),
            render: (_, key) => (
              <>
                {key.name}
                {key.expires_at != null && (
                  <small className="faint"> {t("keys.until", { at: format.dateTime(key.expires_at) })}</small>
                )}
              </>
            ),
          },
          {
            title: t("keys.beginning"),
            render: (_, key) => (key.prefix == null ? unknown : <code className="mono">{key.prefix}…</code>),
          },
          { title: t("account.role"), render: (_, key) => t(`role.${key.role}`) },
          { title: t("keys.created"), render: (_, key) => format.dateTime(key.created_at) },
          {
            title: t("keys.lastUsed"),
            render: (_, key) => (key.last_used_at == null ? t("sources.never") : format.dateTime(key.last_used_at)),
          },
          {
            width: 112,
            align: "end",
            render: (_, key) => (
              <>
                {key.prefix != null && key.expires_at == null && (
                  <Popconfirm
                    title={t("keys.rotateTitle", { name: key.name })}
                    description={t("keys.rotateText")}
                    okText={t("keys.rotate")}
                    onConfirm={() => rotate.mutate(key.id)}
                  >
                    <Button
                      type="text"
                      icon={<ReloadOutlined />}
                      title={t("keys.rotate")}
                      aria-label={t("keys.rotateOne", { name: key.name })}
                    />
                  </Popconfirm>
                )}
                <Popconfirm
                  title={t("keys.deleteTitle", { name: key.name })}
                  description={t("keys.deleteText")}
                  okText={t("keys.revoke")}
                  okButtonProps={{ danger: true }}
                  onConfirm={() => remove.mutate(key.id)}
                >
                  <Button
                    type="text"
                    danger
                    icon={<DeleteOutlined />}
                    title={t("keys.revoke")}
                    aria-label={t("keys.delete", { name: key.name })}
                  />
                </Popconfirm>
              </>
            ),
          },
        ]}
      />
      <CreateKey open={creating} onClose={() => setCreating(false)} />
      <Modal
        open={rotate.isSuccess}
        width={520}
        mask={{ closable: false }}
        title={t("keys.secretTitle")}
        okText={t("keys.secretKept")}
        cancelButtonProps={{ style: { display: "none" } }}
        onOk={rotate.reset}
        onCancel={rotate.reset}
      >
        {rotate.data !== undefined && <Secret secret={rotate.data.secret} />}
      </Modal>
    </Panel>
  );
}

function CreateKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const roles = useRoleOptions();
  const [form] = Form.useForm<{ name: string; role: Role }>();
  const create = useMutation({
    mutationFn: createKey,
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  const secret = create.data?.secret;
  return (
    <Modal
      open={open}
      destroyOnHidden
      width={520}
      mask={{ closable: secret === undefined }}
      title={secret === undefined ? t("keys.create") : t("keys.secretTitle")}
      okText={secret === undefined ? t("keys.create") : t("keys.secretKept")}
      cancelButtonProps={secret === undefined ? {} : { style: { display: "none" } }}
      confirmLoading={create.isPending}
      onOk={secret === undefined ? form.submit : onClose}
      onCancel={onClose}
      afterClose={create.reset}
    >
      {secret === undefined ? (
        <Form
          form={form}
          layout="vertical"
          preserve={false}
          requiredMark={false}
          initialValues={{ role: "analyst" }}
          onFinish={create.mutate}
        >
          <Form.Item
            name="name"
            label={t("keys.name")}
            extra={t("keys.nameHint")}
            rules={[{ required: true, whitespace: true, message: t("form.required") }]}
          >
            <Input autoFocus maxLength={80} />
          </Form.Item>
          <Form.Item name="role" label={t("account.role")}>
            <Select options={roles} />
          </Form.Item>
          {create.isError && <Alert type="error" showIcon title={problemText(create.error, t)} />}
        </Form>
      ) : (
        <Secret secret={secret} />
      )}
    </Modal>
  );
}

function Secret({ secret }: { secret: string }) {
  const { t } = useI18n();
  return (
    <>
      <p className="keys-once">{t("keys.secretOnce")}</p>
      <div className="keys-secret">
        <code className="mono">{secret}</code>
        <CopyButton text={secret} label={t("keys.copySecret")} caption={t("copy.action")} />
      </div>
    </>
  );
}
