/** The links by which a dashboard is read without signing in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Modal, Select, Space } from "antd";
import { useState } from "react";
import { listShares, revokeShare, shareDashboard } from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { CopyButton } from "../ui/CopyButton";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";

export function Shares({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [days, setDays] = useState<number>(30);
  const key = ["dashboard-shares", id];
  const list = useQuery({ queryKey: key, queryFn: () => listShares(id) });
  const after = {
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
    onError: (error: unknown) => message.error(problemText(error, t)),
  };
  const make = useMutation({ mutationFn: () => shareDashboard(id, days === 0 ? null : days), ...after });
  const revoke = useMutation({ mutationFn: (share: string) => revokeShare(id, share), ...after });
  const open = (list.data?.shares ?? []).filter((share) => share.revoked_at == null);
  return (
    <Modal open title={t("shares.title")} footer={null} onCancel={onClose} width={640}>
      <p className="dialog-about">{t("shares.about")}</p>
      <Space>
        <Select
          aria-label={t("shares.days")}
          value={days}
          onChange={setDays}
          options={[7, 30, 90, 0].map((value) => ({
            value,
            label: value === 0 ? t("shares.forever") : t("shares.forDays", { days: value }),
          }))}
        />
        <Button type="primary" loading={make.isPending} onClick={() => make.mutate()}>
          {t("shares.make")}
        </Button>
      </Space>
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} />}
      <ul className="entries">
        {open.map((share) => {
          const link = `${window.location.origin}/shared#${share.token}`;
          return (
            <li key={share.share_id} className="entry-decided" data-share={share.share_id}>
              <span>
                <a href={link} target="_blank" rel="noreferrer">
                  {t("shares.link")}
                </a>{" "}
                <small className="faint">
                  {share.created_by} · {format.dateTime(share.created_at)}
                  {share.expires_at != null && ` · ${t("shares.until", { time: format.dateTime(share.expires_at) })}`}
                </small>
              </span>
              <Space>
                <CopyButton text={link} label={t("shares.copy")} />
                <Button size="small" danger onClick={() => revoke.mutate(share.share_id)}>
                  {t("shares.revoke")}
                </Button>
              </Space>
            </li>
          );
        })}
      </ul>
    </Modal>
  );
}
