/** Names a new source, or renames one. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal } from "antd";
import { changeSource, createSource } from "../api/calls";
import type { Source } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { problemText } from "../ui/problem";

interface Props {
  open: boolean;
  /** The source to rename; without it a new one is made. */
  source: Source | null;
  onClose: (saved?: Source) => void;
}

export function NameDialog({ open, source, onClose }: Props) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [form] = Form.useForm<{ name: string }>();
  const save = useMutation({
    mutationFn: ({ name }: { name: string }) =>
      source === null ? createSource(name.trim()) : changeSource(source.id, { name: name.trim() }),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["sources"] });
      onClose(saved);
    },
  });
  return (
    <Modal
      open={open}
      destroyOnHidden
      width={440}
      title={source === null ? t("sources.createTitle") : t("sources.renameShort")}
      okText={source === null ? t("sources.create") : t("form.save")}
      confirmLoading={save.isPending}
      onOk={form.submit}
      onCancel={() => onClose()}
      afterClose={save.reset}
    >
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        requiredMark={false}
        initialValues={{ name: source?.name ?? "" }}
        onFinish={save.mutate}
      >
        <Form.Item
          name="name"
          label={t("sources.name")}
          extra={source === null ? t("sources.nameHint") : undefined}
          rules={[{ required: true, whitespace: true, message: t("form.required") }]}
        >
          <Input autoFocus maxLength={80} />
        </Form.Item>
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      </Form>
    </Modal>
  );
}
