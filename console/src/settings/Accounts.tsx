/** Who may sign in, and as what. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Select, Table } from "antd";
import { useState } from "react";
import { changeAccount, createAccount, deleteAccount, listAccounts } from "../api/calls";
import type { Account, Role } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useSession } from "../session/session";
import { DeleteOutlined, KeyOutlined, PlusOutlined } from "../ui/icons";
import { Failed, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { shortestPassword } from "./Password";
import { useRoleOptions } from "./roles";

export function Accounts() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data: session } = useSession();
  const accounts = useQuery({ queryKey: ["accounts"], queryFn: listAccounts });
  const roles = useRoleOptions();
  const [creating, setCreating] = useState(false);
  const [passwordOf, setPasswordOf] = useState<Account | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["accounts"] });
  const complain = (error: unknown) => message.error(problemText(error, t));
  const setRole = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) => changeAccount(id, { role }),
    onSettled: refresh,
    onError: complain,
  });
  const remove = useMutation({ mutationFn: deleteAccount, onSettled: refresh, onError: complain });
  const title = t("accounts.title");
  return (
    <Panel
      label={title}
      title={title}
      tools={
        <Button icon={<PlusOutlined />} onClick={() => setCreating(true)}>
          {t("accounts.create")}
        </Button>
      }
    >
      {accounts.isError && <Failed error={accounts.error} retry={() => accounts.refetch()} />}
      <Table<Account>
        rowKey="id"
        className="settings-table"
        loading={accounts.isPending}
        dataSource={accounts.data?.accounts ?? []}
        pagination={false}
        columns={[
          {
            title: t("account.name"),
            render: (_, account) => (
              <>
                {account.name}
                {account.id === session?.account.id && <span className="pill settings-you">{t("accounts.you")}</span>}
              </>
            ),
          },
          { title: t("account.email"), dataIndex: "email" },
          {
            title: t("account.role"),
            width: 190,
            render: (_, account) =>
              account.id === session?.account.id ? (
                t(`role.${account.role}`)
              ) : (
                <Select
                  variant="borderless"
                  className="settings-role"
                  value={account.role}
                  options={roles}
                  aria-label={t("accounts.roleOf", { name: account.email })}
                  onChange={(role) => setRole.mutate({ id: account.id, role })}
                />
              ),
          },
          {
            width: 100,
            align: "end",
            render: (_, account) =>
              account.id !== session?.account.id && (
                <>
                  <Button
                    type="text"
                    icon={<KeyOutlined />}
                    title={t("accounts.setPassword")}
                    aria-label={t("accounts.setPasswordOf", { name: account.email })}
                    onClick={() => setPasswordOf(account)}
                  />
                  <Popconfirm
                    title={t("accounts.deleteTitle", { name: account.email })}
                    okText={t("form.delete")}
                    okButtonProps={{ danger: true }}
                    onConfirm={() => remove.mutate(account.id)}
                  >
                    <Button
                      type="text"
                      danger
                      icon={<DeleteOutlined />}
                      title={t("form.delete")}
                      aria-label={t("accounts.delete", { name: account.email })}
                    />
                  </Popconfirm>
                </>
              ),
          },
        ]}
      />
      <CreateAccount open={creating} onClose={() => setCreating(false)} />
      <SetPassword account={passwordOf} onClose={() => setPasswordOf(null)} />
    </Panel>
  );
}

interface NewAccount {
  email: string;
  name: string;
  role: Role;
  password: string;
}

function CreateAccount({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const roles = useRoleOptions();
  const [form] = Form.useForm<NewAccount>();
  const create = useMutation({
    mutationFn: createAccount,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["accounts"] });
      onClose();
    },
  });
  const required = [{ required: true, message: t("form.required") }];
  return (
    <Modal
      open={open}
      destroyOnHidden
      width={460}
      title={t("accounts.create")}
      okText={t("accounts.create")}
      confirmLoading={create.isPending}
      onOk={form.submit}
      onCancel={onClose}
      afterClose={create.reset}
    >
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        requiredMark={false}
        initialValues={{ role: "analyst" }}
        onFinish={create.mutate}
      >
        <Form.Item name="name" label={t("account.name")} rules={required}>
          <Input autoFocus autoComplete="off" />
        </Form.Item>
        <Form.Item name="email" label={t("account.email")} rules={required}>
          <Input type="email" autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={t("account.role")} rules={required}>
          <Select options={roles} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("accounts.firstPassword")}
          rules={[...required, { min: shortestPassword, message: t("password.short", { count: shortestPassword }) }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {create.isError && <Alert type="error" showIcon title={problemText(create.error, t)} />}
      </Form>
    </Modal>
  );
}

function SetPassword({ account, onClose }: { account: Account | null; onClose: () => void }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ password: string }>();
  const save = useMutation({
    mutationFn: ({ password }: { password: string }) => changeAccount(account?.id ?? "", { password }),
    onSuccess: () => {
      message.success(t("password.changed"));
      onClose();
    },
  });
  return (
    <Modal
      open={account !== null}
      destroyOnHidden
      width={440}
      title={t("accounts.setPasswordOf", { name: account?.email ?? "" })}
      okText={t("form.save")}
      confirmLoading={save.isPending}
      onOk={form.submit}
      onCancel={onClose}
      afterClose={save.reset}
    >
      <Form form={form} layout="vertical" preserve={false} requiredMark={false} onFinish={save.mutate}>
        <Form.Item
          name="password"
          label={t("password.new")}
          rules={[
            { required: true, message: t("form.required") },
            { min: shortestPassword, message: t("password.short", { count: shortestPassword }) },
          ]}
        >
          <Input.Password autoFocus autoComplete="new-password" />
        </Form.Item>
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      </Form>
    </Modal>
  );
}
