/** Changes one's own password. */
import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input } from "antd";
import { changePassword } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { Panel } from "../ui/Page";
import { problemText } from "../ui/problem";

interface Fields {
  current: string;
  next: string;
  again: string;
}

export const shortestPassword = 10;

export function Password() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const change = useMutation({
    mutationFn: ({ current, next }: Fields) => changePassword({ current, new: next }),
    onSuccess: () => {
      form.resetFields();
      message.success(t("password.changed"));
    },
  });
  const title = t("password.title");
  return (
    <Panel label={title} title={title}>
      <Form form={form} layout="vertical" requiredMark={false} className="settings-form" onFinish={change.mutate}>
        <Form.Item
          name="current"
          label={t("password.current")}
          rules={[{ required: true, message: t("form.required") }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item
          name="next"
          label={t("password.new")}
          rules={[
            { required: true, message: t("form.required") },
            { min: shortestPassword, message: t("password.short", { count: shortestPassword }) },
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t("password.again")}
          dependencies={["next"]}
          rules={[
            { required: true, message: t("form.required") },
            ({ getFieldValue }) => ({
              validator: (_, value: unknown) =>
                value == null || value === "" || value === getFieldValue("next")
                  ? Promise.resolve()
                  : Promise.reject(new Error(t("password.different"))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {change.isError && <Alert type="error" showIcon title={problemText(change.error, t)} />}
        <Button type="primary" htmlType="submit" loading={change.isPending}>
          {t("password.action")}
        </Button>
      </Form>
    </Panel>
  );
}
